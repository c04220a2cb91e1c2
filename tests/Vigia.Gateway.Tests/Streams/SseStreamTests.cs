using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Http;
using Vigia.Informers;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Streams;

/// <summary>Streams of changes, over connections that are taken over and through plain responses.</summary>
public abstract class SseStreamTests(ITestOutputHelper output, bool takeover)
{
    [Fact]
    public async Task A_stream_begins_with_what_exists_says_synced_and_goes_on_with_changes()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        fixture.Put("b");
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        fixture.Put("c");
        fixture.Put("c", annotation: "x");
        fixture.Delete("a");
        await stream.UntilAsync(events => events.Count(e => e.Name is "added" or "updated" or "deleted") == 5, "five changes");

        Assert.Equal("reset:start", stream.Story.Split(' ')[0]);
        Assert.EndsWith("+c ~c -a", stream.Story, StringComparison.Ordinal);
        Assert.Equal(2, (int)stream.Events.Single(e => e.Name == "synced").Data["objects"]!);
        var added = stream.Events.First(e => e.ObjectName == "c").Data;
        Assert.Equal(
            ("sim", "pods", "default", "test", "Running"),
            (
                (string)added["cluster"]!,
                (string)added["resource"]!,
                (string)added["namespace"]!,
                (string)added["by"]!,
                (string)added["row"]!["status"]!
            )
        );
    }

    [Fact]
    public async Task A_client_cut_off_and_reconnected_receives_exactly_what_it_missed()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        fixture.Put("b");
        var gateway = await fixture.GatewayAsync();
        string cursor;
        await using (var stream = await fixture.OpenAsync(gateway))
        {
            await stream.SyncedAsync();
            fixture.Put("c");
            await stream.UntilAsync(events => events[^1].ObjectName == "c", "c came");
            cursor = stream.LastId;
        }

        Missed(fixture);
        await using var resumed = await fixture.OpenAsync(gateway, cursor: cursor);
        await resumed.StoryAsync("~a -b +d ~d +b");
    }

    [Fact]
    public async Task A_cursor_is_good_at_every_event_not_only_at_the_last()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        Assert.DoesNotContain(stream.Events, e => e.ObjectName.Length > 0);
        fixture.Put("b");
        fixture.Put("a");
        Missed(fixture);
        await stream.UntilAsync(events => events.Count(e => e.ObjectName.Length > 0) == 7, "all changes");
        var all = stream.Events.Where(e => e.ObjectName.Length > 0).ToArray();
        for (var i = 0; i < all.Length - 1; i++)
        {
            await using var resumed = await fixture.OpenAsync(gateway, cursor: all[i].Id);
            await resumed.StoryAsync(string.Join(' ', all.Skip(i + 1)));
        }
    }

    [Fact]
    public async Task A_second_gateway_that_ran_all_along_resumes_the_client_exactly()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        fixture.Put("b");
        var (first, second) = (await fixture.GatewayAsync(), await fixture.GatewayAsync());
        var cursor = await CursorAsync(fixture, first);
        Missed(fixture);
        await Eventually.TrueAsync(
            () => second.Clusters.Sessions[0].Find("pods")!.Informer!.Log.Revision.Number == (ulong)fixture.Simulator.Store.Revision,
            "the second gateway has seen it"
        );

        await using var resumed = await fixture.OpenAsync(second, cursor: cursor);
        await resumed.StoryAsync("~a -b +d ~d +b");
        fixture.Put("e");
        await resumed.StoryAsync("~a -b +d ~d +b +e");
    }

    [Fact]
    public async Task A_gateway_younger_than_the_cursor_resumes_from_the_api_server_s_history_and_goes_over_to_its_own_log()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        fixture.Put("b");
        var cursor = await CursorAsync(fixture, await fixture.GatewayAsync());
        Missed(fixture);
        var young = await fixture.GatewayAsync();

        await using var resumed = await fixture.OpenAsync(young, cursor: cursor);
        await resumed.StoryAsync("~a -b +d ~d +b");
        fixture.Put("e");
        fixture.Delete("d");
        await resumed.StoryAsync("~a -b +d ~d +b +e -d");

        // The id is the young gateway's own now, so a second cut is resumed there.
        await resumed.UntilAsync(events => events[^1].Id.Contains('~', StringComparison.Ordinal), "an own cursor");
        var again = resumed.LastId;
        fixture.Put("f");
        await using var third = await fixture.OpenAsync(young, cursor: again);
        await third.StoryAsync("+f");
    }

    [Fact]
    public async Task Too_long_away_means_reset_and_a_snapshot_that_is_right()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        fixture.Put("b");
        var cursor = await CursorAsync(fixture, await fixture.GatewayAsync());
        Missed(fixture);
        fixture.Simulator.Faults.ExpireHistory();
        var young = await fixture.GatewayAsync();

        await using var resumed = await fixture.OpenAsync(young, cursor: cursor);
        await resumed.SyncedAsync();
        Assert.StartsWith("reset:expired", resumed.Story, StringComparison.Ordinal);
        Assert.Equal("+a +b +d", string.Join(' ', resumed.Events.Where(e => e.Name == "added").Select(e => e.ToString()).Order()));
    }

    [Fact]
    public async Task A_cursor_of_another_filter_is_answered_with_a_reset()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var resumed = await fixture.OpenAsync(
            gateway,
            "api/v1/pods/stream?labelSelector=app%3Dweb",
            await CursorAsync(fixture, gateway)
        );

        await resumed.StoryAsync("reset:filter +a");
    }

    [Fact]
    public async Task An_object_that_enters_or_leaves_a_filter_is_added_or_deleted()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a", app: "web");
        fixture.Put("b", app: "db");
        var gateway = await fixture.GatewayAsync();
        await using var labels = await fixture.OpenAsync(gateway, "api/v1/pods/stream?labelSelector=app%3Dweb");
        await using var fields = await fixture.OpenAsync(gateway, "api/v1/pods/stream?fieldSelector=status.phase%3DFailed");
        await using var search = await fixture.OpenAsync(gateway, "api/v1/pods/stream?search=failed+!b");
        await Task.WhenAll(labels.SyncedAsync(), fields.SyncedAsync(), search.SyncedAsync());
        fixture.Put("b", app: "web");
        fixture.Put("a", app: "db");
        fixture.Put("a", app: "db", phase: "Failed");
        fixture.Put("b", app: "web", phase: "Failed");
        fixture.Put("a", app: "db");
        fixture.Delete("b");

        await labels.StoryAsync("reset:start +a +b -a ~b -b");
        await fields.StoryAsync("reset:start +a +b -a -b");
        await search.StoryAsync("reset:start +a -a");
    }

    [Fact]
    public async Task Shapes_send_the_row_the_object_or_what_changed()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var full = await fixture.OpenAsync(gateway, "api/v1/pods/stream?shape=full");
        await using var diff = await fixture.OpenAsync(gateway, "api/v1/pods/stream?shape=diff");
        await Task.WhenAll(full.SyncedAsync(), diff.SyncedAsync());
        fixture.Put("a", phase: "Failed");
        await full.StoryAsync("reset:start +a ~a");
        await diff.StoryAsync("reset:start +a ~a");

        Assert.Equal("Failed", (string)full.Events[^1].Data["object"]!["status"]!["phase"]!);
        Assert.Null(full.Events[^1].Data["object"]!["metadata"]!["managedFields"]);
        var change = Assert.Single(diff.Events[^1].Data["changes"]!.AsArray())!;
        Assert.Equal(("status.phase", "Running", "Failed"), ((string)change["path"]!, (string)change["from"]!, (string)change["to"]!));
    }

    [Fact]
    public async Task Several_resources_come_in_one_stream_with_one_cursor()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/stream?resources=pods,namespaces,cm");
        await stream.UntilAsync(events => events.Count(e => e.Name == "synced") == 3, "three are synced");
        var cursor = stream.LastId;
        fixture.Put("b");
        await using var resumed = await fixture.OpenAsync(gateway, "api/v1/stream?resources=pods,namespaces,cm", cursor);
        await resumed.StoryAsync("+b");
    }

    [Fact]
    public async Task With_the_api_server_gone_what_is_held_is_served_as_stale_and_afterwards_nothing_is_lost_or_sent_twice()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        await fixture.Simulator.Faults.GoDarkAsync(cancellationToken: TestContext.Current.CancellationToken);
        await stream.UntilAsync(events => events[^1].Name == "degraded", "degraded");
        Assert.Contains(
            "the connection to sim broke",
            (string)stream.Events.First(e => e.Name == "degraded").Data["reason"]!,
            StringComparison.Ordinal
        );
        var (status, body) = await fixture.GetAsync(gateway, "api/v1/pods");
        Assert.Equal(("OK", 1, "stale"), (status.ToString(), (int)body["total"]!, (string)body["freshness"]!["state"]!));
        Assert.Equal("degraded", (string)(await fixture.GetAsync(gateway, "api/v1/health")).Body["status"]!);

        fixture.Put("b");
        fixture.Delete("a");
        fixture.Put("b", annotation: "1");
        await fixture.Simulator.Faults.ComeBackAsync(TestContext.Current.CancellationToken);
        await stream.UntilAsync(events => events.Any(e => e.Name == "live"), "live");
        await stream.StoryAsync("reset:start +a +b -a ~b");
    }

    [Fact]
    public async Task A_stalled_reader_among_200_disturbs_nobody_and_ends_in_the_right_state()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        for (var i = 0; i < 50; i++)
        {
            fixture.Put($"p{i}");
        }

        var gateway = await fixture.GatewayAsync(new DeltaLogOptions { Capacity = 256 });
        using var stalled = await StallAsync(gateway);
        var readers = new List<SseClient>();
        for (var i = 0; i < 199; i++)
        {
            readers.Add(await fixture.OpenAsync(gateway, keepData: false));
        }

        await Task.WhenAll(readers.Select(reader => reader.SyncedAsync()));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var slowest = TimeSpan.Zero;
        var changes = 0;
        for (var round = 0; round < 40; round++)
        {
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < 50; i++)
            {
                fixture.Put($"p{i}", annotation: $"{round} {new string('x', 2000)}");
                changes++;
            }

            await Task.WhenAll(
                readers.Select(reader => reader.UntilAsync(events => events.Count(e => e.Name == "updated") >= changes, $"round {round}"))
            );
            slowest = watch.Elapsed > slowest ? watch.Elapsed : slowest;
        }

        output.WriteLine($"slowest round of 50 changes to 199 readers: {slowest.TotalMilliseconds:0} ms");
        Assert.True(slowest < TimeSpan.FromSeconds(5), $"a round took {slowest}");

        // The log is what bounds memory: the stalled reader has a place in it and nothing else.
        var feed = gateway.Clusters.Sessions[0].Find("pods")!.Informer!;
        Assert.True(feed.Log.Kept <= 256);
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine(
            $"heap grew by {grown >> 20} MB over {changes} changes to 199 readers and one that is stalled; catch-ups {feed.Log.CatchUps}"
        );
        Assert.True(grown < 100 << 20, $"the heap grew by {grown >> 20} MB");

        var state = await ReadToEndOfChangesAsync(stalled, feed.Store.List().ToDictionary(o => o.Name, o => o.ResourceVersion.ToString()));
        Assert.Equal(50, state.Count);
        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }
    }

    [Fact]
    public async Task Streams_are_told_when_the_gateway_stops_and_nothing_is_left()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        var watch = Stopwatch.StartNew();
        await gateway.DisposeAsync();

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"stopping took {watch.Elapsed}");
        await Eventually.TrueAsync(() => stream.HasEnded, "the stream ended");
        await Eventually.TrueAsync(() => fixture.Simulator.Faults.OpenWatches == 0, "no watch is left at the API server");
    }

    [Fact]
    public async Task An_idle_stream_has_a_heartbeat_and_bookmarks_carry_the_cursor_on()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync(streams: new StreamOptions { Heartbeat = TimeSpan.FromMilliseconds(100) });
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        fixture.Simulator.Store.AdvanceRevision(1000);
        await stream.UntilAsync(events => events[^1].Name == "bookmark", "a bookmark");

        Assert.NotEqual(stream.Events.First(e => e.Name == "synced").Id, stream.LastId);
    }

    [Fact]
    public async Task A_stream_whose_filter_leaves_out_all_that_happens_is_carried_on_and_never_silent()
    {
        await using var fixture = await GatewayFixture.StartAsync(
            takeover: takeover,
            options: new SimulatorOptions { BookmarkInterval = TimeSpan.FromHours(1) }
        );
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync(streams: new StreamOptions { Heartbeat = TimeSpan.FromMilliseconds(300) });
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/pods/stream?search=nothing-is-called-so");
        await stream.SyncedAsync();
        var i = 0;
        await Eventually.TrueAsync(
            () =>
            {
                // Something happens between any two heartbeats, and is not for this reader.
                fixture.Put("a", annotation: $"{i++}");
                return stream.Events.Count(e => e.Name == "bookmark") >= 3;
            },
            "bookmarks"
        );
        Assert.Equal("reset:start", stream.Story);
    }

    /// <summary>
    /// What the second connection must tell: a changed, b deleted, d new and changed, b again with another uid.
    /// </summary>
    private static void Missed(GatewayFixture fixture)
    {
        fixture.Put("a", annotation: "changed");
        fixture.Delete("b");
        fixture.Put("d");
        fixture.Put("d", annotation: "changed");
        fixture.Put("b");
    }

    private static async Task<string> CursorAsync(GatewayFixture fixture, GatewayServer gateway)
    {
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        return stream.LastId;
    }

    /// <summary>Opens a stream and never reads: a socket with a small buffer.</summary>
    private static async Task<Socket> StallAsync(GatewayServer gateway)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(gateway.Url.Host, gateway.Url.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /api/v1/pods/stream HTTP/1.0\r\nHost: {gateway.Url.Authority}\r\n\r\n"));
        return socket;
    }

    /// <summary>Reads until every object has the version it should have.</summary>
    private static async Task<Dictionary<string, string>> ReadToEndOfChangesAsync(Socket socket, Dictionary<string, string> expected)
    {
        var state = new Dictionary<string, string>();
        using var reader = new StreamReader(new NetworkStream(socket));
        var name = "";
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (state.Count != expected.Count || state.Any(pair => expected[pair.Key] != pair.Value))
        {
            var line = await reader.ReadLineAsync(patience.Token) ?? throw new EndOfStreamException();
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line[7..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal) && name is "added" or "updated" && line.EndsWith('}'))
            {
                var data = JsonNode.Parse(line[6..])!;
                state[(string)data["name"]!] = (string)data["resourceVersion"]!;
            }
        }

        return state;
    }
}

/// <summary>The default: events go straight to the socket.</summary>
public sealed class TakenOverSseStreamTests(ITestOutputHelper output) : SseStreamTests(output, takeover: true);

/// <summary><c>streams.takeover: false</c>: events go through the response of the web server.</summary>
public sealed class PlainSseStreamTests(ITestOutputHelper output) : SseStreamTests(output, takeover: false);
