using System.Diagnostics;
using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.OpenApi;

/// <summary>
/// External validators of the gateway, in <c>tests/external-validators</c> (npm, pinned): on a bare machine a
/// test that needs them is skipped with the reason, in CI that is a failure.
/// </summary>
internal static class Validators
{
    /// <summary>The repository.</summary>
    public static readonly string Root = FindRoot();

    /// <summary>Where they are.</summary>
    public static readonly string Folder = Path.Combine(Root, "tests", "external-validators");

    /// <summary>Skips the test where there is no Node or nothing is installed.</summary>
    public static void Require()
    {
        var hasNode = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "node")));
        if (hasNode && Directory.Exists(Path.Combine(Folder, "node_modules")))
        {
            return;
        }

        const string Reason = "the external validators are not installed: npm ci --prefix tests/external-validators";
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, Reason);
        Assert.Fail(Reason);
    }

    /// <summary>Starts a program of the folder, which goes on while the test does.</summary>
    public static LineProcess Start(string program, params IEnumerable<string> arguments)
    {
        Require();
        return LineProcess.Start("node", arguments.Prepend(Path.Combine(Folder, program)));
    }

    /// <summary>
    /// Runs a program of the folder, or of what is installed in it; returns its exit code and all it said.
    /// </summary>
    public static async Task<(int Code, string Said)> RunAsync(string program, IEnumerable<string> arguments, string? input = null)
    {
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        start.ArgumentList.Add(Path.Combine(Folder, program));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // Nobody is to be asked over the network, and nobody told.
        start.Environment["REDOCLY_TELEMETRY"] = "off";
        using var process = Process.Start(start)!;
        var (output, errors) = (
            process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)
        );
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read everything: what it said tells why.
        }

        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    /// <summary>The document of a gateway.</summary>
    public static async Task<JsonObject> DocumentAsync(HttpClient http, GatewayServer gateway, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "openapi/v1.json"));
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject();
    }

    /// <summary>The parameters of an operation, references followed.</summary>
    public static IReadOnlyList<JsonObject> ParametersOf(JsonNode operation) =>
        [
            .. (operation["parameters"]?.AsArray() ?? [])
                .Select(parameter =>
                    (string?)parameter!["$ref"] is { } reference
                        ? operation.Root["components"]!["parameters"]![reference.Split('/')[^1]]!
                        : parameter
                )
                .Select(parameter => parameter.AsObject()),
        ];

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Vigia.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the repository");
        }

        return folder;
    }
}
