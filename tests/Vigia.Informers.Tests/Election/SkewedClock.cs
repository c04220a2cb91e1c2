namespace Vigia.Informers.Tests.Election;

/// <summary>
/// One machine's clock: wrong by an offset that may jump, and running at a rate of its own. The machine may stand still
/// for a while, or for good.
/// </summary>
internal sealed class SkewedClock(VirtualWorld world, double rate = 1, TimeSpan offset = default) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan _standsUntil;

    public override long TimestampFrequency => 7_000_000;

    /// <summary>How wrong the wall clock is. Nothing may depend on it.</summary>
    public TimeSpan Offset { get; set; } = offset;

    /// <summary>Killed: no timer fires any more.</summary>
    public bool IsDead { get; set; }

    public bool IsStanding => world.Now < _standsUntil;

    private TimeSpan Local => world.Now * rate;

    public override DateTimeOffset GetUtcNow() => Epoch + Offset + Local;

    public override long GetTimestamp() => (long)(Local.TotalSeconds * TimestampFrequency);

    public void StandStill(TimeSpan time) => _standsUntil = world.Now + time;

    /// <summary>Runs something on this machine: at once, after it stood still, or never.</summary>
    public void Run(Action action)
    {
        if (IsStanding)
        {
            world.At(_standsUntil, () => Run(action));
        }
        else if (!IsDead)
        {
            action();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, period);
        var timer = new SkewedTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SkewedTimer(SkewedClock clock, Action fire) : ITimer
    {
        private readonly VirtualWorld _world = clock.World;
        private int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var setting = ++_setting;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                // Rounded up: a timer is never early by its own clock.
                _world.After(TimeSpan.FromTicks((long)Math.Ceiling(dueTime.Ticks / clock.Rate) + 1), () => Due(setting));
            }

            return true;
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Due(int setting) =>
            clock.Run(() =>
            {
                if (setting == _setting)
                {
                    fire();
                }
            });
    }

    private VirtualWorld World => world;

    private double Rate => rate;
}
