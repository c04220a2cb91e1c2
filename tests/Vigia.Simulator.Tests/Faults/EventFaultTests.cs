using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Faults;

/// <summary>What a client sees of faults that strike the events of an open watch.</summary>
public sealed class EventFaultTests
{
    private const string Path = "/api/v1/namespaces/default/configmaps";
    private static readonly GroupVersionResource Maps = BuiltInTypes.ConfigMaps.Gvr;

    [Fact]
    public async Task A_truncated_event_is_half_a_line_and_a_broken_connection()
    {
        await using var fixture = await Fixture.StartAsync();
        using var watch = await fixture.WatchAsync(Path + "?watch=true");
        await fixture.SendAsync(
            HttpMethod.Post,
            "/simulator/faults",
            """{"kind":"truncate","after":1,"count":1,"resource":"configmaps"}""",
            201
        );

        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("whole"), "test");
        Assert.Equal("ADDED whole", await watch.TextAsync());
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("half"), "test");
        var (rest, broke) = await watch.RestAsync();

        Assert.True(broke, "the chunked body has no end");
        Assert.StartsWith("{\"type\":\"ADDED\",\"object\":{\"kind\":\"ConfigMap\"", rest, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', rest);
        Assert.ThrowsAny<JsonException>(() => JsonNode.Parse(rest));
        Assert.Equal(1, (int)(await fixture.GetAsync("/simulator/faults"))["counts"]!["truncate"]!);
        Assert.Empty(fixture.Simulator.Faults.All);
    }

    [Theory]
    [InlineData("brokenJson")]
    [InlineData("flippedBytes")]
    [InlineData("unknownType")]
    [InlineData("noObject")]
    public async Task A_garbled_event_is_one_bad_line_between_good_ones(string form)
    {
        await using var fixture = await Fixture.StartAsync();
        using var watch = await fixture.WatchAsync(Path + "?watch=true");
        await fixture.SendAsync(
            HttpMethod.Post,
            "/simulator/faults",
            $$"""{"kind":"garble","garble":"{{form}}","after":1,"count":1,"verb":"watch"}""",
            201
        );
        foreach (var name in (string[])["first", "bad", "last"])
        {
            fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap(name), "test");
        }

        Assert.Equal("ADDED first", await watch.TextAsync());
        var bad = await watch.LineAsync();
        Assert.Equal("ADDED last", await watch.TextAsync());

        switch (form)
        {
            case "brokenJson":
                Assert.ThrowsAny<JsonException>(() => JsonNode.Parse(bad!));
                break;
            case "flippedBytes":
                Assert.Contains('\uFFFD', bad!); // what the reader makes of bytes that are no UTF-8
                break;
            case "unknownType":
                Assert.Equal("SURPRISE", (string?)JsonNode.Parse(bad!)!["type"]);
                break;
            default:
                Assert.Null(JsonNode.Parse(bad!)!["object"]);
                break;
        }

        Assert.Equal(1, fixture.Simulator.Faults.Counts["garble"]);
    }

    [Theory]
    [InlineData(410, "Expired")]
    [InlineData(500, "InternalError")]
    public async Task An_error_event_comes_under_200_and_ends_the_stream(int code, string reason)
    {
        await using var fixture = await Fixture.StartAsync();
        using var watch = await fixture.WatchAsync(Path + "?watch=true");
        fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.ErrorEvent,
                Code = code,
                Count = 1,
            }
        );

        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test");

        var error = (await watch.NextAsync())!.Value;
        Assert.Equal("ERROR", error.Text);
        Assert.Equal((code, reason), ((int)error.Object["code"]!, (string?)error.Object["reason"]));
        Assert.Null(await watch.NextAsync());
    }

    [Fact]
    public async Task Watches_without_events_can_be_ended_by_410_too()
    {
        await using var fixture = await Fixture.StartAsync();
        using var watch = await fixture.WatchAsync(
            $"{Path}?watch=true&allowWatchBookmarks=true&resourceVersion={fixture.Simulator.Store.Revision}"
        );

        Assert.Equal(1, (int)(await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"action":"expireWatches"}"""))["ended"]!);

        Assert.Equal(410, (int)(await watch.NextAsync())!.Value.Object["code"]!);
        Assert.Null(await watch.NextAsync());
    }

    [Fact]
    public async Task A_truncated_list_breaks_in_the_middle_of_an_item()
    {
        await using var fixture = await Fixture.StartAsync();
        for (var i = 0; i < 10; i++)
        {
            fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap($"map-{i}"), "test");
        }

        fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Truncate,
                Verb = "list",
                Count = 1,
            }
        );
        using var list = await fixture.WatchAsync(Path);
        var (text, broke) = await list.RestAsync();

        Assert.True(broke);
        Assert.Contains("\"name\":\"map-4\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"name\":\"map-6\"", text, StringComparison.Ordinal);
        Assert.Equal(10, (await fixture.GetAsync(Path))["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_garbled_list_is_no_json_and_the_next_is()
    {
        await using var fixture = await Fixture.StartAsync();
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test");
        fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Garble,
                Verb = "list",
                Count = 1,
            }
        );

        await Assert.ThrowsAnyAsync<JsonException>(() => fixture.GetAsync(Path));
        await fixture.GetAsync(Path);
    }

    [Fact]
    public async Task Bookmarks_can_be_withheld_or_made_rare()
    {
        await using var fixture = await Fixture.StartAsync(new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(20) });
        var off = fixture.Simulator.Faults.Add(new Fault { Kind = FaultKind.NoBookmarks });
        using var watch = await fixture.WatchAsync(
            $"{Path}?watch=true&allowWatchBookmarks=true&resourceVersion={fixture.Simulator.Store.Revision}"
        );

        await Vigia.Testing.Eventually.TrueAsync(
            () => fixture.Simulator.Faults.Counts.GetValueOrDefault("noBookmarks") >= 3,
            "three bookmarks were due"
        );
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test");
        Assert.Equal("ADDED a", await watch.TextAsync());
        fixture.Simulator.Faults.Remove(off.Id);
        Assert.Equal("BOOKMARK", await watch.TextAsync());
        fixture.Simulator.Faults.Add(new Fault { Kind = FaultKind.NoBookmarks, Rate = 0.8 });
        Assert.Equal("BOOKMARK", await watch.TextAsync());
        await Vigia.Testing.Eventually.TrueAsync(() => fixture.Simulator.Faults.Counts["noBookmarks"] >= 6, "more were withheld");
        Assert.Equal("BOOKMARK", await watch.TextAsync());
    }

    [Fact]
    public async Task A_fault_that_makes_no_sense_is_refused_with_what_it_needs()
    {
        await using var fixture = await Fixture.StartAsync();

        var stale = await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"kind":"stale"}""", 400);
        Assert.Contains("behind", (string?)stale["message"], StringComparison.Ordinal);
        await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"kind":"cut","behind":3}""", 400);
        await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"kind":"cut","rte":0.5}""", 400);
        await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"action":"restore"}""", 400);
    }
}
