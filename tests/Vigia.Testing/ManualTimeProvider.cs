namespace Vigia.Testing;

/// <summary>A clock that stands until it is told to move; timers fire, in their order, as it passes them.</summary>
/// <remarks>
/// Its frequency is 7 MHz, an odd one, so that code which takes timestamps for ticks is found out (YARP's idea).
/// </remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => 7_000_000;

    /// <summary>Timers that will fire: what a test waits for before it moves the clock.</summary>
    public int ActiveTimers
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count(timer => timer.Due is not null);
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => (long)((GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds * TimestampFrequency);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves on, firing what is due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        var end = GetUtcNow() + by;
        while (true)
        {
            ManualTimer? next;
            lock (_gate)
            {
                next = _timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
                _now =
                    next?.Due is { } due && due > _now ? due
                    : next is null ? end
                    : _now;
                next?.Schedule(_now);
            }

            if (next is null)
            {
                return;
            }

            next.Fire();
        }
    }

    /// <summary>
    /// Waits until somebody waits on the clock, then moves on to the first timer that is due, whenever that is. Returns
    /// how far.
    /// </summary>
    public async Task<TimeSpan> AdvanceToNextTimerAsync(TimeSpan atMost)
    {
        await Eventually.TrueAsync(() => NextDue <= GetUtcNow() + atMost, $"a timer within {atMost}");
        var by = NextDue!.Value - GetUtcNow();
        Advance(by);
        return by;
    }

    /// <summary>When the next timer fires; null where none will.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (_gate)
            {
                return _timers.Min(timer => timer.Due);
            }
        }
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                _period = period;
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime;
                if (!clock._timers.Contains(this))
                {
                    clock._timers.Add(this);
                }

                return true;
            }
        }

        public void Schedule(DateTimeOffset now) => Due = _period > TimeSpan.Zero ? now + _period : null;

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (clock._gate)
            {
                Due = null;
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
