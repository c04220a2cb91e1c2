using System.Text.Json.Nodes;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.RawWatch;

/// <summary>
/// Columns that a definition gives its resource: the gateway's table has in them what an API server's has.
/// </summary>
public sealed class PrinterColumnTests
{
    // As a real server prints them. Paths with [], slices and [*], types that are kept to, dates that are none; a dot
    // in brackets separates there too, unless it is escaped.
    private static readonly (string Name, string Column, string Text)[] Known =
    [
        ("a", "Hosts", """["h1","h2"]"""),
        ("a", "Last", "z"),
        ("c", "Last", "2"),
        ("a", "All", "x"),
        ("a", "Ready", "True"),
        ("a", "Dotted", "ann"),
        ("a", "Bracket", ""),
        ("d", "Int", "7"),
        ("b", "Int", ""),
        ("d", "Num", ""),
        ("b", "Bool", ""),
        ("a", "Bool", "false"),
        ("b", "Expiry", "<invalid>"),
        ("d", "Since", "<unknown>"),
    ];

    [Fact]
    public async Task Columns_of_a_custom_resource_are_those_of_the_api_server()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        foreach (var file in new[] { "crd-columns-crd.yaml", "crd-columns-objects.yaml" })
        {
            foreach (
                var one in (
                    await File.ReadAllTextAsync(
                        Path.Combine(AppContext.BaseDirectory, "testdata", file),
                        TestContext.Current.CancellationToken
                    )
                ).Split("\n---\n")
            )
            {
                await fixture.Simulator.Objects.CreateAsync(one);
            }
        }

        var gateway = await fixture.GatewayAsync();
        const string Gadgets = "apis/acme.example.com/v1/namespaces/default/gadgets";
        await Eventually.TrueAsync(
            async () => (await fixture.Http.GetAsync(new Uri(gateway.Url, $"kubernetes/sim/{Gadgets}"))).IsSuccessStatusCode,
            "the gateway has the resource"
        );
        var server = await TableAsync(fixture, new Uri(new Uri(fixture.Simulator.Url), Gadgets));
        var ours = await TableAsync(fixture, new Uri(gateway.Url, $"kubernetes/sim/{Gadgets}"));
        Assert.Equal(server.Keys.Order(StringComparer.Ordinal), ours.Keys.Order(StringComparer.Ordinal));
        foreach (var (key, text) in server.Where(cell => !cell.Key.EndsWith(" Age", StringComparison.Ordinal)))
        {
            Assert.Equal($"{key}: {text}", $"{key}: {ours[key]}");
        }

        Assert.All(
            Known,
            known =>
                Assert.Equal(
                    $"{known.Name} {known.Column}: {known.Text}",
                    $"{known.Name} {known.Column}: {ours[$"{known.Name} {known.Column}"]}"
                )
        );
        if (Kubectl.IsThere)
        {
            var (direct, through) = (
                await Kubectl.RunAsync(new Uri(fixture.Simulator.Url), "get", "gadgets", "-o", "wide"),
                await Kubectl.RunAsync(new Uri(gateway.Url, "kubernetes/sim"), "get", "gadgets", "-o", "wide")
            );
            Assert.Contains("""["h1","h2"]""", through, StringComparison.Ordinal);
            Assert.Equal(Lines(direct), Lines(through));
        }
    }

    /// <summary>Cells by the object's name and the column's.</summary>
    private static async Task<Dictionary<string, string>> TableAsync(GatewayFixture fixture, Uri url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        using var response = await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var table = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        var columns = table["columnDefinitions"]!.AsArray().Select(column => (string)column!["name"]!).ToArray();
        return table["rows"]!
            .AsArray()
            .SelectMany(row =>
                row!["cells"]!
                    .AsArray()
                    .Select((cell, i) => (Key: $"{row["object"]!["metadata"]!["name"]} {columns[i]}", Text: cell?.ToString() ?? ""))
            )
            .GroupBy(cell => cell.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => string.Join('|', group.Select(cell => cell.Text)), StringComparer.Ordinal);
    }

    /// <summary>Lines without the last column, which is an age.</summary>
    private static string[] Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..line.TrimEnd().LastIndexOf(' ')].TrimEnd())];
}
