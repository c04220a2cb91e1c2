using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// Streaming lists (KEP-3157, client-go's WatchList): what is asked, what ends one, and what becomes of those that
/// never end (docs/conformance.md 33 to 48).
/// </summary>
public sealed class StreamingListTests
{
    private static ReflectorOptions Streaming => new() { StreamingList = true, ProofPatience = Timeout.InfiniteTimeSpan };

    [Fact]
    public async Task It_asks_for_initial_events_without_a_revision_and_for_an_end_in_five_to_ten_minutes()
    {
        await using var fixture = new InformerFixture(Streaming);
        await fixture.StartAsync();

        var watch = Assert.Single(fixture.Tap.Watches);
        Assert.Equal((ResourceVersion.None, true), (watch.ResourceVersion, watch.SendInitialEvents));
        Assert.InRange(watch.Timeout, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task It_sends_no_list_and_goes_on_on_the_same_stream()
    {
        await using var fixture = new InformerFixture(Streaming);
        fixture.Server.Put("a");
        await fixture.StartAsync();
        fixture.Server.Put("a", "2");
        fixture.Server.Delete("a");
        await fixture.SeenAsync("+a", "~a", "-a");

        Assert.Equal(["WATCH rv= streaming"], fixture.Requests);
        Assert.Empty(fixture.Tap.Lists);
        Assert.Equal((1, 0), (fixture.Tap.Open, fixture.Tap.Closed));
    }

    [Fact]
    public async Task When_its_stream_ends_an_ordinary_watch_goes_on_from_the_last_revision()
    {
        await using var fixture = new InformerFixture(Streaming);
        await fixture.StartAsync();
        fixture.Server.Put("a");
        await fixture.SeenAsync("+a");
        fixture.Server.EndWatches();
        await fixture.LiveAsync(watches: 2);

        Assert.Equal(["WATCH rv= streaming", "WATCH rv=11"], fixture.Requests);
    }

    [Theory]
    [InlineData(400, "BadRequest")]
    [InlineData(403, "Forbidden")]
    [InlineData(404, "NotFound")]
    [InlineData(422, "Invalid")]
    [InlineData(500, "InternalError")]
    [InlineData(503, "ServiceUnavailable")]
    public async Task A_server_that_refuses_it_is_listed_plainly_at_once(int code, string reason)
    {
        await using var fixture = new InformerFixture(Streaming);
        fixture.Server.Put("a");
        fixture.Server.FailWatches(
            Refusals.Api(
                code,
                reason,
                "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
            )
        );
        await fixture.StartAsync();

        Assert.Equal(["WATCH rv= streaming", "LIST rv=0 limit=500", "WATCH rv=11"], fixture.Requests);
        await fixture.SeenAsync("+a");
    }

    [Fact]
    public async Task An_error_event_before_its_end_leads_to_a_plain_list()
    {
        await using var fixture = new InformerFixture(Streaming);
        fixture.Server.Put("a");
        fixture.Server.SendsStreamingListEnd = false;
        fixture.Informer.Start();
        await Eventually.TrueAsync(() => fixture.Server.OpenWatches == 1, "the stream is open");
        fixture.Server.Send(Refusals.Event(500, "InternalError", "etcd is not well"));
        await fixture.LiveAsync(watches: 1);

        Assert.Equal(["WATCH rv= streaming", "LIST rv=0 limit=500", "WATCH rv=11"], fixture.Requests);
    }

    [Fact]
    public async Task Garbled_bytes_before_its_end_are_counted_and_lead_to_a_plain_list()
    {
        await using var fixture = new InformerFixture(Streaming);
        fixture.Server.Put("a");
        fixture.Server.SendsStreamingListEnd = false;
        fixture.Informer.Start();
        await Eventually.TrueAsync(() => fixture.Server.OpenWatches == 1, "the stream is open");
        fixture.Server.Send("<html>bad gateway</html>");
        await fixture.LiveAsync(watches: 1);

        Assert.Equal(["WATCH rv= streaming", "LIST rv=0 limit=500", "WATCH rv=11"], fixture.Requests);
        Assert.Equal(1, fixture.Informer.Counters.Undecodable);
    }

    [Fact]
    public async Task Too_many_requests_three_times_then_success_lists_nothing()
    {
        await using var fixture = new InformerFixture(Streaming);
        fixture.Server.FailWatches(Refusals.TooManyRequests(), Refusals.TooManyRequests(), Refusals.TooManyRequests());
        fixture.Informer.Start();
        await fixture.LiveWithTimeAsync(watches: 1);

        Assert.Equal(Enumerable.Repeat("WATCH rv= streaming", 4), fixture.Requests);
        Assert.Equal(3, fixture.Informer.Status.Retries);
    }

    [Fact]
    public async Task A_refused_connection_is_tried_again()
    {
        await using var fixture = new InformerFixture(Streaming);
        fixture.Server.FailWatches(Refusals.Refused(), Refusals.Refused());
        fixture.Informer.Start();
        await fixture.LiveWithTimeAsync(watches: 1);

        Assert.Equal(Enumerable.Repeat("WATCH rv= streaming", 3), fixture.Requests);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_every_time_is_given_up_for_a_plain_list()
    {
        await using var fixture = new InformerFixture(Streaming);
        fixture.Server.FailWatches([.. Enumerable.Range(0, 20).Select(_ => new IOException("cut by a proxy"))]);
        fixture.Informer.Start();
        await fixture.WithTimeAsync(() => fixture.Informer.HasSynced, "the plain list came");

        Assert.Equal([.. Enumerable.Repeat("WATCH rv= streaming", 5), "LIST rv=0 limit=500"], fixture.Requests.Take(6));
    }

    [Fact]
    public async Task An_expired_revision_leads_to_a_consistent_list()
    {
        await using var fixture = new InformerFixture(Streaming);
        fixture.Server.FailWatches(ApiErrors.Expired());
        await fixture.StartAsync();

        Assert.Equal(["WATCH rv= streaming", "LIST rv= limit=500", "WATCH rv=10"], fixture.Requests);
    }

    [Fact]
    public async Task What_is_changed_and_deleted_before_its_end_is_right_at_its_end()
    {
        await using var fixture = new InformerFixture(Streaming);
        foreach (var name in new[] { "changed", "deleted", "recreated", "same" })
        {
            fixture.Server.Put(name);
        }

        fixture.Server.SendsStreamingListEnd = false;
        fixture.Informer.Start();
        await Eventually.TrueAsync(() => fixture.Server.OpenWatches == 1, "the stream is open");
        fixture.Server.Put("changed", "2");
        fixture.Server.Delete("deleted");
        fixture.Server.Delete("recreated");
        fixture.Server.Put("recreated", "2");
        fixture.Server.Put("new");
        Assert.False(fixture.Informer.HasSynced);
        fixture.Server.EndStreamingList();
        await fixture.LiveAsync(watches: 1);

        Assert.Equal(
            ["changed 2", "new ", "recreated 2", "same "],
            fixture.Informer.Store.List().Select(o => $"{o.Name} {o.Labels[0].Value}").Order(StringComparer.Ordinal)
        );
        Assert.Equal(fixture.Server.Revision, fixture.Informer.Log.Revision.Number);
        Assert.Equal(["WATCH rv= streaming"], fixture.Requests);
    }

    [Fact]
    public async Task A_stream_that_closes_before_its_end_begins_again_and_leaves_nothing_over()
    {
        await using var fixture = new InformerFixture(Streaming);
        for (var i = 0; i < 100; i++)
        {
            fixture.Server.Put($"p{i:000}");
        }

        fixture.Server.SendsStreamingListEnd = false;
        fixture.Informer.Start();
        await Eventually.TrueAsync(() => fixture.Server.OpenWatches == 1 && fixture.Informer.Store.Count > 0, "some came");
        fixture.Server.EndWatches();
        await fixture.WaitingAsync(1);
        Assert.False(fixture.Informer.HasSynced);
        fixture.Server.Delete("p000");
        fixture.Server.Delete("p099");
        fixture.Server.SendsStreamingListEnd = true;
        await fixture.GoOnAsync();
        await fixture.LiveAsync(watches: 1);

        Assert.Equal(98, fixture.Informer.Store.Count);
        Assert.Equal(["WATCH rv= streaming", "WATCH rv= streaming"], fixture.Requests);
    }

    [Theory]
    [InlineData("""{"metadata":{"resourceVersion":"10","annotations":{"k8s.io/initial-events-end":"false"}}}""")]
    [InlineData("""{"metadata":{"resourceVersion":"10","annotations":{"k8s.io/something-else":"true"}}}""")]
    [InlineData("""{"metadata":{"resourceVersion":"10"}}""")]
    public async Task Only_the_bookmark_that_says_true_is_its_end(string bookmark)
    {
        await using var fixture = new InformerFixture(Streaming);
        fixture.Server.SendsStreamingListEnd = false;
        fixture.Informer.Start();
        await Eventually.TrueAsync(() => fixture.Server.OpenWatches == 1, "the stream is open");
        fixture.Server.Send($$"""{"type":"BOOKMARK","object":{{bookmark}}}""");
        fixture.Server.Put("a");
        for (var i = 0; i < 64; i++)
        {
            fixture.Server.Put($"p{i}");
        }

        await Eventually.TrueAsync(() => fixture.Informer.Store.Count > 0, "what came after the bookmark was read");
        Assert.False(fixture.Informer.HasSynced);
        fixture.Server.EndStreamingList();
        await fixture.LiveAsync(watches: 1);

        Assert.Equal(65, fixture.Informer.Store.Count);
    }

    [Fact]
    public async Task Without_the_option_the_list_is_plain()
    {
        await using var fixture = new InformerFixture(new ReflectorOptions { StreamingList = false });
        await fixture.StartAsync();

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=10"], fixture.Requests);
    }

    [Fact]
    public async Task A_stream_that_goes_on_sending_is_waited_for_and_one_that_falls_silent_is_not()
    {
        await using var fixture = new InformerFixture(Streaming);
        fixture.Server.SendsStreamingListEnd = false;
        fixture.Informer.Start();
        await Eventually.TrueAsync(() => fixture.Server.OpenWatches == 1, "the stream is open");
        for (var i = 0; i < 10; i++)
        {
            // Four seconds between two events are within the five that a stream may be silent.
            var due = fixture.Clock.NextDue;
            fixture.Clock.Advance(TimeSpan.FromSeconds(4));
            fixture.Server.Put($"p{i}");
            await Eventually.TrueAsync(() => fixture.Clock.NextDue > due, "the event was read");
        }

        Assert.Equal(["WATCH rv= streaming"], fixture.Requests);
        fixture.Clock.Advance(TimeSpan.FromSeconds(5));
        await fixture.LiveAsync(watches: 1);
        Assert.StartsWith("LIST rv=", fixture.Requests[1], StringComparison.Ordinal);
        Assert.Equal("WATCH rv=20", fixture.Requests[2]);
        Assert.Equal(10, fixture.Informer.Store.Count);
    }

    [Fact]
    public async Task The_plain_list_after_a_stream_that_was_given_up_is_not_older_than_what_it_had_brought()
    {
        await using var fixture = new InformerFixture(Streaming);
        for (var i = 0; i < 70; i++)
        {
            fixture.Server.Put($"p{i}");
        }

        fixture.Server.SendsStreamingListEnd = false;
        fixture.Informer.Start();
        await Eventually.TrueAsync(() => fixture.Informer.Store.Count == 64, "some came");
        await fixture.GoOnAsync();
        await fixture.LiveAsync(watches: 1);

        Assert.InRange(
            int.Parse(Assert.Single(fixture.Tap.Lists).ResourceVersion.ToString(), System.Globalization.CultureInfo.InvariantCulture),
            70,
            80
        );
    }

    [Fact]
    public async Task No_patience_is_counted_once_it_has_ended()
    {
        await using var fixture = new InformerFixture(Streaming);
        await fixture.StartAsync();
        fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        fixture.Server.Put("a");
        await fixture.SeenAsync("+a");

        Assert.Equal((1, 0), (fixture.Tap.Open, fixture.Tap.Closed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_watch_that_goes_on_is_taken_for_dead_by_the_timeout_it_was_opened_with(int seed)
    {
        await using var fixture = new InformerFixture(Streaming, seed: seed);
        await fixture.StartAsync();
        var timeout = Assert.Single(fixture.Tap.Watches).Timeout;

        Assert.Equal(
            (timeout + TimeSpan.FromSeconds(30)).TotalSeconds,
            (await fixture.Clock.AdvanceToNextTimerAsync(TimeSpan.FromMinutes(20))).TotalSeconds,
            0.01
        );
        await fixture.LiveAsync(watches: 2);
    }

    [Fact]
    public async Task A_resumed_watch_does_not_ask_for_initial_events_again()
    {
        await using var fixture = new InformerFixture(Streaming);
        await fixture.StartAsync();
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        fixture.Server.EndWatches(new IOException("connection reset"));
        await fixture.LiveWithTimeAsync(watches: 2);

        Assert.Equal([true, false], fixture.Tap.Watches.Select(watch => watch.SendInitialEvents));
        Assert.Equal(InformerState.Synced, fixture.Informer.Status.State);
    }
}
