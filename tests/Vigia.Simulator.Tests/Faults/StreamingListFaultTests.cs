using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Faults;

/// <summary>Streaming lists that do not end, or are not to be had.</summary>
public sealed class StreamingListFaultTests
{
    private const string Path =
        "/api/v1/namespaces/default/configmaps?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
        + "allowWatchBookmarks=true";
    private static readonly GroupVersionResource Maps = BuiltInTypes.ConfigMaps.Gvr;

    [Fact]
    public async Task A_streaming_list_without_its_end_goes_on_live_and_sends_ordinary_bookmarks()
    {
        await using var fixture = await Fixture.StartAsync(new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(20) });
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test");
        await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"kind":"noEndBookmark","count":1}""", 201);
        using var watch = await fixture.WatchAsync(Path);

        Assert.Equal("ADDED a", await watch.TextAsync());
        for (var i = 0; i < 3; i++)
        {
            var bookmark = (await watch.NextAsync())!.Value;
            Assert.Equal("BOOKMARK", bookmark.Text);
            Assert.Null(bookmark.Object["metadata"]!["annotations"]);
        }

        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("b"), "test");
        while (await watch.TextAsync() is var text && text != "ADDED b")
        {
            Assert.Equal("BOOKMARK", text);
        }

        // The next one ends as it should.
        using var again = await fixture.WatchAsync(Path);
        Assert.Equal("ADDED a", await again.TextAsync());
        Assert.Equal("ADDED b", await again.TextAsync());
        Assert.Equal("true", (string?)(await again.NextAsync())!.Value.Object["metadata"]!["annotations"]!["k8s.io/initial-events-end"]);
    }

    [Theory]
    [InlineData(422, "Invalid")]
    [InlineData(400, "BadRequest")]
    public async Task Streaming_lists_can_be_switched_off_while_the_server_runs(int code, string reason)
    {
        await using var fixture = await Fixture.StartAsync();
        var off = fixture.Simulator.Faults.Add(new Fault { Kind = FaultKind.NoStreamingLists, Code = code });

        Assert.Equal(reason, (string?)(await fixture.GetAsync(Path, code))["reason"]);
        using (var plain = await fixture.WatchAsync("/api/v1/namespaces/default?watch=true"))
        {
            Assert.Equal("ADDED default", await plain.TextAsync());
        }

        fixture.Simulator.Faults.Remove(off.Id);
        using var watch = await fixture.WatchAsync(Path);
        Assert.Equal("BOOKMARK", await watch.TextAsync());
        Assert.Equal(1, fixture.Simulator.Faults.Counts["noStreamingLists"]);
    }
}
