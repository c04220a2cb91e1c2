namespace Vigia.Live.Notifications;

/// <summary>
/// Calls many at their times with one timer: a thousand streams have a thousand heartbeats, and a timer each would cost more than the rest
/// of an idle stream's waiting.
/// </summary>
/// <remarks>
/// Times are brought forward to a common grid, so that those due at about the same time are called together. Safe on any thread.
/// </remarks>
/// <param name="grid">The longest that a call may be early.</param>
/// <param name="time">The clock behind it.</param>
internal sealed class Clock(TimeSpan grid, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Alarm, long> _alarms = new();
    private readonly long _grid = Math.Max(1, (long)(grid.TotalSeconds * time.TimestampFrequency));
    private ITimer? _timer;
    private long _next = long.MaxValue;
    private bool _isDisposed;

    /// <summary>Rings the alarm after a time; may be asked any number of times, and rings as often.</summary>
    public void Ring(Alarm alarm, TimeSpan after)
    {
        var due = time.GetTimestamp() + (long)(after.TotalSeconds * time.TimestampFrequency);
        due -= due % _grid;
        lock (_gate)
        {
            _alarms.Enqueue(alarm, due);
            if (due < _next)
            {
                Arm(due);
            }
        }
    }

    /// <summary>Nobody is called any more, whatever is asked for later.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _alarms.Clear();
            _timer?.Dispose();
        }
    }

    private void Fire()
    {
        var due = new List<Alarm>();
        lock (_gate)
        {
            var now = time.GetTimestamp();
            while (_alarms.TryPeek(out _, out var at) && at <= now)
            {
                due.Add(_alarms.Dequeue());
            }

            _next = long.MaxValue;
            if (_alarms.TryPeek(out _, out var next))
            {
                Arm(next);
            }
        }

        foreach (var alarm in due)
        {
            alarm.Ring();
        }
    }

    private void Arm(long due)
    {
        if (_isDisposed)
        {
            return;
        }

        _next = due;
        var after = TimeSpan.FromSeconds(Math.Max(0, due - time.GetTimestamp()) / (double)time.TimestampFrequency);

        // A timer counts whole milliseconds, and shall not fire just before its time.
        after = TimeSpan.FromMilliseconds(Math.Ceiling(after.TotalMilliseconds));
        _timer ??= time.CreateTimer(static clock => ((Clock)clock!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(after, Timeout.InfiniteTimeSpan);
    }
}
