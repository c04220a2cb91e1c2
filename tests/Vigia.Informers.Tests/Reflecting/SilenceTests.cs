using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>Watches that bring nothing: dead connections, and servers that have nothing to say.</summary>
public sealed class SilenceTests
{
    [Fact]
    public async Task A_watch_that_was_kept_awake_by_bookmarks_and_falls_silent_is_opened_again_from_the_last_revision()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        await BookmarkAsync(fixture, 20);
        await BookmarkAsync(fixture, 30);
        var last = fixture.Clock.GetUtcNow();
        var seen = new List<string?>();
        fixture.Server.OnRequest = _ => seen.Add(fixture.Informer.Freshness.IsLive ? null : fixture.Informer.Freshness.Reason);

        fixture.Clock.Advance(TimeSpan.FromSeconds(179));
        Assert.Equal((1, true), (fixture.Informer.Status.Watches, fixture.Informer.Freshness.IsLive));
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await fixture.LiveAsync(watches: 2);

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11", "LIST rv= limit=1", "WATCH rv=30"], fixture.Requests);
        Assert.All(
            seen,
            reason =>
                Assert.Equal(
                    $"scripted has sent neither an event nor a bookmark of pods since {last:yyyy-MM-dd'T'HH:mm:ss'Z'}; opening the watch "
                        + $"again",
                    reason
                )
        );
        Assert.Equal((1, 1), (fixture.Informer.Counters.Silences, fixture.Server.OpenWatches));
        Assert.Equal(["+a"], fixture.Seen);
    }

    [Fact]
    public async Task Events_keep_a_watch_awake_as_bookmarks_do()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        await BookmarkAsync(fixture, 20);
        for (var minute = 0; minute < 4; minute++)
        {
            fixture.Clock.Advance(TimeSpan.FromMinutes(1));
            fixture.Server.Put($"p{minute}");
            await Eventually.TrueAsync(() => fixture.Seen.Count == minute + 1, "the event was read");
        }

        Assert.Equal((1, 0), (fixture.Informer.Status.Watches, fixture.Informer.Counters.Silences));
    }

    [Fact]
    public async Task A_server_that_never_sent_a_bookmark_may_be_silent_until_the_watch_is_overdue()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();

        fixture.Clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(
            (1, true, 0),
            (fixture.Informer.Status.Watches, fixture.Informer.Freshness.IsLive, fixture.Informer.Counters.Silences)
        );
    }

    [Fact]
    public async Task A_server_that_stopped_to_send_bookmarks_is_not_reconnected_to_in_a_loop()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        await BookmarkAsync(fixture, 20);
        fixture.Clock.Advance(TimeSpan.FromMinutes(3));
        await fixture.LiveAsync(watches: 2);

        fixture.Clock.Advance(TimeSpan.FromMinutes(4.9));
        Assert.Equal((2, 1), (fixture.Informer.Status.Watches, fixture.Informer.Counters.Silences));

        // It begins again: then silence counts again.
        await BookmarkAsync(fixture, 30);
        Assert.Equal(2, fixture.Informer.Status.Watches);
    }

    [Fact]
    public async Task A_server_that_sends_bookmarks_only_before_the_end_is_not_called_silent()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        fixture.Clock.Advance(TimeSpan.FromMinutes(4.9));
        await BookmarkAsync(fixture, 20);
        fixture.Server.EndWatches();
        await fixture.LiveAsync(watches: 2);

        fixture.Clock.Advance(TimeSpan.FromMinutes(4.9));

        Assert.Equal((2, 0), (fixture.Informer.Status.Watches, fixture.Informer.Counters.Silences));
    }

    private static async Task BookmarkAsync(InformerFixture fixture, ulong revision)
    {
        while (fixture.Server.Revision < revision)
        {
            // Other resources count as well.
            fixture.Server.DropWithoutEvent("nothing");
        }

        fixture.Clock.Advance(TimeSpan.FromSeconds(5));
        var now = fixture.Clock.GetUtcNow();
        fixture.Server.Bookmark(revision);
        await Eventually.TrueAsync(() => fixture.Informer.Status.LastBookmark == now, "the bookmark was read");
    }
}
