using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Events;

public sealed class EventTests
{
    private static readonly GroupVersionResource Events = new("", "v1", "events");

    [Theory]
    [InlineData("", "backoff pulled node-gone")]
    [InlineData("type=Warning", "backoff node-gone")]
    [InlineData("type=warning&kind=pod", "backoff")]
    [InlineData("reason=Pulled,NodeNotReady", "pulled node-gone")]
    [InlineData("kind=Node", "node-gone")]
    [InlineData("about=uid-of-a", "backoff")]
    [InlineData("about=pod/default/b", "pulled")]
    [InlineData("about=Node/n1", "node-gone")]
    [InlineData("about=pod/n1", "")]
    [InlineData("since=2020-01-02T00:00:00Z", "pulled node-gone")]
    [InlineData("since=1h", "node-gone")]
    public async Task Events_are_filtered_by_what_they_say_and_what_they_are_about_in_lists_and_streams_alike(
        string filter,
        string expected
    )
    {
        await using var fixture = await GatewayFixture.StartAsync();
        Make(
            fixture,
            "backoff",
            "Warning",
            "BackOff",
            """{"kind":"Pod","namespace":"default","name":"a","uid":"uid-of-a"}""",
            "2020-01-01T00:00:00Z"
        );
        Make(
            fixture,
            "pulled",
            "Normal",
            "Pulled",
            """{"kind":"Pod","namespace":"default","name":"b","uid":"uid-of-b"}""",
            "2020-01-03T00:00:00Z"
        );
        Make(
            fixture,
            "node-gone",
            "Warning",
            "NodeNotReady",
            """{"kind":"Node","name":"n1","uid":"n1"}""",
            TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)
        );
        var gateway = await fixture.GatewayAsync();
        var names = expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).ToArray();

        var (_, list) = await fixture.GetAsync(gateway, $"api/v1/events?{filter}");
        Assert.Equal(names, list["items"]!.AsArray().Select(item => (string)item!["name"]!).Order(StringComparer.Ordinal));
        foreach (var path in new[] { "api/v1/events/stream?", "api/v1/ev/stream?", "api/v1/stream?resources=events&" })
        {
            await using var stream = await fixture.OpenAsync(gateway, path + filter);
            await stream.SyncedAsync();
            Assert.Equal(names, stream.Events.Where(e => e.Name == "added").Select(e => e.ObjectName).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task An_event_that_happens_again_is_an_update_with_a_greater_count_and_others_are_not_told()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/events/stream?type=Warning&kind=Pod&reason=BackOff");
        await stream.SyncedAsync();
        Make(fixture, "normal", "Normal", "Pulled", """{"kind":"Pod","namespace":"default","name":"a"}""", "2020-01-01T00:00:00Z");
        Make(fixture, "backoff", "Warning", "BackOff", """{"kind":"Pod","namespace":"default","name":"a"}""", "2020-01-01T00:00:00Z");
        fixture.Simulator.Store.Mutate(Events, new ObjectKey("default", "backoff"), o => o["count"] = 7, "t");
        fixture.Simulator.Store.Mutate(
            Events,
            new ObjectKey("default", "backoff"),
            o => o["series"] = new JsonObject { ["count"] = 12 },
            "t"
        );
        await stream.StoryAsync("reset:start +backoff ~backoff ~backoff");

        Assert.Equal([1L, 7L, 12L], stream.Events.Where(e => e.Name is "added" or "updated").Select(e => (long)e.Data["row"]!["count"]!));
    }

    [Theory]
    [InlineData("since=yesterday", "since:")]
    [InlineData("about=a/b/c/d", "about:")]
    [InlineData("about=a&about=b", "about:")]
    public async Task A_filter_that_cannot_be_understood_is_refused_by_its_name(string filter, string reason)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        foreach (var path in new[] { "api/v1/events", "api/v1/events/stream" })
        {
            var (status, problem) = await fixture.GetAsync(gateway, $"{path}?{filter}");
            Assert.Equal(400, (int)status);
            Assert.StartsWith(reason, (string)problem["detail"]!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_the_api_server_has_forgotten_is_kept_with_its_object_and_filtered_by_the_same_words()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync(events: new() { Grace = TimeSpan.FromMilliseconds(400) });
        var uid = fixture.Simulator.Store.Get(GatewayFixture.Pods, new("default", "a"))!.Uid;
        var now = TimeProvider.System.GetUtcNow();
        string At(int minutesAgo) => now.AddMinutes(-minutesAgo).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        var about = $$"""{"kind":"Pod","apiVersion":"v1","namespace":"default","name":"a","uid":"{{uid}}"}""";
        Make(fixture, "backoff", "Warning", "BackOff", about, At(90));
        fixture.Simulator.Store.Mutate(Events, new ObjectKey("default", "backoff"), o => o["count"] = 7, "t");
        Make(fixture, "pulled", "Normal", "Pulled", about, At(1));
        await Eventually.TrueAsync(async () => await ReasonsAsync("") == "BackOff x7, Pulled x1", "both are kept, the latest last");

        // As the API server does after an hour; later the same is told by another object.
        fixture.Simulator.Store.Delete(Events, new ObjectKey("default", "backoff"));
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync(gateway, "api/v1/events")).Body["items"]!.AsArray().Count == 1,
            "the list of events has forgotten it"
        );
        Assert.Equal("BackOff x7, Pulled x1", await ReasonsAsync(""));
        Make(fixture, "backoff-2", "Warning", "BackOff", about, At(30));
        await Eventually.TrueAsync(async () => await ReasonsAsync("") == "BackOff x8, Pulled x1", "it counts on");

        Assert.Equal("BackOff x8", await ReasonsAsync("type=warning"));
        Assert.Equal("Pulled x1", await ReasonsAsync("reason=Pulled&kind=Pod"));
        Assert.Equal("Pulled x1", await ReasonsAsync("since=5m"));
        Assert.Equal("", await ReasonsAsync("kind=Node"));
        Assert.Equal(400, (int)(await fixture.GetAsync(gateway, $"api/v1/pods/{uid}/events?since=yesterday")).Status);
        var (_, overview) = await fixture.GetAsync(gateway, "api/v1/stats/overview");
        Assert.Equal(
            """{"total":2,"objects":1,"seen":9,"byType":{"Normal":1,"Warning":1},"byReason":{"BackOff":1,"Pulled":1},"byKind":{"Pod":2}}""",
            overview["keptEvents"]!.ToJsonString()
        );

        // Gone with its object, after the grace.
        fixture.Delete("a");
        await Eventually.TrueAsync(
            async () => (int)(await fixture.GetAsync(gateway, "api/v1/stats/overview")).Body["keptEvents"]!["total"]! == 0,
            "nothing is kept of what is gone"
        );

        async Task<string> ReasonsAsync(string filter)
        {
            var (_, body) = await fixture.GetAsync(gateway, $"api/v1/pods/{uid}/events?{filter}");
            return string.Join(", ", (body["items"] as JsonArray ?? []).Select(e => $"{e!["reason"]} x{e["count"]}"));
        }
    }

    private static void Make(GatewayFixture fixture, string name, string type, string reason, string about, string last) =>
        fixture.Simulator.Store.Create(
            Events,
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Event",
                ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
                ["type"] = type,
                ["reason"] = reason,
                ["message"] = "m",
                ["lastTimestamp"] = last,
                ["involvedObject"] = JsonNode.Parse(about),
            },
            "test"
        );
}
