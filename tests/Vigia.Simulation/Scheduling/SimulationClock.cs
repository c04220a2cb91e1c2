namespace Vigia.Simulation.Scheduling;

/// <summary>Time that passes only when nothing else can happen.</summary>
internal sealed class SimulationClock : TimeProvider
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Timer, (long Due, long Number)> _timers = new();
    private long _number;
    private long _active;

    public long Ticks { get; private set; }

    public TimeSpan Elapsed => TimeSpan.FromTicks(Ticks);

    /// <summary>Timers that are set: none may be left when everything has been disposed.</summary>
    public long Active => _active;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => s_start.AddTicks(Ticks);

    public override long GetTimestamp() => Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>
    /// Goes to the next timer and fires it; false where none is set, or none before <paramref name="end"/>.
    /// </summary>
    public bool FireNext(TimeSpan end)
    {
        while (_timers.TryPeek(out var timer, out var due))
        {
            if (timer.Number != due.Number)
            {
                // Changed or disposed since it was queued.
                _timers.Dequeue();
                continue;
            }

            if (due.Due > end.Ticks)
            {
                return false;
            }

            _timers.Dequeue();
            Ticks = Math.Max(Ticks, due.Due);
            timer.Fire();
            return true;
        }

        return false;
    }

    public void AdvanceTo(TimeSpan end) => Ticks = Math.Max(Ticks, end.Ticks);

    public Task Delay(TimeSpan time, CancellationToken cancellationToken = default) => Task.Delay(time, this, cancellationToken);

    private sealed class Timer(SimulationClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        /// <summary>The number of its place in the queue; 0 while it is not set.</summary>
        public long Number { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Unset();
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Set(dueTime);
            }

            return true;
        }

        public void Fire()
        {
            Unset();
            if (_period > TimeSpan.Zero)
            {
                Set(_period);
            }

            callback(state);
        }

        public void Dispose() => Unset();

        public ValueTask DisposeAsync()
        {
            Unset();
            return ValueTask.CompletedTask;
        }

        private void Set(TimeSpan dueTime)
        {
            Number = ++clock._number;
            clock._active++;
            clock._timers.Enqueue(this, (clock.Ticks + Math.Max(0, dueTime.Ticks), Number));
        }

        private void Unset()
        {
            if (Number != 0)
            {
                Number = 0;
                clock._active--;
            }
        }
    }
}
