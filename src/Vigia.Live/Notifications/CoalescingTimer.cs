namespace Vigia.Live.Notifications;

/// <summary>
/// Calls many at their times with one timer: a thousand streams have a thousand heartbeats, and a timer each would cost
/// more than the rest of an idle stream's waiting.
/// </summary>
/// <remarks>
/// Times are brought forward to a common grid, so that those due at about the same time are called together. Safe on
/// any thread.
/// </remarks>
/// <param name="grid">The longest that a call may be early.</param>
/// <param name="time">The clock behind it.</param>
internal sealed class CoalescingTimer(TimeSpan grid, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<TimerEntry, long> _entries = new();
    private readonly long _grid = Math.Max(1, (long)(grid.TotalSeconds * time.TimestampFrequency));
    private ITimer? _timer;
    private long _next = long.MaxValue;
    private bool _isDisposed;

    /// <summary>
    /// Schedules the entry's callback after a time; it may be called any number of times, and each call counts.
    /// </summary>
    public void Schedule(TimerEntry entry, TimeSpan after)
    {
        var due = time.GetTimestamp() + (long)(after.TotalSeconds * time.TimestampFrequency);
        due -= due % _grid;
        lock (_gate)
        {
            _entries.Enqueue(entry, due);
            if (due < _next)
            {
                Arm(due);
            }
        }
    }

    /// <summary>Ends all calls, whatever is scheduled later.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _entries.Clear();
            _timer?.Dispose();
        }
    }

    private void Fire()
    {
        var due = new List<TimerEntry>();
        lock (_gate)
        {
            var now = time.GetTimestamp();
            while (_entries.TryPeek(out _, out var at) && at <= now)
            {
                due.Add(_entries.Dequeue());
            }

            _next = long.MaxValue;
            if (_entries.TryPeek(out _, out var next))
            {
                Arm(next);
            }
        }

        foreach (var entry in due)
        {
            entry.OnDue();
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
        _timer ??= time.CreateTimer(
            static clock => ((CoalescingTimer)clock!).Fire(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        _timer.Change(after, Timeout.InfiniteTimeSpan);
    }
}
