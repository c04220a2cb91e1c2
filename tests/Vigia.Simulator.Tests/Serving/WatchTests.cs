using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Simulator.Tests.Serving;

public sealed class WatchTests
{
    private const string Path = "/api/v1/namespaces/default/configmaps?watch=true";
    private static readonly GroupVersionResource Maps = BuiltInTypes.ConfigMaps.Gvr;

    [Fact]
    public async Task Replays_history_from_a_revision_and_goes_on_live()
    {
        await using var fixture = await Fixture.StartAsync();
        var store = fixture.Simulator.Store;
        var from = store.Create(Maps, Fixture.ConfigMap("a"), "test").Revision;
        store.Mutate(Maps, new("default", "a"), o => o["data"]!["v"] = "2", "test");
        store.Create(Maps, Fixture.ConfigMap("b"), "test");

        using var watch = await fixture.WatchAsync($"{Path}&resourceVersion={from}");
        Assert.Equal("MODIFIED a", await watch.TextAsync());
        Assert.Equal("ADDED b", await watch.TextAsync());
        store.Delete(Maps, new("default", "a"));
        var deleted = (await watch.NextAsync())!.Value;
        Assert.Equal("DELETED a", deleted.Text);
        Assert.Equal(
            store.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture),
            (string?)deleted.Object["metadata"]!["resourceVersion"]
        );
    }

    [Fact]
    public async Task A_selector_turns_changes_of_labels_into_added_and_deleted()
    {
        await using var fixture = await Fixture.StartAsync();
        var store = fixture.Simulator.Store;
        store.Create(Maps, Fixture.ConfigMap("a"), "test");
        using var watch = await fixture.WatchAsync($"{Path}&labelSelector=on%3Dyes&resourceVersion={store.Revision}");

        store.Mutate(Maps, new("default", "a"), o => o["metadata"]!["labels"]!["on"] = "yes", "test");
        store.Mutate(Maps, new("default", "a"), o => o["data"]!["v"] = "2", "test");
        store.Mutate(Maps, new("default", "a"), o => o["metadata"]!["labels"]!["on"] = "no", "test");

        Assert.Equal("ADDED a", await watch.TextAsync());
        Assert.Equal("MODIFIED a", await watch.TextAsync());
        Assert.Equal("DELETED a", await watch.TextAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_revision_older_than_history_is_410_expired(bool asHttp)
    {
        await using var fixture = await Fixture.StartAsync(new SimulatorOptions { ExpiredAsHttpStatus = asHttp });
        var from = fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test").Revision;
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("b"), "test");
        fixture.Simulator.Faults.ExpireHistory();

        if (asHttp)
        {
            Assert.Equal("Expired", (string?)(await fixture.GetAsync($"{Path}&resourceVersion={from}", 410))["reason"]);
            return;
        }

        using var watch = await fixture.WatchAsync($"{Path}&resourceVersion={from}");
        var error = (await watch.NextAsync())!.Value;
        Assert.Equal("ERROR", error.Text);
        Assert.Equal(410, (int)error.Object["code"]!);
        Assert.Null(await watch.NextAsync());
    }

    [Fact]
    public async Task A_streaming_list_ends_with_its_bookmark_and_becomes_the_watch()
    {
        await using var fixture = await Fixture.StartAsync();
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test");
        using var watch = await fixture.WatchAsync(
            $"{Path}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        );

        Assert.Equal("ADDED a", await watch.TextAsync());
        var bookmark = (await watch.NextAsync())!.Value;
        Assert.Equal("BOOKMARK", bookmark.Text);
        Assert.Equal("true", (string?)bookmark.Object["metadata"]!["annotations"]!["k8s.io/initial-events-end"]);
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("b"), "test");
        Assert.Equal("ADDED b", await watch.TextAsync());
    }

    [Fact]
    public async Task A_server_without_streaming_lists_refuses_them()
    {
        await using var fixture = await Fixture.StartAsync(new SimulatorOptions { StreamingLists = false });

        await fixture.GetAsync($"{Path}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true", 422);
    }

    [Fact]
    public async Task Bookmarks_come_only_to_those_who_asked_and_timeoutSeconds_ends_the_watch()
    {
        await using var fixture = await Fixture.StartAsync(new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(50) });
        using var plain = await fixture.WatchAsync($"{Path}&timeoutSeconds=1&resourceVersion={fixture.Simulator.Store.Revision}");
        using var asked = await fixture.WatchAsync(
            $"{Path}&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion={fixture.Simulator.Store.Revision}"
        );

        Assert.Equal("BOOKMARK", await asked.TextAsync());
        Assert.Null(await plain.NextAsync());
    }

    [Fact]
    public async Task A_watch_whose_client_left_is_freed_and_disposal_with_open_watches_is_quick()
    {
        await using var fixture = await Fixture.StartAsync();
        using (await fixture.WatchAsync(Path))
        {
            Assert.Equal(1, fixture.Simulator.Faults.OpenWatches);
        }

        await Eventually.TrueAsync(() => fixture.Simulator.Faults.OpenWatches == 0, "the watch is freed");
        using var first = await fixture.WatchAsync(Path);
        using var second = await fixture.WatchAsync(Path);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await fixture.Simulator.DisposeAsync();
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"took {clock.Elapsed}");
    }

    [Fact]
    public async Task A_revision_to_come_is_waited_for_by_a_watch_and_refused_by_a_streaming_list()
    {
        await using var fixture = await Fixture.StartAsync();
        var store = fixture.Simulator.Store;
        var ahead = store.Revision + 1;
        using var watch = await fixture.WatchAsync($"{Path}&resourceVersion={ahead}");
        await fixture.GetAsync(
            $"{Path}&resourceVersion={ahead}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
            504
        );

        store.Create(Maps, Fixture.ConfigMap("early"), "test");
        store.Create(Maps, Fixture.ConfigMap("late"), "test");

        Assert.Equal("ADDED late", await watch.TextAsync());
    }

    [Fact]
    public async Task One_namespace_is_watched_by_its_own_path()
    {
        await using var fixture = await Fixture.StartAsync();
        using var watch = await fixture.WatchAsync("/api/v1/namespaces/default?watch=true");

        Assert.Equal("ADDED default", await watch.TextAsync());
    }
}
