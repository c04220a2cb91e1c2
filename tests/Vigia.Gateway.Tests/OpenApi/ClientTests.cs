using Vigia.Gateway.Tests.Access;

namespace Vigia.Gateway.Tests.OpenApi;

/// <summary>
/// A client generated from the document (openapi-typescript, openapi-fetch), compiled with <c>tsc --strict</c> and run
/// against the gateway that the document came from.
/// </summary>
public sealed class ClientTests
{
    [Fact]
    public async Task A_client_generated_from_the_document_compiles_strictly_and_lists_gets_filters_streams_and_is_told_errors()
    {
        Validators.Require();
        await using var fixture = await AccessFixture.StartAsync();
        using var folder = new ScratchFolder();
        var document = await Validators.DocumentAsync(fixture.Inner.Http, fixture.Gateway, "anna-token");
        await File.WriteAllTextAsync(folder.File("api.json"), document.ToJsonString(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("package.json"), """{"type":"module"}""", TestContext.Current.CancellationToken);
        foreach (var name in new[] { "client.ts", "tsconfig.json" })
        {
            File.Copy(Path.Combine(Validators.Folder, name), folder.File(name));
        }

        Directory.CreateSymbolicLink(folder.File("node_modules"), Path.Combine(Validators.Folder, "node_modules"));

        await SucceedAsync("node_modules/openapi-typescript/bin/cli.js", folder.File("api.json"), "--output", folder.File("api.d.ts"));
        await SucceedAsync("node_modules/typescript/bin/tsc", "--project", folder.Path);
        var said = await SucceedAsync(folder.File("client.js"), fixture.Gateway.Url.ToString().TrimEnd('/'), "anna-token");

        string[] expected =
        [
            """list 2 ["a2","a1"] ["0/1","0/1"] "pods" "live" """,
            """get "a2" "Pod" """,
            """filter ["a1"]""",
            "namespace 2",
            """missing "404 Not found" true "application/problem+json" """,
            """wrong "400 Bad labelSelector" """,
            """denied "403 Forbidden" """,
            """stranger "401 Authentication required" "Bearer realm=\"vigia\"" """,
            """status true ["sim"]""",
            "overview 2",
            """related ["warning"]""",
            """ticket 201 "anna" """,
            """stream ["a1","a2"]""",
        ];
        Assert.Equal(expected.Select(line => line.Trim()), said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static async Task<string> SucceedAsync(string program, params string[] arguments)
    {
        var (code, said) = await Validators.RunAsync(program, arguments);
        Assert.True(code == 0, $"{program}: {said}");
        return said;
    }
}
