namespace Vigia.Controllers.WorkQueues;

/// <summary>
/// The delayed keys, and the one timer that serves them. Not thread-safe: its queue calls it with the queue's lock
/// held; the timer calls the queue without.
/// </summary>
internal sealed class DelayedKeys<TKey>(IEqualityComparer<TKey>? comparer, TimeProvider time, Action onDue)
    where TKey : notnull
{
    // Timers count whole milliseconds, up to 49 days.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private readonly DelayHeap<TKey> _heap = new(comparer);
    private ITimer? _timer;

    public int Count => _heap.Count;

    /// <summary>Adds a key for later; one that waits already keeps the earlier time.</summary>
    public void Add(TKey key, TimeSpan delay, WorkPriority priority)
    {
        var next = _heap.NextDue;
        _heap.Add(key, Due(delay), priority);
        if (next != _heap.NextDue)
        {
            Arm();
        }
    }

    /// <summary>Takes the keys that are due, and sets the timer for the next.</summary>
    /// <param name="add">Adds one of them; whether it was new.</param>
    /// <returns>How many were new, how many are lost because their equality threw, and the last such
    /// exception.</returns>
    public (int Added, int Lost, Exception? Failure) TakeDue(Func<TKey, WorkPriority, bool> add)
    {
        var (added, lost, failure) = (0, 0, (Exception?)null);
        var by = time.GetTimestamp() + (time.TimestampFrequency / 2000);
        while (_heap.NextDue <= by)
        {
            try
            {
                added += _heap.TryTake(by, out var key, out var priority) && add(key, priority) ? 1 : 0;
            }
            catch (Exception error)
            {
                // A key's equality is the user's. On a timer's thread an exception would end the process.
                (lost, failure) = (lost + 1, error);
            }
        }

        Arm();
        return (added, lost, failure);
    }

    /// <summary>Drops all keys and the timer.</summary>
    public void Stop()
    {
        _heap.Clear();
        _timer?.Dispose();
        _timer = null;
    }

    private long Due(TimeSpan delay)
    {
        var now = time.GetTimestamp();
        var ticks = delay.TotalSeconds * time.TimestampFrequency;
        return ticks >= long.MaxValue - now ? long.MaxValue : now + (long)ticks;
    }

    private void Arm()
    {
        if (_heap.NextDue is not { } due)
        {
            return;
        }

        // Rounded so that the timer's whole milliseconds neither fire early nor a millisecond late for a rounding
        // error.
        var wait = Math.Ceiling(time.GetElapsedTime(time.GetTimestamp(), due).TotalMilliseconds - 0.5);
        var next = TimeSpan.FromMilliseconds(Math.Clamp(wait, 1, LongestTimer.TotalMilliseconds));
        _timer ??= time.CreateTimer(static due => ((Action)due!)(), onDue, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(next, Timeout.InfiniteTimeSpan);
    }
}
