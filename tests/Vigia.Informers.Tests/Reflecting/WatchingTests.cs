using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>How watches are opened, read, ended and resumed (docs/conformance.md 11 to 28, 139).</summary>
public sealed class WatchingTests
{
    [Fact]
    public async Task The_server_is_asked_to_end_a_watch_after_five_to_ten_minutes_at_random()
    {
        var asked = new List<TimeSpan>();
        for (var seed = 1; seed <= 20; seed++)
        {
            await using var fixture = new InformerFixture(seed: seed);
            await fixture.StartAsync();
            asked.Add(Assert.Single(fixture.Tap.Watches).Timeout);
        }

        Assert.All(asked, timeout => Assert.InRange(timeout, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)));
        Assert.True(asked.Max() - asked.Min() > TimeSpan.FromMinutes(2), $"spread over {asked.Min()} to {asked.Max()}");
    }

    [Theory]
    [InlineData(60, 60)]
    [InlineData(1200, 1200)]
    public async Task A_shortest_watch_of_ones_own_is_honoured_shorter_or_longer_than_five_minutes(int seconds, int shortest)
    {
        await using var fixture = new InformerFixture(
            new ReflectorOptions { MinWatchTimeout = TimeSpan.FromSeconds(seconds), ProofPatience = Timeout.InfiniteTimeSpan }
        );
        await fixture.StartAsync();

        Assert.InRange(Assert.Single(fixture.Tap.Watches).Timeout, TimeSpan.FromSeconds(shortest), TimeSpan.FromSeconds(2 * shortest));
    }

    [Fact]
    public async Task The_revision_follows_added_modified_deleted_and_bookmark_in_their_order()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        var revisions = new List<string>();
        foreach (
            var step in new Action[]
            {
                () => fixture.Server.Put("a"),
                () => fixture.Server.Put("a", "2"),
                () => fixture.Server.Delete("a"),
                () => fixture.Server.Bookmark(50),
            }
        )
        {
            var before = fixture.Informer.Log.Revision;
            step();
            await Eventually.TrueAsync(() => fixture.Informer.Log.Revision != before, $"the revision moved on from {before}");
            revisions.Add(fixture.Informer.Log.Revision.ToString());
        }

        Assert.Equal(["11", "12", "13", "50"], revisions);
    }

    [Fact]
    public async Task A_bookmark_is_no_object()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        fixture.Server.Send(
            """{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"name":"a","namespace":"default","uid":"u","resourceVersion":"40"}}}"""
        );
        await Eventually.TrueAsync(() => fixture.Informer.Log.Revision.Number == 40, "the bookmark was read");

        Assert.Empty(fixture.Names);
        Assert.Empty(fixture.Seen);
        Assert.NotNull(fixture.Informer.Status.LastBookmark);
        Assert.Null(fixture.Informer.Status.LastEvent);
    }

    [Fact]
    public async Task Stopping_while_a_watch_is_being_opened_ends_the_request()
    {
        await using var fixture = new InformerFixture();
        fixture.Tap.BeforeWatch = (_, cancellationToken) => Hanging.UntilCancelledAsync(cancellationToken);
        fixture.Informer.Start();
        await Eventually.TrueAsync(() => !fixture.Tap.Watches.IsEmpty, "the watch is being opened");
        await fixture.Informer.DisposeAsync();

        Assert.Equal((0, 0), (fixture.Tap.Open, fixture.Tap.Closed));
        Assert.Equal(InformerState.Stopped, fixture.Informer.Status.State);
    }

    [Fact]
    public async Task Stopping_an_open_watch_closes_it_once()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        await fixture.Informer.DisposeAsync();

        Assert.Equal((0, 1, 0), (fixture.Tap.Open, fixture.Tap.Closed, fixture.Tap.ClosedTwice));
    }

    [Fact]
    public async Task Stopping_before_anything_was_started_sends_nothing()
    {
        await using var fixture = new InformerFixture();
        await fixture.Informer.DisposeAsync();

        Assert.Empty(fixture.Requests);
        await Assert.ThrowsAsync<TaskCanceledException>(() => fixture.Informer.WhenSynced);
    }

    [Fact]
    public async Task Each_watch_that_ends_is_closed_before_the_next_begins()
    {
        await using var fixture = new InformerFixture();
        var most = 0;
        fixture.Tap.BeforeWatch = (_, _) =>
        {
            most = Math.Max(most, fixture.Tap.Open);
            return Task.CompletedTask;
        };
        await fixture.StartAsync();
        for (var watch = 2; watch <= 5; watch++)
        {
            fixture.Server.Put($"p{watch}");
            await Eventually.TrueAsync(() => fixture.Informer.Store.Count == watch - 1, "the event came");
            fixture.Server.EndWatches();
            await fixture.LiveAsync(watch);
        }

        Assert.Equal(0, most);
        Assert.Equal(4, fixture.Tap.Closed);
        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=10", "WATCH rv=11", "WATCH rv=12", "WATCH rv=13", "WATCH rv=14"], fixture.Requests);
    }

    [Fact]
    public async Task What_came_before_the_end_of_a_stream_is_not_lost()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        for (var i = 0; i < 200; i++)
        {
            fixture.Server.Put($"p{i}");
        }

        fixture.Server.EndWatches();
        await fixture.LiveAsync(watches: 2);

        Assert.Equal(200, fixture.Informer.Store.Count);
        Assert.Equal("WATCH rv=210", fixture.Requests[^1]);
    }

    [Fact]
    public async Task An_event_of_an_unknown_type_is_counted_and_healed_by_a_relist_of_the_difference()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        await fixture.SeenAsync("+a");
        fixture.Server.Send(
            """{"type":"REPLACED","object":{"metadata":{"name":"a","namespace":"default","uid":"uid-1","resourceVersion":"99"}}}"""
        );
        fixture.Server.Put("b");
        await fixture.LiveWithTimeAsync(watches: 2);

        await fixture.SeenAsync("+a", "+b");
        Assert.Equal(1, fixture.Informer.Counters.Undecodable);
        Assert.Equal("LIST rv=11 limit=0", fixture.Requests[2]);
    }

    [Fact]
    public async Task A_table_within_a_watch_is_no_object_and_does_not_move_the_revision()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        fixture.Server.Send(
            """{"type":"MODIFIED","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"77"},"rows":[]}}"""
        );
        await fixture.LiveWithTimeAsync(watches: 2);

        Assert.Equal(["a"], fixture.Names);
        Assert.Equal("LIST rv=11 limit=0", fixture.Requests[2]);
        Assert.Equal(1, fixture.Informer.Counters.Undecodable);
    }

    [Fact]
    public async Task A_refused_connection_waits_and_asks_for_one_item_instead_of_a_list()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        fixture.Server.FailWatches(Refusals.Refused(), Refusals.Refused());
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        fixture.Server.EndWatches();
        await fixture.LiveWithTimeAsync(watches: 2);

        // The one item tells whether the server that came back is the one that went (its revision), which client-go
        // does not ask.
        Assert.Equal(
            ["LIST rv=0 limit=500", "WATCH rv=11", "WATCH rv=11", "LIST rv= limit=1", "WATCH rv=11", "LIST rv= limit=1", "WATCH rv=11"],
            fixture.Requests
        );
        Assert.Equal(1, fixture.Informer.Status.Lists);
    }

    [Fact]
    public async Task Too_many_requests_waits_and_watches_again_from_the_same_revision_without_a_list()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.FailWatches([.. Enumerable.Range(0, 4).Select(_ => Refusals.TooManyRequests())]);
        fixture.Informer.Start();
        await fixture.LiveWithTimeAsync(watches: 1);

        Assert.Equal(["LIST rv=0 limit=500", .. Enumerable.Repeat("WATCH rv=10", 5)], fixture.Requests);
    }

    [Fact]
    public async Task The_server_s_retry_after_is_kept_to_the_second()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.FailWatches(Refusals.TooManyRequests(TimeSpan.FromSeconds(23)));
        fixture.Informer.Start();

        Assert.Equal(TimeSpan.FromSeconds(23), await fixture.WaitingAsync(1));
        await fixture.GoOnAsync();
        await fixture.LiveAsync(watches: 1);
    }

    [Fact]
    public async Task An_internal_error_waits_and_resumes_however_long_it_lasts()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.FailWatches([.. Enumerable.Range(0, 20).Select(_ => Refusals.Internal())]);
        fixture.Informer.Start();
        for (var failure = 1; failure <= 20; failure++)
        {
            await fixture.WaitingAsync(failure);
            await fixture.GoOnAsync();
        }

        await fixture.LiveAsync(watches: 1);
        Assert.Equal(1, fixture.Requests.Count(request => request.EndsWith("limit=500", StringComparison.Ordinal)));
        Assert.Equal(21, fixture.Tap.Watches.Count);
    }

    [Fact]
    public async Task A_watch_that_is_always_refused_says_failing_and_never_live()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.FailWatches([.. Enumerable.Range(0, 30).Select(_ => Refusals.Internal())]);
        fixture.Informer.Start();
        await fixture.WaitingAsync(1);
        var since = fixture.Informer.Freshness.Since;
        var flaps = 0;
        fixture.Server.OnRequest = _ => flaps += fixture.Informer.Freshness.IsLive ? 1 : 0;
        for (var failure = 2; failure <= 8; failure++)
        {
            await fixture.GoOnAsync();
            await fixture.WaitingAsync(failure);
        }

        Assert.Equal(InformerState.Failing, fixture.Informer.Status.State);
        Assert.Equal(8, fixture.Informer.Status.Failures);
        Assert.Equal((0, since), (flaps, fixture.Informer.Freshness.Since));
    }

    [Fact]
    public async Task A_server_that_calls_every_revision_expired_is_not_asked_in_a_tight_loop()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        fixture.Server.FailWatches([.. Enumerable.Range(0, 50).Select(_ => ApiErrors.Expired())]);
        fixture.Informer.Start();
        await fixture.WaitingAsync(1);
        Assert.InRange(fixture.Requests.Count, 2, 5);
        for (var wait = 2; wait <= 5; wait++)
        {
            await fixture.GoOnAsync();
            await fixture.WaitingAsync(wait);
        }

        Assert.InRange(fixture.Requests.Count, 10, 15);
        Assert.Equal(["+a"], fixture.Seen);
    }

    [Fact]
    public async Task An_error_event_ends_the_watch_with_the_words_of_its_status()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        fixture.Server.Send(Refusals.Event(429, "TooManyRequests", "storage is being initialised"));
        await fixture.WaitingAsync(1);

        Assert.Equal("scripted: storage is being initialised", fixture.Informer.Freshness.Reason);
        Assert.False(fixture.Informer.Freshness.IsLive);
        Assert.Equal(0, fixture.Tap.Open);
        await fixture.GoOnAsync();
        await fixture.LiveAsync(watches: 2);
        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=10", "WATCH rv=10"], fixture.Requests);
    }

    [Fact]
    public async Task An_object_deleted_because_its_storage_is_corrupt_is_found_by_the_relist_that_the_error_event_leads_to()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        fixture.Server.Put("corrupt");
        await fixture.StartAsync();
        await fixture.SeenAsync("+a", "+corrupt");
        fixture.Server.DropWithoutEvent("corrupt");
        fixture.Server.Send(
            Refusals.Event(500, "StoreReadError", "data from the storage is not transformable: corrupt object has been deleted")
        );
        await fixture.LiveWithTimeAsync(watches: 2);

        await fixture.SeenAsync("+a", "+corrupt", "-corrupt?");
        Assert.Equal(["a"], fixture.Names);
        Assert.Equal("LIST rv=12 limit=0", fixture.Requests[2]);
    }

    [Fact]
    public async Task A_watch_that_ends_at_once_without_an_event_waits_and_lists_nothing()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        fixture.Server.EndWatches();
        Assert.InRange(await fixture.WaitingAsync(1), TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.6));
        await fixture.GoOnAsync();
        await fixture.LiveAsync(watches: 2);

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=10", "WATCH rv=10"], fixture.Requests);
    }

    [Fact]
    public async Task An_unchanged_cache_is_never_delivered_again_however_long_it_stands()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        await fixture.SeenAsync("+a");
        for (var watch = 2; watch <= 8; watch++)
        {
            fixture.Clock.Advance(TimeSpan.FromMinutes(5));
            fixture.Server.EndWatches();
            await fixture.LiveAsync(watch);
        }

        Assert.Equal(["+a"], fixture.Seen);
    }

    [Theory]
    [InlineData(401, "Unauthorized")]
    [InlineData(403, "Forbidden")]
    public async Task A_right_taken_away_says_denied_keeps_what_is_held_and_heals_when_it_is_granted(int code, string reason)
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        fixture.Server.FailWatches(Refusals.Api(code, reason, "no"), Refusals.Api(code, reason, "no"));
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        fixture.Server.EndWatches();
        await fixture.WaitingAsync(1);
        Assert.Equal(InformerState.Denied, fixture.Informer.Status.State);
        Assert.Equal(["a"], fixture.Names);
        fixture.Server.Put("b");
        await fixture.LiveWithTimeAsync(watches: 2);

        await fixture.SeenAsync("+a", "+b");
        Assert.Equal(1, fixture.Informer.Status.Lists);
    }
}
