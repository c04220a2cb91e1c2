using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Rest;

/// <summary>Pages of a list: the same as if all of it had been put in order, at a fraction of the cost.</summary>
[Collection("alone")]
public sealed class ListPageTests
{
    [Theory]
    [InlineData("")]
    [InlineData("&sort=-name")]
    [InlineData("&sort=status,-name")]
    [InlineData("&sort=-age")]
    [InlineData("&sort=namespace,-name&search=p1")]
    public async Task All_pages_together_are_the_list_in_order(string order)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        Namespaces(fixture, 7);
        for (var i = 0; i < 120; i++)
        {
            fixture.Put($"p{i * 37 % 121}", $"n{i % 7}", phase: i % 3 == 0 ? "Pending" : "Running");
        }

        var gateway = await fixture.GatewayAsync();
        var (_, whole) = await fixture.GetAsync(gateway, $"api/v1/pods?limit=1000{order}");
        var expected = whole["items"]!.AsArray().Select(Name).ToArray();
        for (var round = 0; round < 6; round++)
        {
            if (round >= 3)
            {
                // The order is kept by now; what changes between two rounds is put into its place.
                fixture.Delete($"p{37 * round % 121}", $"n{round % 7}");
                fixture.Put($"p1-{round}", $"n{round % 7}");
                fixture.Put("p0", "n0", phase: "Failed", annotation: $"{round}");
                fixture.Simulator.Store.Mutate(GatewayFixture.Pods, new("n0", "p0"), o => o["status"]!["reason"] = $"{round}", "test");
                await Eventually.TrueAsync(
                    () =>
                        fixture
                            .GetAsync(gateway, $"api/v1/pods?limit=1&search=p1-{round}")
                            .ContinueWith(found => (int)found.Result.Body["total"]! == 1, TaskScheduler.Default),
                    "the new one is listed"
                );
                (_, whole) = await fixture.GetAsync(gateway, $"api/v1/pods?limit=1000{order}&labelSelector=app");
                expected = [.. whole["items"]!.AsArray().Select(Name)];
            }

            var paged = new List<string>();
            for (var page = 1; page <= (expected.Length + 6) / 7; page++)
            {
                var (_, part) = await fixture.GetAsync(
                    gateway,
                    string.Create(CultureInfo.InvariantCulture, $"api/v1/pods?limit=7&page={page}{order}")
                );
                paged.AddRange(part["items"]!.AsArray().Select(Name));
                Assert.Equal(expected.Length, (int)part["total"]!);
            }

            Assert.Equal(expected, paged);
        }

        // What changes in between is seen by the next request.
        fixture.Delete("p0", "n0");
        fixture.Put("p1-new", "n0");
        await Eventually.TrueAsync(
            async () =>
            {
                var (_, after) = await fixture.GetAsync(gateway, $"api/v1/pods?limit=1000{order}");
                return after["items"]!.AsArray().Select(Name).Contains("n0/p1-new");
            },
            "the new one is listed"
        );
    }

    [Fact]
    public async Task A_page_and_one_object_of_many_allocate_little()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        Namespaces(fixture, 20);
        for (var i = 0; i < 10_000; i++)
        {
            fixture.Put(string.Create(CultureInfo.InvariantCulture, $"p{i * 7919 % 100_003}"), $"n{i % 20}");
        }

        var gateway = await fixture.GatewayAsync();
        var (_, first) = await fixture.GetAsync(gateway, "api/v1/pods?limit=1");
        var uid = (string)first["items"]![0]!["uid"]!;
        var idle = await AllocatedAsync(fixture, gateway, "healthz");

        // Server and client together, less what a request costs that asks for nothing.
        Assert.InRange(await AllocatedAsync(fixture, gateway, $"api/v1/pods/{uid}") - idle, 0, 20_000);
        Assert.InRange(await AllocatedAsync(fixture, gateway, "api/v1/pods?limit=50&sort=-age") - idle, 0, 150_000);
    }

    private static async Task<long> AllocatedAsync(GatewayFixture fixture, GatewayServer gateway, string path)
    {
        var least = long.MaxValue;
        for (var i = 0; i < 30; i++)
        {
            var before = GC.GetTotalAllocatedBytes(true);
            using (await fixture.Http.GetAsync(new Uri(gateway.Url, path), TestContext.Current.CancellationToken))
            {
                least = Math.Min(least, GC.GetTotalAllocatedBytes(true) - before);
            }
        }

        return least;
    }

    private static void Namespaces(GatewayFixture fixture, int count)
    {
        for (var i = 0; i < count; i++)
        {
            fixture.Simulator.Store.Create(
                new("", "v1", "namespaces"),
                new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "Namespace",
                    ["metadata"] = new JsonObject { ["name"] = $"n{i}" },
                },
                "test"
            );
        }
    }

    private static string Name(JsonNode? item) => $"{item!["namespace"]}/{item["name"]}";
}
