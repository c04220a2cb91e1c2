using Vigia.Informers.Informing;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>How long a reflector waits, and when the waits begin anew (informers.md 2.3.20 to 2.3.30; docs/conformance.md 20 to 23).</summary>
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
        await Eventually.TrueAsync(() => rig.Tap.Watches.Count == 1 && rig.Clock.ActiveTimers == 2, "the watch is being opened");
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

    /// <summary>A standing watch ends, and the next is refused.</summary>
    private static async Task BreakAsync(InformerRig rig, int retries)
    {
        rig.Server.FailWatches(Refusals.Internal());
        rig.Server.EndWatches();
        await rig.WaitingAsync(retries);
    }
}
