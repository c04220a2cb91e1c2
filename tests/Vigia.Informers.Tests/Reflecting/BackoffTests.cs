using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// How long a reflector waits, and when the waits start over (informers.md 2.3.20 to 2.3.30; docs/conformance.md 20 to
/// 23).
/// </summary>
public sealed class BackoffTests
{
    [Fact]
    public async Task Waits_go_on_doubling_after_a_short_recovery_and_begin_anew_after_two_quiet_minutes()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.FailWatches([.. Enumerable.Range(0, 4).Select(_ => Refusals.Internal())]);
        fixture.Informer.Start();
        for (var failure = 1; failure <= 4; failure++)
        {
            Assert.InRange((await fixture.WaitingAsync(failure)).TotalSeconds, 0.4 * Math.Pow(2, failure), 0.8 * Math.Pow(2, failure));
            await fixture.GoOnAsync();
        }

        await fixture.LiveAsync(watches: 1);
        fixture.Clock.Advance(TimeSpan.FromSeconds(30));
        await BreakAsync(fixture, 5);
        Assert.InRange((await fixture.WaitingAsync(5)).TotalSeconds, 12.8, 25.6);
        await fixture.GoOnAsync();
        await fixture.LiveAsync(watches: 2);
        fixture.Clock.Advance(TimeSpan.FromMinutes(3));
        await BreakAsync(fixture, 6);

