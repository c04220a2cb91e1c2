using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// How long a reflector waits, and when the waits begin anew (informers.md 2.3.20 to 2.3.30; docs/conformance.md 20 to 23).
/// </summary>
public sealed class BackoffTests
{
    [Fact]
    public async Task Waits_go_on_doubling_after_a_short_recovery_and_begin_anew_after_two_quiet_minutes()
    {
        await using var rig = new InformerRig();
        rig.Server.FailWatches([.. Enumerable.Range(0, 4).Select(_ => Refusals.Internal())]);
        rig.Informer.Start();
        for (var failure = 1; failure <= 4; failure++)
        {
            Assert.InRange((await rig.WaitingAsync(failure)).TotalSeconds, 0.4 * Math.Pow(2, failure), 0.8 * Math.Pow(2, failure));
            await rig.GoOnAsync();
        }

        await rig.LiveAsync(watches: 1);
        rig.Clock.Advance(TimeSpan.FromSeconds(30));
        await BreakAsync(rig, 5);
        Assert.InRange((await rig.WaitingAsync(5)).TotalSeconds, 12.8, 25.6);
        await rig.GoOnAsync();
        await rig.LiveAsync(watches: 2);
        rig.Clock.Advance(TimeSpan.FromMinutes(3));
        await BreakAsync(rig, 6);

        Assert.InRange((await rig.WaitingAsync(6)).TotalSeconds, 0.8, 1.6);
    }

    [Fact]
    public async Task A_request_that_takes_minutes_to_fail_is_no_quiet_time()
    {
        await using var rig = new InformerRig();
        rig.Tap.AnswerList = async (_, _, cancellationToken) =>
        {
            await Task.Delay(TimeSpan.FromMinutes(3), rig.Clock, cancellationToken);
            throw Refusals.Refused();
        };
        rig.Informer.Start();
        for (var failure = 1; failure <= 5; failure++)
        {
            await Eventually.TrueAsync(() => rig.Tap.Lists.Count == failure && rig.Clock.ActiveTimers == 1, $"list {failure} is under way");
            rig.Clock.Advance(TimeSpan.FromMinutes(3));
            Assert.InRange((await rig.WaitingAsync(failure)).TotalSeconds, 0.4 * Math.Pow(2, failure), 0.8 * Math.Pow(2, failure));
            await rig.GoOnAsync();
        }
    }

    [Fact]
    public async Task Told_to_retry_while_a_request_is_failing_it_does_not_wait_after_it_and_waits_again_after_the_next()
    {
        await using var rig = new InformerRig();
        var failing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Tap.AnswerList = async (_, _, cancellationToken) =>
        {
            if (rig.Tap.Lists.Count == 1)
            {
                await failing.Task.WaitAsync(cancellationToken);
            }

            throw Refusals.Refused();
        };
        rig.Informer.Start();
        await Eventually.TrueAsync(() => rig.Tap.Lists.Count == 1, "the first list is under way");
        rig.Informer.RetryNow();
        failing.SetResult();

        // The clock stands: only the retry can explain the second list, and the third waits as any other.
        await Eventually.TrueAsync(() => rig.Tap.Lists.Count == 2, "the second list did not wait");
        await rig.WaitingAsync(2);
        Assert.Equal(2, rig.Tap.Lists.Count);
        rig.Informer.RetryNow();
        await Eventually.TrueAsync(() => rig.Tap.Lists.Count == 3, "a wait under way is ended");
    }

    [Fact]
    public async Task A_watch_whose_headers_were_held_back_is_not_called_short()
    {
        await using var rig = new InformerRig();
        rig.Tap.BeforeWatch = async (_, cancellationToken) =>
        {
            if (rig.Tap.Watches.Count == 1)
            {
                await Task.Delay(TimeSpan.FromSeconds(50), rig.Clock, cancellationToken);
            }
        };
        rig.Informer.Start();
        await Eventually.TrueAsync(() => rig.Tap.Watches.Count == 1 && rig.Clock.ActiveTimers == 3, "the watch is being opened");
        rig.Clock.Advance(TimeSpan.FromSeconds(50));
        await rig.LiveAsync(watches: 1);
        rig.Server.EndWatches();

        await rig.LiveAsync(watches: 2);
        Assert.Equal(0, rig.Informer.Status.Retries);
    }

    [Fact]
    public async Task A_connection_that_broke_after_use_is_opened_again_without_a_wait()
    {
        await using var rig = new InformerRig();
        await rig.StartAsync();
        rig.Server.Put("a");
        await rig.SeenAsync("+a");
        rig.Server.EndWatches(new IOException("connection reset by peer"));

        await rig.LiveAsync(watches: 2);
        Assert.Equal(0, rig.Informer.Status.Retries);
    }

    [Fact]
    public async Task Two_informers_do_not_wait_equally_long()
    {
        var waits = new List<double>();
        for (var seed = 1; seed <= 10; seed++)
        {
            await using var rig = new InformerRig(seed: seed);
            rig.Server.FailLists(Refusals.Refused());
            rig.Informer.Start();
            waits.Add((await rig.WaitingAsync(1)).TotalSeconds);
        }

        Assert.All(waits, wait => Assert.InRange(wait, 0.8, 1.6));
        Assert.True(waits.Max() - waits.Min() > 0.2, string.Join(' ', waits));
    }

