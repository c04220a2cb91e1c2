using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Faults;

/// <summary>
/// Clients that were away while etcd was restored from a backup: their cursors are of a history that the server no
/// longer has.
/// </summary>
public sealed class LostHistoryTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("?labelSelector=app%3Dweb", false)]
    [InlineData("", true)]
    public async Task A_client_that_was_away_is_reset_at_every_gateway_also_when_the_server_has_counted_past_its_cursor(
        string query,
        bool young
    )
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("keep");
        var first = await fixture.GatewayAsync();
        var second = await fixture.GatewayAsync();
        var backup = fixture.Simulator.Snapshot();
        string cursor;
        await using (var stream = await fixture.OpenAsync(first, $"api/v1/pods/stream{query}"))
        {
            await stream.SyncedAsync();
            for (var i = 0; i < 5; i++)
            {
                fixture.Put($"lost{i}");
            }

            await stream.UntilAsync(events => events[^1].ObjectName == "lost4", "the lost objects came");
            cursor = stream.LastId;
        }

        await RestoreAsync(fixture, backup);
        if (young)
        {
            // Replicas that have seen nothing of the lost history.
            await first.DisposeAsync();
            await second.DisposeAsync();
            (first, second) = (await fixture.GatewayAsync(), await fixture.GatewayAsync());
        }

        for (var i = 0; i < 8; i++)
        {
            fixture.Put($"new{i}");
        }

        foreach (var gateway in new[] { second, first })
        {
            await Eventually.TrueAsync(
                async () => (int)(await fixture.GetAsync(gateway, "api/v1/pods?limit=100")).Body["total"]! == 9,
                "the gateway has the new history"
            );
            await using var back = await fixture.OpenAsync(gateway, $"api/v1/pods/stream{query}", cursor);
            await back.UntilAsync(events => events.Count(e => e.Name == "added") == 9, "all that exists");
            Assert.Equal("reset:restored", back.Story.Split(' ')[0]);
            Assert.DoesNotContain(back.Events, e => e.ObjectName.StartsWith("lost", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_cursor_that_the_restored_server_has_yet_to_reach_is_reset_at_once_at_a_young_gateway()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("keep");
        var gateway = await fixture.GatewayAsync();
        var backup = fixture.Simulator.Snapshot();
        string cursor;
        await using (var stream = await fixture.OpenAsync(gateway))
        {
            await stream.SyncedAsync();
            for (var i = 0; i < 10; i++)
            {
                fixture.Put("keep", annotation: $"lost {i}");
            }

            await stream.UntilAsync(events => events.Count(e => e.Name == "updated") == 10, "the lost changes came");
            cursor = stream.LastId;
        }

        await gateway.DisposeAsync();
        await RestoreAsync(fixture, backup);
        gateway = await fixture.GatewayAsync();
        await using var back = await fixture.OpenAsync(gateway, cursor: cursor);
        await back.StoryAsync("reset:restored +keep");
    }

    [Fact]
    public async Task A_cursor_of_another_gateway_is_reset_with_restored_also_when_the_restored_servers_history_is_compacted()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("keep");
        var first = await fixture.GatewayAsync();
        var second = await fixture.GatewayAsync();
        var backup = fixture.Simulator.Snapshot();
        string cursor;
        await using (var stream = await fixture.OpenAsync(first))
        {
            await stream.SyncedAsync();
            fixture.Put("keep", annotation: "lost");
            fixture.Put("lost");
            await stream.UntilAsync(events => events[^1].ObjectName == "lost", "the lost object came");
            cursor = stream.LastId;
        }

        // The gateway that the client comes back to has seen what was lost, and begins again where the server has
        // counted past it and forgotten its history.
        await using var witness = await fixture.OpenAsync(second);
        await witness.UntilAsync(events => events.Any(e => e.ObjectName == "lost"), "the other gateway has seen it too");
        await AwayAsync(
            fixture,
            witness,
            () =>
            {
                fixture.Simulator.Restore(backup);
                for (var i = 0; i < 8; i++)
                {
                    fixture.Put($"new{i}");
                }

                fixture.Simulator.Faults.ExpireHistory();
            }
        );
        await witness.UntilAsync(events => events.Any(e => e.ObjectName == "new7"), "the other gateway has the new history");
        await using var back = await fixture.OpenAsync(second, cursor: cursor);
        await back.UntilAsync(events => events.Count(e => e.Name == "added") == 9, "all that exists");
        Assert.Equal("reset:restored", back.Story.Split(' ')[0]);
    }

    [Fact]
    public async Task A_raw_watch_from_a_lost_revision_is_expired_and_a_list_leads_on_from_there()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("keep");
        var gateway = await fixture.GatewayAsync();
        var backup = fixture.Simulator.Snapshot();
        for (var i = 0; i < 10; i++)
        {
            fixture.Put("keep", annotation: $"lost {i}");
        }

        var lost = await RevisionAsync(fixture, gateway, least: 10);
        await RestoreAsync(fixture, backup);
        fixture.Put("new0");
        fixture.Put("new1");
        await Eventually.TrueAsync(
            async () => (int)(await fixture.GetAsync(gateway, "api/v1/pods?limit=100")).Body["total"]! == 3,
            "the gateway has the new history"
        );
        using var refused = await fixture.Http.GetAsync(Watch(gateway, lost - 1), TestContext.Current.CancellationToken);
        Assert.Equal(410, (int)refused.StatusCode);

        // The list's revision lies in the stretch that was lost as well, and is of this history all the same.
        var listed = await RevisionAsync(fixture, gateway, least: 0);
        Assert.True(listed < lost);
        var next = FirstEventAsync(fixture, gateway, listed);
        fixture.Put("new2");
        Assert.Equal(("ADDED", "new2"), ((string)(await next)["type"]!, (string)(await next)["object"]!["metadata"]!["name"]!));
    }

    [Fact]
    public async Task Clients_that_return_to_a_young_gateway_share_one_watch_of_the_servers_history()
    {
        var requests = new ConcurrentQueue<string>();
        await using var fixture = await GatewayFixture.StartAsync(
            new SimulatorOptions
            {
                BookmarkInterval = TimeSpan.FromMilliseconds(200),
                OnRequest = (method, path) => requests.Enqueue($"{method} {path}"),
            }
        );
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        string cursor;
        await using (var stream = await fixture.OpenAsync(gateway))
        {
            await stream.SyncedAsync();
            fixture.Put("b");
            await stream.UntilAsync(events => events[^1].ObjectName == "b", "b came");
            cursor = stream.LastId;
        }

        await gateway.DisposeAsync();
        fixture.Put("c");
        fixture.Delete("a");
        fixture.Put("b", annotation: "x");
        requests.Clear();
        gateway = await fixture.GatewayAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => fixture.OpenAsync(gateway, cursor: cursor)));
        foreach (var client in clients)
        {
            await client.StoryAsync("+c -a ~b");
        }

        fixture.Put("d");
        foreach (var client in clients)
        {
            await client.StoryAsync("+c -a ~b +d");
            await client.DisposeAsync();
        }

        // The gateway's own watch of each resource, and one of what all of them missed.
        var watches = requests
            .Where(request => request.Contains("watch=", StringComparison.Ordinal))
            .GroupBy(request => request.Split('?')[0], StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        Assert.Equal(2, watches["GET /api/v1/pods"]);
        Assert.All(watches, watch => Assert.InRange(watch.Value, 1, 2));
    }

    [Theory]
    [InlineData(CompactedReadForm.EtcdMessage)]
    [InlineData(CompactedReadForm.Expired)]
    public async Task An_object_whose_last_change_is_compacted_away_does_not_keep_a_cluster_stale(CompactedReadForm form)
    {
        await using var fixture = await GatewayFixture.StartAsync(
            new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(200), CompactedRead = form }
        );
        fixture.Put("w");
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        await AwayAsync(
            fixture,
            stream,
            () =>
            {
                fixture.Put("w", annotation: "changed");
                fixture.Put("w2");
                fixture.Simulator.Faults.ExpireHistory();
            }
        );
        await stream.StoryAsync("reset:start +w ~w +w2");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_the_newest_object_is_gone_and_compacted_older_ones_or_the_content_tell_of_the_restore(bool olderOnesTell)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("keep1");
        fixture.Put("keep2");
        var gateway = await fixture.GatewayAsync();
        var backup = fixture.Simulator.Snapshot();
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        if (olderOnesTell)
        {
            fixture.Put("keep2", annotation: "lost");
        }

        fixture.Put("lost");
        await stream.UntilAsync(events => events[^1].ObjectName == "lost", "the lost object came");
        await AwayAsync(
            fixture,
            stream,
            () =>
            {
                fixture.Simulator.Restore(backup);
                for (var i = 0; i < 8; i++)
                {
                    fixture.Put($"new{i}");
                }

                fixture.Simulator.Faults.ExpireHistory();
            }
        );

        await stream.UntilAsync(events => events.Any(e => e.ObjectName == "new7"), "the new history is told");
        var held = Held(stream.Events);
        Assert.Equal(["keep1", "keep2", .. Enumerable.Range(0, 8).Select(i => $"new{i}")], held.Order(StringComparer.Ordinal));
        Assert.Equal(olderOnesTell, stream.Story.Contains("reset:restored", StringComparison.Ordinal));
    }

    private static HashSet<string> Held(IReadOnlyList<SseEvent> events)
    {
        var held = new HashSet<string>();
        foreach (var e in events)
        {
            switch (e.Name)
            {
                case "reset":
                    held.Clear();
                    break;
                case "added" or "updated":
                    held.Add(e.ObjectName);
                    break;
                case "deleted":
                    held.Remove(e.ObjectName);
                    break;
            }
        }

        return held;
    }

    private static async Task RestoreAsync(GatewayFixture fixture, StoreBackup backup)
    {
        await fixture.Simulator.Faults.GoDarkAsync(cancellationToken: TestContext.Current.CancellationToken);
        fixture.Simulator.Restore(backup);
        await fixture.Simulator.Faults.ComeBackAsync(TestContext.Current.CancellationToken);
    }

    private static async Task AwayAsync(GatewayFixture fixture, SseClient stream, Action meanwhile)
    {
        var before = stream.Events.Count;
        await fixture.Simulator.Faults.GoDarkAsync(cancellationToken: TestContext.Current.CancellationToken);
        await stream.UntilAsync(events => events.Skip(before).Any(e => e.Name == "degraded"), "degraded");
        meanwhile();
        await fixture.Simulator.Faults.ComeBackAsync(TestContext.Current.CancellationToken);
        await stream.UntilAsync(events => events.Skip(before).Any(e => e.Name == "live"), "live");
    }

    private static async Task<ulong> RevisionAsync(GatewayFixture fixture, GatewayServer gateway, ulong least)
    {
        var revision = 0UL;
        await Eventually.TrueAsync(
            async () =>
            {
                var list = (await fixture.GetAsync(gateway, "kubernetes/sim/api/v1/namespaces/default/pods")).Body;
                revision = ulong.Parse((string)list["metadata"]!["resourceVersion"]!, System.Globalization.CultureInfo.InvariantCulture);
                return least == 0 || fixture.Simulator.Store.Revision == (long)revision;
            },
            "the gateway has come to the server's revision"
        );
        return revision;
    }

    private static async Task<JsonNode> FirstEventAsync(GatewayFixture fixture, GatewayServer gateway, ulong from)
    {
        using var body = await fixture.Http.GetStreamAsync(Watch(gateway, from), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(body);
        return JsonNode.Parse((await reader.ReadLineAsync(TestContext.Current.CancellationToken))!)!;
    }

    private static Uri Watch(GatewayServer gateway, ulong from) =>
        new(gateway.Url, $"kubernetes/sim/api/v1/namespaces/default/pods?watch=1&resourceVersion={from}");
}