        Assert.InRange((await fixture.WaitingAsync(6)).TotalSeconds, 0.8, 1.6);
    }

    [Fact]
    public async Task A_request_that_takes_minutes_to_fail_is_no_quiet_time()
    {
        await using var fixture = new InformerFixture();
        fixture.Tap.AnswerList = async (_, _, cancellationToken) =>
        {
            await Task.Delay(TimeSpan.FromMinutes(3), fixture.Clock, cancellationToken);
            throw Refusals.Refused();
        };
        fixture.Informer.Start();
        for (var failure = 1; failure <= 5; failure++)
        {
            await Eventually.TrueAsync(
                () => fixture.Tap.Lists.Count == failure && fixture.Clock.ActiveTimers == 1,
                $"list {failure} is under way"
            );
            fixture.Clock.Advance(TimeSpan.FromMinutes(3));
            Assert.InRange((await fixture.WaitingAsync(failure)).TotalSeconds, 0.4 * Math.Pow(2, failure), 0.8 * Math.Pow(2, failure));
            await fixture.GoOnAsync();
        }
    }

    [Fact]
    public async Task Told_to_retry_while_a_request_is_failing_it_does_not_wait_after_it_and_waits_again_after_the_next()
    {
        await using var fixture = new InformerFixture();
        var failing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Tap.AnswerList = async (_, _, cancellationToken) =>
        {
            if (fixture.Tap.Lists.Count == 1)
            {
                await failing.Task.WaitAsync(cancellationToken);
            }

            throw Refusals.Refused();
        };
        fixture.Informer.Start();
        await Eventually.TrueAsync(() => fixture.Tap.Lists.Count == 1, "the first list is under way");
        fixture.Informer.RetryNow();
        failing.SetResult();

        // The clock stands: only the retry can explain the second list, and the third waits as any other.
        await Eventually.TrueAsync(() => fixture.Tap.Lists.Count == 2, "the second list did not wait");
        await fixture.WaitingAsync(2);
        Assert.Equal(2, fixture.Tap.Lists.Count);
        fixture.Informer.RetryNow();
        await Eventually.TrueAsync(() => fixture.Tap.Lists.Count == 3, "a wait under way is ended");
    }

    [Fact]
    public async Task A_watch_whose_headers_were_held_back_is_not_called_short()
    {
        await using var fixture = new InformerFixture();
        fixture.Tap.BeforeWatch = async (_, cancellationToken) =>
        {
            if (fixture.Tap.Watches.Count == 1)
            {
                await Task.Delay(TimeSpan.FromSeconds(50), fixture.Clock, cancellationToken);
            }
        };
        fixture.Informer.Start();
        await Eventually.TrueAsync(() => fixture.Tap.Watches.Count == 1 && fixture.Clock.ActiveTimers == 3, "the watch is being opened");
        fixture.Clock.Advance(TimeSpan.FromSeconds(50));
        await fixture.LiveAsync(watches: 1);
        fixture.Server.EndWatches();

        await fixture.LiveAsync(watches: 2);
        Assert.Equal(0, fixture.Informer.Status.Retries);
    }

    [Fact]
    public async Task A_connection_that_broke_after_use_is_opened_again_without_a_wait()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        fixture.Server.Put("a");
        await fixture.SeenAsync("+a");
        fixture.Server.EndWatches(new IOException("connection reset by peer"));

        await fixture.LiveAsync(watches: 2);
        Assert.Equal(0, fixture.Informer.Status.Retries);
    }

    [Fact]
    public async Task Two_informers_do_not_wait_equally_long()
    {
        var waits = new List<double>();
        for (var seed = 1; seed <= 10; seed++)
        {
            await using var fixture = new InformerFixture(seed: seed);
            fixture.Server.FailLists(Refusals.Refused());
            fixture.Informer.Start();
            waits.Add((await fixture.WaitingAsync(1)).TotalSeconds);
        }

        Assert.All(waits, wait => Assert.InRange(wait, 0.8, 1.6));
        Assert.True(waits.Max() - waits.Min() > 0.2, string.Join(' ', waits));
    }

    [Fact]
    public async Task While_it_waits_it_says_until_when_and_since_when_and_why_it_is_stale()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        var broke = fixture.Clock.GetUtcNow();
        fixture.Server.FailWatches(Refusals.Refused(), Refusals.Refused());
        fixture.Server.EndWatches();
        var wait = await fixture.WaitingAsync(1);

        var freshness = fixture.Informer.Freshness;
        Assert.Equal((false, broke, broke + wait), (freshness.IsLive, freshness.Since, freshness.NextTry!.Value));
        Assert.Contains("cannot reach scripted", freshness.Reason, StringComparison.Ordinal);
        Assert.Equal(InformerState.Synced, fixture.Informer.Status.State);
    }

    [Fact]
    public async Task A_watch_that_brings_nothing_new_and_ends_is_not_asked_for_in_a_tight_loop()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        fixture.Server.OnStream = stream =>
        {
            // A bookmark of what is known already, the event of what is known already, and the end.
            stream.Send("""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"11"}}}""");
            stream.Send(
                """{"type":"MODIFIED","object":{"metadata":{"name":"a","namespace":"default","uid":"uid-1","resourceVersion":"11"}}}"""
            );
            stream.End(null);
        };
        fixture.Informer.Start();

        Assert.InRange((await fixture.WaitingAsync(1)).TotalSeconds, 0.8, 1.6);
        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11"], fixture.Requests);
    }

    [Fact]
    public async Task A_server_that_always_sends_something_older_first_is_not_asked_in_a_tight_loop()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        fixture.Server.OnStream = stream => stream.Send("""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"5"}}}""");
        fixture.Informer.Start();

        Assert.InRange((await fixture.WaitingAsync(1)).TotalSeconds, 0.8, 1.6);
        Assert.InRange(fixture.Requests.Count, 3, 5);
    }

    [Theory]
    [InlineData("""{"type":"ADDED","object":garbled""")]
    [InlineData("""{"type":"ERROR","object":{"kind":"Status","code":500,"reason":"InternalError","message":"no"}}""")]
    [InlineData("""{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}""")]
    public async Task One_relist_is_free_and_the_next_within_two_minutes_waits_though_every_watch_had_brought_something_new(string frame)
    {
        await using var fixture = new InformerFixture();
        var i = 0;
        fixture.Server.OnStream = stream =>
        {
            fixture.Server.Put($"p{i++}");
            stream.Send(frame);
        };
        fixture.Informer.Start();
        for (var wait = 1; wait <= 3; wait++)
        {
            Assert.True((await fixture.WaitingAsync(wait)).TotalSeconds >= 0.8 * Math.Pow(2, wait - 1), $"wait {wait}");
            Assert.Equal(wait + 1, fixture.Tap.Lists.Count);
            await fixture.GoOnAsync();
        }
    }

    [Fact]
    public async Task After_a_long_outage_an_expired_revision_is_listed_anew_without_another_wait()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        fixture.Clock.Advance(TimeSpan.FromMinutes(3));
        fixture.Server.FailWatches([.. Enumerable.Range(0, 8).Select(_ => Refusals.Refused()), ApiErrors.Expired()]);
        fixture.Server.EndWatches();
        for (var failure = 1; failure <= 8; failure++)
        {
            await fixture.WaitingAsync(failure);
            await fixture.GoOnAsync();
        }

        await fixture.LiveAsync(watches: 2);
        Assert.Equal(8, fixture.Informer.Status.Retries);
        Assert.Equal(["LIST rv=11 limit=0", "WATCH rv=11"], fixture.Requests.TakeLast(2));
    }

    [Fact]
    public async Task A_watch_that_is_not_answered_within_ten_seconds_is_called_stale_until_it_is()
    {
        await using var fixture = new InformerFixture();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await fixture.StartAsync();
        fixture.Tap.BeforeWatch = (_, cancellationToken) => answer.Task.WaitAsync(cancellationToken);
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        fixture.Server.EndWatches();
        await Eventually.TrueAsync(() => fixture.Tap.Watches.Count == 2 && fixture.Clock.ActiveTimers == 2, "the watch is being opened");
        Assert.True(fixture.Informer.Freshness.IsLive);
        fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(() => !fixture.Informer.Freshness.IsLive, "stale");
        Assert.Contains("has not answered", fixture.Informer.Freshness.Reason, StringComparison.Ordinal);
        answer.SetResult();

        await fixture.LiveAsync(watches: 2);
        Assert.Null(fixture.Informer.Freshness.Reason);
        Assert.Equal(0, fixture.Informer.Status.Retries);
    }

    /// <summary>A standing watch ends, and the next is refused.</summary>
    private static async Task BreakAsync(InformerFixture fixture, int retries)
    {
        fixture.Server.FailWatches(Refusals.Internal());
        fixture.Server.EndWatches();
        await fixture.WaitingAsync(retries);
    }
}
