using Vigia.Live.Notifications;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Streams.Notifications;

/// <summary>
/// Many heartbeats on one timer: early by no more than the grid, never late, and quiet once it is over.
/// </summary>
public sealed class CoalescingTimerTests
{
    private static readonly TimeSpan Grid = TimeSpan.FromMilliseconds(100);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void All_are_called_at_their_times_by_one_timer()
    {
        const int seed = 20261130;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var timer = new CoalescingTimer(Grid, _time);
        var start = _time.GetUtcNow();
        var calls = Enumerable.Range(0, 500).Select(_ => new Call(_time, TimeSpan.FromMilliseconds(random.Next(1, 20_000)))).ToArray();
        foreach (var call in calls)
        {
            timer.Schedule(new TimerEntry(call), call.After);
        }

        Assert.Equal(1, _time.ActiveTimers);
        for (var at = 0; at < 20_100; at++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.All(
            calls,
            call =>
            {
                var early = start + call.After - Assert.Single(call.At);
                Assert.InRange(early, TimeSpan.FromMilliseconds(-2), Grid);
            }
        );
        Assert.True(calls.Select(call => call.At[0]).Distinct().Count() <= 202, "those due at about the same time are called together");
    }

    [Fact]
    public void Who_has_left_is_not_called_and_nobody_is_after_the_end()
    {
        var timer = new CoalescingTimer(Grid, _time);
        var (left, stays, late) = (new Call(_time, default), new Call(_time, default), new Call(_time, default));
        var entry = new TimerEntry(left);
        timer.Schedule(entry, TimeSpan.FromSeconds(1));
        timer.Schedule(new TimerEntry(stays), TimeSpan.FromSeconds(1));
        timer.Schedule(new TimerEntry(late), TimeSpan.FromSeconds(5));
        entry.Cancel();

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(left.At);
        Assert.Single(stays.At);

        timer.Dispose();
        timer.Schedule(new TimerEntry(late), TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(late.At);
        Assert.Equal(0, _time.ActiveTimers);
    }

    private sealed class Call(TimeProvider time, TimeSpan after) : ITimerCallback
    {
        public TimeSpan After => after;

        public List<DateTimeOffset> At { get; } = [];

        public void OnDue() => At.Add(time.GetUtcNow());
    }
}
