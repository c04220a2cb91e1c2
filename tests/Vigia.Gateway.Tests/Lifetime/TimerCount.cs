namespace Vigia.Gateway.Tests.Lifetime;

/// <summary>The system's clock, which knows the timers that somebody has started and not disposed of.</summary>
internal sealed class TimerCount : TimeProvider
{
    private readonly HashSet<Counted> _alive = [];

    /// <summary>Timers that are alive, with where each was made.</summary>
    public IReadOnlyList<string> Alive
    {
        get
        {
            lock (_alive)
            {
                return [.. _alive.Select(timer => timer.MadeAt)];
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Counted(this, base.CreateTimer(callback, state, dueTime, period));
        lock (_alive)
        {
            _alive.Add(timer);
        }

        return timer;
    }

    private void Ended(Counted timer)
    {
        lock (_alive)
        {
            _alive.Remove(timer);
        }
    }

    private sealed class Counted(TimerCount owner, ITimer timer) : ITimer
    {
        public string MadeAt { get; } = Environment.StackTrace;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            owner.Ended(this);
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            owner.Ended(this);
            return timer.DisposeAsync();
        }
    }
}
