using Vigia.Testing;

namespace Vigia.Gateway.Tests.Rest;

/// <summary>Lists are sorted by value, whatever a column's values are written like.</summary>
public sealed class SortTests
{
    [Fact]
    public async Task Quantities_numbers_fractions_and_spans_are_sorted_by_value()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        await CreateAsync(fixture, "crd-columns-crd.yaml");
        await CreateAsync(fixture, "sort-quantities.yaml");

        // A server takes no status with a creation.
        foreach (
            var (resource, name, status) in new[]
            {
                ("persistentvolumeclaims", "ten-gi", """{"phase":"Bound","capacity":{"storage":"10Gi"}}"""),
                ("persistentvolumeclaims", "nine-gi", """{"phase":"Bound","capacity":{"storage":"9Gi"}}"""),
                ("persistentvolumeclaims", "half-gi", """{"phase":"Bound","capacity":{"storage":"500Mi"}}"""),
                ("jobs", "long", """{"startTime":"2026-11-01T00:00:00Z","completionTime":"2026-11-01T02:00:00Z"}"""),
                ("jobs", "short", """{"startTime":"2026-11-02T00:00:00Z","completionTime":"2026-11-02T00:00:40Z"}"""),
            }
        )
        {
            await fixture.Simulator.Objects.PatchAsync(
                resource,
                name,
                $$"""{"status":{{status}}}""",
                "status",
                TestContext.Current.CancellationToken
            );
        }

        var gateway = await fixture.GatewayAsync();
        await Eventually.TrueAsync(
            async () => await NamesAsync("gadgets.acme.example.com", "num") == "n9 n10",
            "numbers of a custom resource"
        );

        Assert.Equal("half-gi nine-gi ten-gi", await NamesAsync("pvc", "capacity"));
        Assert.Equal("ten-gi nine-gi half-gi", await NamesAsync("pvc", "-capacity"));
        Assert.Equal("half nine ten", await NamesAsync("pv", "capacity"));
        Assert.Equal("short long", await NamesAsync("jobs", "duration"));

        async Task<string> NamesAsync(string resource, string sort) =>
            (await fixture.GetAsync(gateway, $"api/v1/{resource}?sort={sort}")).Body["items"] is { } items
                ? string.Join(' ', items.AsArray().Select(item => (string)item!["name"]!))
                : "";
    }

    /// <summary>As in the terminal: the shortest age first.</summary>
    [Fact]
    public async Task The_youngest_comes_first_by_age()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        foreach (
            var (name, created) in new[] { ("b", "2026-02-01T00:00:00Z"), ("a", "2026-01-01T00:00:00Z"), ("c", "2026-03-01T00:00:00Z") }
        )
        {
            fixture.Simulator.Store.CreateRaw(
                new("", "v1", "configmaps"),
                System.Text.Encoding.UTF8.GetBytes(
                    $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","namespace":"default"}}"""
                ),
                DateTimeOffset.Parse(created, System.Globalization.CultureInfo.InvariantCulture)
            );
        }

        var gateway = await fixture.GatewayAsync();
        var (_, list) = await fixture.GetAsync(gateway, "api/v1/configmaps?namespace=default&sort=age");
        Assert.Equal(
            "c b a",
            string.Join(' ', list["items"]!.AsArray().Select(item => (string)item!["name"]!).Where(name => name.Length == 1))
        );
    }

    private static async Task CreateAsync(GatewayFixture fixture, string file)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "testdata", file));
        foreach (var one in text.Split("\n---\n"))
        {
            await fixture.Simulator.Objects.CreateAsync(one);
        }
    }
}