    [Fact]
    public async Task While_it_waits_it_says_until_when_and_since_when_and_why_it_is_stale()
    {
        await using var rig = new InformerRig();
        await rig.StartAsync();
        rig.Clock.Advance(TimeSpan.FromSeconds(10));
        var broke = rig.Clock.GetUtcNow();
        rig.Server.FailWatches(Refusals.Refused(), Refusals.Refused());
        rig.Server.EndWatches();
        var wait = await rig.WaitingAsync(1);

        var freshness = rig.Informer.Freshness;
        Assert.Equal((false, broke, broke + wait), (freshness.IsLive, freshness.Since, freshness.NextTry!.Value));
        Assert.Contains("cannot reach scripted", freshness.Reason, StringComparison.Ordinal);
        Assert.Equal(InformerState.Synced, rig.Informer.Status.State);
    }

    [Fact]
    public async Task A_watch_that_brings_nothing_new_and_ends_is_not_asked_for_in_a_tight_loop()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        rig.Server.OnStream = stream =>
        {
            // A bookmark of what is known already, the event of what is known already, and the end.
            stream.Send("""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"11"}}}""");
            stream.Send(
                """{"type":"MODIFIED","object":{"metadata":{"name":"a","namespace":"default","uid":"uid-1","resourceVersion":"11"}}}"""
            );
            stream.End(null);
        };
        rig.Informer.Start();

        Assert.InRange((await rig.WaitingAsync(1)).TotalSeconds, 0.8, 1.6);
        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11"], rig.Requests);
    }

    [Fact]
    public async Task A_server_that_always_sends_something_older_first_is_not_asked_in_a_tight_loop()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        rig.Server.OnStream = stream => stream.Send("""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"5"}}}""");
        rig.Informer.Start();

        Assert.InRange((await rig.WaitingAsync(1)).TotalSeconds, 0.8, 1.6);
        Assert.InRange(rig.Requests.Count, 3, 5);
    }

    [Theory]
    [InlineData("""{"type":"ADDED","object":garbled""")]
    [InlineData("""{"type":"ERROR","object":{"kind":"Status","code":500,"reason":"InternalError","message":"no"}}""")]
    [InlineData("""{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}""")]
    public async Task One_relist_is_free_and_the_next_within_two_minutes_waits_though_every_watch_had_brought_something_new(string frame)
    {
        await using var rig = new InformerRig();
        var i = 0;
        rig.Server.OnStream = stream =>
        {
            rig.Server.Put($"p{i++}");
            stream.Send(frame);
        };
        rig.Informer.Start();
        for (var wait = 1; wait <= 3; wait++)
        {
            Assert.True((await rig.WaitingAsync(wait)).TotalSeconds >= 0.8 * Math.Pow(2, wait - 1), $"wait {wait}");
            Assert.Equal(wait + 1, rig.Tap.Lists.Count);
            await rig.GoOnAsync();
        }
    }

    [Fact]
    public async Task After_a_long_outage_an_expired_revision_is_listed_anew_without_another_wait()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        await rig.StartAsync();
        rig.Clock.Advance(TimeSpan.FromMinutes(3));
        rig.Server.FailWatches([.. Enumerable.Range(0, 8).Select(_ => Refusals.Refused()), ApiErrors.Expired()]);
        rig.Server.EndWatches();
        for (var failure = 1; failure <= 8; failure++)
        {
            await rig.WaitingAsync(failure);
            await rig.GoOnAsync();
        }

        await rig.LiveAsync(watches: 2);
        Assert.Equal(8, rig.Informer.Status.Retries);
        Assert.Equal(["LIST rv=11 limit=0", "WATCH rv=11"], rig.Requests.TakeLast(2));
    }

    [Fact]
    public async Task A_watch_that_is_not_answered_within_ten_seconds_is_called_stale_until_it_is()
    {
        await using var rig = new InformerRig();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await rig.StartAsync();
        rig.Tap.BeforeWatch = (_, cancellationToken) => answer.Task.WaitAsync(cancellationToken);
        rig.Clock.Advance(TimeSpan.FromSeconds(2));
        rig.Server.EndWatches();
        await Eventually.TrueAsync(() => rig.Tap.Watches.Count == 2 && rig.Clock.ActiveTimers == 2, "the watch is being opened");
        Assert.True(rig.Informer.Freshness.IsLive);
        rig.Clock.Advance(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(() => !rig.Informer.Freshness.IsLive, "stale");
        Assert.Contains("has not answered", rig.Informer.Freshness.Reason, StringComparison.Ordinal);
        answer.SetResult();

        await rig.LiveAsync(watches: 2);
        Assert.Null(rig.Informer.Freshness.Reason);
        Assert.Equal(0, rig.Informer.Status.Retries);
    }

    /// <summary>A standing watch ends, and the next is refused.</summary>
    private static async Task BreakAsync(InformerRig rig, int retries)
    {
        rig.Server.FailWatches(Refusals.Internal());
        rig.Server.EndWatches();
        await rig.WaitingAsync(retries);
    }
}
