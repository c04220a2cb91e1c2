using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>Watches that bring nothing: dead connections, and servers that have nothing to say.</summary>
public sealed class SilenceTests
{
    [Fact]
    public async Task A_watch_that_was_kept_awake_by_bookmarks_and_falls_silent_is_opened_again_from_the_last_revision()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        await rig.StartAsync();
        await BookmarkAsync(rig, 20);
        await BookmarkAsync(rig, 30);
        var last = rig.Clock.GetUtcNow();
        var seen = new List<string?>();
        rig.Server.OnRequest = _ => seen.Add(rig.Informer.Freshness.IsLive ? null : rig.Informer.Freshness.Reason);

        rig.Clock.Advance(TimeSpan.FromSeconds(179));
        Assert.Equal((1, true), (rig.Informer.Status.Watches, rig.Informer.Freshness.IsLive));
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await rig.LiveAsync(watches: 2);

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11", "LIST rv= limit=1", "WATCH rv=30"], rig.Requests);
        Assert.All(
            seen,
            reason =>
                Assert.Equal(
                    $"scripted has sent neither an event nor a bookmark of pods since {last:yyyy-MM-dd'T'HH:mm:ss'Z'}; opening the watch "
                        + $"again",
                    reason
                )
        );
        Assert.Equal((1, 1), (rig.Informer.Counters.Silences, rig.Server.OpenWatches));
        Assert.Equal(["+a"], rig.Seen);
    }

    [Fact]
    public async Task Events_keep_a_watch_awake_as_bookmarks_do()
    {
        await using var rig = new InformerRig();
        await rig.StartAsync();
        await BookmarkAsync(rig, 20);
        for (var minute = 0; minute < 4; minute++)
        {
            rig.Clock.Advance(TimeSpan.FromMinutes(1));
            rig.Server.Put($"p{minute}");
            await Eventually.TrueAsync(() => rig.Seen.Count == minute + 1, "the event was read");
        }

        Assert.Equal((1, 0), (rig.Informer.Status.Watches, rig.Informer.Counters.Silences));
    }

    [Fact]
    public async Task A_server_that_never_sent_a_bookmark_may_be_silent_until_the_watch_is_overdue()
    {
        await using var rig = new InformerRig();
        await rig.StartAsync();

        rig.Clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal((1, true, 0), (rig.Informer.Status.Watches, rig.Informer.Freshness.IsLive, rig.Informer.Counters.Silences));
    }

    [Fact]
    public async Task A_server_that_stopped_to_send_bookmarks_is_not_reconnected_to_in_a_loop()
    {
        await using var rig = new InformerRig();
        await rig.StartAsync();
        await BookmarkAsync(rig, 20);
        rig.Clock.Advance(TimeSpan.FromMinutes(3));
        await rig.LiveAsync(watches: 2);

        rig.Clock.Advance(TimeSpan.FromMinutes(4.9));
        Assert.Equal((2, 1), (rig.Informer.Status.Watches, rig.Informer.Counters.Silences));

        // It begins again: then silence counts again.
        await BookmarkAsync(rig, 30);
        Assert.Equal(2, rig.Informer.Status.Watches);
    }

    [Fact]
    public async Task A_server_that_sends_bookmarks_only_before_the_end_is_not_called_silent()
    {
        await using var rig = new InformerRig();
        await rig.StartAsync();
        rig.Clock.Advance(TimeSpan.FromMinutes(4.9));
        await BookmarkAsync(rig, 20);
        rig.Server.EndWatches();
        await rig.LiveAsync(watches: 2);

        rig.Clock.Advance(TimeSpan.FromMinutes(4.9));

        Assert.Equal((2, 0), (rig.Informer.Status.Watches, rig.Informer.Counters.Silences));
    }

    private static async Task BookmarkAsync(InformerRig rig, ulong revision)
    {
        while (rig.Server.Revision < revision)
        {
            // Other resources count as well.
            rig.Server.DropWithoutEvent("nothing");
        }

        rig.Clock.Advance(TimeSpan.FromSeconds(5));
        var now = rig.Clock.GetUtcNow();
        rig.Server.Bookmark(revision);
        await Eventually.TrueAsync(() => rig.Informer.Status.LastBookmark == now, "the bookmark was read");
    }
}
