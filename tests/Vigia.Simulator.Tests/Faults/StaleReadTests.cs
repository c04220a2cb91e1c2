using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Simulator.Tests.Faults;

/// <summary>What a client sees of a server behind a load balancer whose watch cache lags.</summary>
public sealed class StaleReadTests
{
    private const string Path = "/api/v1/namespaces/default/configmaps";
    private static readonly GroupVersionResource Maps = BuiltInTypes.ConfigMaps.Gvr;

    [Fact]
    public async Task A_list_at_0_comes_from_behind_and_a_consistent_one_does_not()
    {
        await using var fixture = await Fixture.StartAsync();
        Create(fixture, "a", "b", "c");
        await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"kind":"stale","behind":2,"resource":"configmaps"}""", 201);

        var stale = await fixture.GetAsync(Path + "?resourceVersion=0");
        Assert.Equal(["a"], Names(stale));
        Assert.Equal(fixture.Simulator.Store.Revision - 2, Revision(stale));
        Assert.Equal(["a", "b", "c"], Names(await fixture.GetAsync(Path)));
        await fixture.GetAsync(Path + "/c?resourceVersion=0", 404);
        await fixture.GetAsync(Path + "/c");
        Assert.Equal(4, fixture.Simulator.Faults.Counts["stale"]);
    }

    [Theory]
    [InlineData(TooLargeForm.CauseType)]
    [InlineData(TooLargeForm.CauseMessage)]
    [InlineData(TooLargeForm.Message)]
    public async Task A_revision_the_replica_has_not_seen_is_too_large_in_the_form_chosen(TooLargeForm form)
    {
        await using var fixture = await Fixture.StartAsync();
        Create(fixture, "a", "b");
        var (seen, asked) = (fixture.Simulator.Store.Revision - 1, fixture.Simulator.Store.Revision);
        fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Stale,
                AtRevision = seen,
                TooLarge = form,
            }
        );

        Assert.Equal(["a"], Names(await fixture.GetAsync($"{Path}?resourceVersion={seen}&resourceVersionMatch=NotOlderThan")));
        var refused = await fixture.GetAsync($"{Path}?resourceVersion={asked}&resourceVersionMatch=NotOlderThan", 504);

        Assert.Equal("Timeout", (string?)refused["reason"]);
        Assert.Equal($"Timeout: Too large resource version: {asked}, current: {seen}", (string?)refused["message"]);
        var cause = refused["details"]!["causes"]?[0];
        Assert.Equal(form == TooLargeForm.CauseType ? "ResourceVersionTooLarge" : null, (string?)cause?["reason"]);
        Assert.Equal(form == TooLargeForm.Message ? null : "Too large resource version", (string?)cause?["message"]);
        Assert.Equal(1, (int)refused["details"]!["retryAfterSeconds"]!);
    }

    [Fact]
    public async Task Too_large_can_be_had_without_a_lag()
    {
        await using var fixture = await Fixture.StartAsync();
        Create(fixture, "a");
        fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.TooLarge,
                Count = 2,
                Verb = "list",
            }
        );

        await fixture.GetAsync(Path + "?resourceVersion=1", 504);
        await fixture.GetAsync(Path + "?resourceVersion=0");
        await fixture.GetAsync(Path + "?resourceVersion=1");
    }

    [Fact]
    public async Task A_watch_of_a_replica_that_is_revisions_behind_trails_and_catches_up_when_it_heals()
    {
        await using var fixture = await Fixture.StartAsync();
        var fault = fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Stale,
                Behind = 2,
                Verb = "watch",
            }
        );
        using var watch = await fixture.WatchAsync($"{Path}?watch=true&resourceVersion={fixture.Simulator.Store.Revision}");

        Create(fixture, "a", "b", "c");
        Assert.Equal("ADDED a", await watch.TextAsync());
        var next = watch.TextAsync();
        fixture.Simulator.Store.Create(
            BuiltInTypes.Namespaces.Gvr,
            new JsonObject { ["metadata"] = new JsonObject { ["name"] = "other" } },
            "test"
        );
        Assert.Equal("ADDED b", await next); // another type's write moves the replica on as well
        next = watch.TextAsync();
        await Assert.ThrowsAsync<TimeoutException>(() =>
            next.WaitAsync(TimeSpan.FromMilliseconds(200), TimeProvider.System, Fixture.Token)
        );
        fixture.Simulator.Faults.Remove(fault.Id);
        Assert.Equal("ADDED c", await next);
    }

    [Fact]
    public async Task A_watch_of_a_replica_that_is_late_gets_each_event_that_much_later()
    {
        var time = new ManualTimeProvider();
        await using var fixture = await Fixture.StartAsync(new SimulatorOptions { Time = time });
        fixture.Simulator.Faults.Add(new Fault { Kind = FaultKind.Stale, BehindTime = 5000 });
        time.Advance(TimeSpan.FromMinutes(1));
        using var watch = await fixture.WatchAsync($"{Path}?watch=true&resourceVersion={fixture.Simulator.Store.Revision}");

        Create(fixture, "a");
        time.Advance(TimeSpan.FromSeconds(3));
        Create(fixture, "b");
        Assert.Empty(Names(await fixture.GetAsync(Path + "?resourceVersion=0")));
        var next = watch.TextAsync();
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
                return next.IsCompleted;
            },
            "the first event has come"
        );
        Assert.Equal("ADDED a", await next);
        Assert.Equal(["a"], Names(await fixture.GetAsync(Path + "?resourceVersion=0")));
        next = watch.TextAsync();
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
                return next.IsCompleted;
            },
            "the second has come"
        );
        Assert.Equal("ADDED b", await next);
    }

    [Fact]
    public async Task A_lagging_watch_promises_in_its_bookmarks_no_more_than_it_has_seen()
    {
        await using var fixture = await Fixture.StartAsync(new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(20) });
        Create(fixture, "a");
        var seen = fixture.Simulator.Store.Revision;
        fixture.Simulator.Faults.Add(new Fault { Kind = FaultKind.Stale, AtRevision = seen });
        Create(fixture, "b", "c");

        using var watch = await fixture.WatchAsync(
            Path + "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=0"
        );

        Assert.Equal("ADDED a", await watch.TextAsync());
        for (var i = 0; i < 2; i++)
        {
            var bookmark = (await watch.NextAsync())!.Value;
            Assert.Equal("BOOKMARK", bookmark.Text);
            Assert.Equal(seen, Revision(bookmark.Object));
        }
    }

    [Fact]
    public async Task A_bad_server_behind_a_balancer_is_bad_for_all_requests_of_a_connection()
    {
        await using var fixture = await Fixture.StartAsync(new SimulatorOptions { Seed = 7 });
        Create(fixture, "a", "b");
        fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Stale,
                Behind = 1,
                Rate = 0.5,
                PerConnection = true,
            }
        );
        var sorts = new HashSet<int>();
        for (var connection = 0; connection < 12; connection++)
        {
            using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(fixture.Simulator.Url) };
            var counts = new HashSet<int>();
            for (var i = 0; i < 4; i++)
            {
                counts.Add(Names(JsonNode.Parse(await http.GetStringAsync(Path + "?resourceVersion=0", Fixture.Token))!.AsObject()).Length);
            }

            Assert.Single(counts);
            sorts.UnionWith(counts);
        }

        Assert.Equal([1, 2], sorts.Order());
    }

    private static void Create(Fixture fixture, params string[] names)
    {
        foreach (var name in names)
        {
            fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap(name), "test");
        }
    }

    private static string[] Names(JsonObject list) => [.. list["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!)];

    private static long Revision(JsonObject obj) =>
        long.Parse((string)obj["metadata"]!["resourceVersion"]!, System.Globalization.CultureInfo.InvariantCulture);
}
