using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// Streaming lists (KEP-3157, client-go's WatchList): what is asked, what ends one, and what becomes of those that never end
/// (docs/conformance.md 33 to 48).
/// </summary>
public sealed class StreamingListTests
{
    private static ReflectorOptions Streaming => new() { StreamingList = true, ProofPatience = Timeout.InfiniteTimeSpan };

    [Fact]
    public async Task It_asks_for_initial_events_without_a_revision_and_for_an_end_in_five_to_ten_minutes()
    {
        await using var rig = new InformerRig(Streaming);
        await rig.StartAsync();

        var watch = Assert.Single(rig.Tap.Watches);
        Assert.Equal((ResourceVersion.None, true), (watch.ResourceVersion, watch.SendInitialEvents));
        Assert.InRange(watch.Timeout, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task It_sends_no_list_and_goes_on_on_the_same_stream()
    {
        await using var rig = new InformerRig(Streaming);
        rig.Server.Put("a");
        await rig.StartAsync();
        rig.Server.Put("a", "2");
        rig.Server.Delete("a");
        await rig.SeenAsync("+a", "~a", "-a");

        Assert.Equal(["WATCH rv= streaming"], rig.Requests);
        Assert.Empty(rig.Tap.Lists);
        Assert.Equal((1, 0), (rig.Tap.Open, rig.Tap.Closed));
    }

    [Fact]
    public async Task When_its_stream_ends_an_ordinary_watch_goes_on_from_the_last_revision()
    {
        await using var rig = new InformerRig(Streaming);
        await rig.StartAsync();
        rig.Server.Put("a");
        await rig.SeenAsync("+a");
        rig.Server.EndWatches();
        await rig.LiveAsync(watches: 2);

        Assert.Equal(["WATCH rv= streaming", "WATCH rv=11"], rig.Requests);
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
        await using var rig = new InformerRig(Streaming);
        rig.Server.Put("a");
        rig.Server.FailWatches(
            Refusals.Api(
                code,
                reason,
                "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
            )
        );
        await rig.StartAsync();

        Assert.Equal(["WATCH rv= streaming", "LIST rv=0 limit=500", "WATCH rv=11"], rig.Requests);
        await rig.SeenAsync("+a");
    }

    [Fact]
    public async Task An_error_event_before_its_end_leads_to_a_plain_list()
    {
        await using var rig = new InformerRig(Streaming);
        rig.Server.Put("a");
        rig.Server.SendsStreamingListEnd = false;
        rig.Informer.Start();
        await Eventually.TrueAsync(() => rig.Server.OpenWatches == 1, "the stream is open");
        rig.Server.Send(Refusals.Event(500, "InternalError", "etcd is not well"));
        await rig.LiveAsync(watches: 1);

        Assert.Equal(["WATCH rv= streaming", "LIST rv=0 limit=500", "WATCH rv=11"], rig.Requests);
    }

    [Fact]
    public async Task Garbled_bytes_before_its_end_are_counted_and_lead_to_a_plain_list()
    {
        await using var rig = new InformerRig(Streaming);
        rig.Server.Put("a");
        rig.Server.SendsStreamingListEnd = false;
        rig.Informer.Start();
        await Eventually.TrueAsync(() => rig.Server.OpenWatches == 1, "the stream is open");
        rig.Server.Send("<html>bad gateway</html>");
        await rig.LiveAsync(watches: 1);

        Assert.Equal(["WATCH rv= streaming", "LIST rv=0 limit=500", "WATCH rv=11"], rig.Requests);
        Assert.Equal(1, rig.Informer.Counters.Undecodable);
    }

    [Fact]
    public async Task Too_many_requests_three_times_then_success_lists_nothing()
    {
        await using var rig = new InformerRig(Streaming);
        rig.Server.FailWatches(Refusals.TooManyRequests(), Refusals.TooManyRequests(), Refusals.TooManyRequests());
        rig.Informer.Start();
        await rig.LiveWithTimeAsync(watches: 1);

        Assert.Equal(Enumerable.Repeat("WATCH rv= streaming", 4), rig.Requests);
        Assert.Equal(3, rig.Informer.Status.Retries);
    }

    [Fact]
    public async Task A_refused_connection_is_tried_again()
    {
        await using var rig = new InformerRig(Streaming);
        rig.Server.FailWatches(Refusals.Refused(), Refusals.Refused());
        rig.Informer.Start();
        await rig.LiveWithTimeAsync(watches: 1);

        Assert.Equal(Enumerable.Repeat("WATCH rv= streaming", 3), rig.Requests);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_every_time_is_given_up_for_a_plain_list()
    {
        await using var rig = new InformerRig(Streaming);
        rig.Server.FailWatches([.. Enumerable.Range(0, 20).Select(_ => new IOException("cut by a proxy"))]);
        rig.Informer.Start();
        await rig.WithTimeAsync(() => rig.Informer.HasSynced, "the plain list came");

        Assert.Equal([.. Enumerable.Repeat("WATCH rv= streaming", 5), "LIST rv=0 limit=500"], rig.Requests.Take(6));
    }

    [Fact]
    public async Task An_expired_revision_leads_to_a_consistent_list()
    {
        await using var rig = new InformerRig(Streaming);
        rig.Server.FailWatches(ApiErrors.Expired());
        await rig.StartAsync();

        Assert.Equal(["WATCH rv= streaming", "LIST rv= limit=500", "WATCH rv=10"], rig.Requests);
    }

    [Fact]
    public async Task What_is_changed_and_deleted_before_its_end_is_right_at_its_end()
    {
        await using var rig = new InformerRig(Streaming);
        foreach (var name in new[] { "changed", "deleted", "recreated", "same" })
        {
            rig.Server.Put(name);
        }

        rig.Server.SendsStreamingListEnd = false;
        rig.Informer.Start();
        await Eventually.TrueAsync(() => rig.Server.OpenWatches == 1, "the stream is open");
        rig.Server.Put("changed", "2");
        rig.Server.Delete("deleted");
        rig.Server.Delete("recreated");
        rig.Server.Put("recreated", "2");
        rig.Server.Put("new");
        Assert.False(rig.Informer.HasSynced);
        rig.Server.EndStreamingList();
        await rig.LiveAsync(watches: 1);

        Assert.Equal(
            ["changed 2", "new ", "recreated 2", "same "],
            rig.Informer.Store.List().Select(o => $"{o.Name} {o.Labels[0].Value}").Order(StringComparer.Ordinal)
        );
        Assert.Equal(rig.Server.Revision, rig.Informer.Log.Revision.Number);
        Assert.Equal(["WATCH rv= streaming"], rig.Requests);
    }

    [Fact]
    public async Task A_stream_that_closes_before_its_end_begins_again_and_leaves_nothing_over()
    {
        await using var rig = new InformerRig(Streaming);
        for (var i = 0; i < 100; i++)
        {
            rig.Server.Put($"p{i:000}");
        }

        rig.Server.SendsStreamingListEnd = false;
        rig.Informer.Start();
        await Eventually.TrueAsync(() => rig.Server.OpenWatches == 1 && rig.Informer.Store.Count > 0, "some came");
        rig.Server.EndWatches();
        await rig.WaitingAsync(1);
        Assert.False(rig.Informer.HasSynced);
        rig.Server.Delete("p000");
        rig.Server.Delete("p099");
        rig.Server.SendsStreamingListEnd = true;
        await rig.GoOnAsync();
        await rig.LiveAsync(watches: 1);

        Assert.Equal(98, rig.Informer.Store.Count);
        Assert.Equal(["WATCH rv= streaming", "WATCH rv= streaming"], rig.Requests);
    }

    [Theory]
    [InlineData("""{"metadata":{"resourceVersion":"10","annotations":{"k8s.io/initial-events-end":"false"}}}""")]
    [InlineData("""{"metadata":{"resourceVersion":"10","annotations":{"k8s.io/something-else":"true"}}}""")]
    [InlineData("""{"metadata":{"resourceVersion":"10"}}""")]
    public async Task Only_the_bookmark_that_says_true_is_its_end(string bookmark)
    {
        await using var rig = new InformerRig(Streaming);
        rig.Server.SendsStreamingListEnd = false;
        rig.Informer.Start();
        await Eventually.TrueAsync(() => rig.Server.OpenWatches == 1, "the stream is open");
        rig.Server.Send($$"""{"type":"BOOKMARK","object":{{bookmark}}}""");
        rig.Server.Put("a");
        for (var i = 0; i < 64; i++)
        {
            rig.Server.Put($"p{i}");
        }

        await Eventually.TrueAsync(() => rig.Informer.Store.Count > 0, "what came after the bookmark was read");
        Assert.False(rig.Informer.HasSynced);
        rig.Server.EndStreamingList();
        await rig.LiveAsync(watches: 1);

        Assert.Equal(65, rig.Informer.Store.Count);
    }

    [Fact]
    public async Task Without_the_option_the_list_is_plain()
    {
        await using var rig = new InformerRig(new ReflectorOptions { StreamingList = false });
        await rig.StartAsync();

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=10"], rig.Requests);
    }

    [Fact]
    public async Task A_stream_that_goes_on_sending_is_waited_for_and_one_that_falls_silent_is_not()
    {
        await using var rig = new InformerRig(Streaming);
        rig.Server.SendsStreamingListEnd = false;
        rig.Informer.Start();
        await Eventually.TrueAsync(() => rig.Server.OpenWatches == 1, "the stream is open");
        for (var i = 0; i < 10; i++)
        {
            // Four seconds between two events are within the five that a stream may be silent.
            var due = rig.Clock.NextDue;
            rig.Clock.Advance(TimeSpan.FromSeconds(4));
            rig.Server.Put($"p{i}");
            await Eventually.TrueAsync(() => rig.Clock.NextDue > due, "the event was read");
        }

        Assert.Equal(["WATCH rv= streaming"], rig.Requests);
        rig.Clock.Advance(TimeSpan.FromSeconds(5));
        await rig.LiveAsync(watches: 1);
        Assert.StartsWith("LIST rv=", rig.Requests[1], StringComparison.Ordinal);
        Assert.Equal("WATCH rv=20", rig.Requests[2]);
        Assert.Equal(10, rig.Informer.Store.Count);
    }

    [Fact]
    public async Task The_plain_list_after_a_stream_that_was_given_up_is_not_older_than_what_it_had_brought()
    {
        await using var rig = new InformerRig(Streaming);
        for (var i = 0; i < 70; i++)
        {
            rig.Server.Put($"p{i}");
        }

        rig.Server.SendsStreamingListEnd = false;
        rig.Informer.Start();
        await Eventually.TrueAsync(() => rig.Informer.Store.Count == 64, "some came");
        await rig.GoOnAsync();
        await rig.LiveAsync(watches: 1);

        Assert.InRange(
            int.Parse(Assert.Single(rig.Tap.Lists).ResourceVersion.ToString(), System.Globalization.CultureInfo.InvariantCulture),
            70,
            80
        );
    }

    [Fact]
    public async Task No_patience_is_counted_once_it_has_ended()
    {
        await using var rig = new InformerRig(Streaming);
        await rig.StartAsync();
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        rig.Server.Put("a");
        await rig.SeenAsync("+a");

        Assert.Equal((1, 0), (rig.Tap.Open, rig.Tap.Closed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_watch_that_goes_on_is_taken_for_dead_by_the_timeout_it_was_opened_with(int seed)
    {
        await using var rig = new InformerRig(Streaming, seed: seed);
        await rig.StartAsync();
        var timeout = Assert.Single(rig.Tap.Watches).Timeout;

        Assert.Equal(
            (timeout + TimeSpan.FromSeconds(30)).TotalSeconds,
            (await rig.Clock.AdvanceToNextTimerAsync(TimeSpan.FromMinutes(20))).TotalSeconds,
            0.01
        );
        await rig.LiveAsync(watches: 2);
    }

    [Fact]
    public async Task A_resumed_watch_does_not_ask_for_initial_events_again()
    {
        await using var rig = new InformerRig(Streaming);
        await rig.StartAsync();
        rig.Clock.Advance(TimeSpan.FromSeconds(2));
        rig.Server.EndWatches(new IOException("connection reset"));
        await rig.LiveWithTimeAsync(watches: 2);

        Assert.Equal([true, false], rig.Tap.Watches.Select(watch => watch.SendInitialEvents));
        Assert.Equal(InformerState.Synced, rig.Informer.Status.State);
    }
}
