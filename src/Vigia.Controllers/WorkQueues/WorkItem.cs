using Vigia.Controllers.WorkQueues;

namespace Vigia.Controllers;

/// <summary>
/// A key that was handed out: dispose of it when the work is over, whatever came of it (client-go's <c>Done</c>). A key
/// whose item is never disposed of is never worked on again.
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
public sealed class WorkItem<TKey> : IDisposable
    where TKey : notnull
{
    private readonly WorkQueue<TKey> _queue;

    internal WorkItem(WorkQueue<TKey> queue, TKey key, WorkPriority priority, long startedAt, TimeSpan latency) =>
        (_queue, Key, Priority, StartedAt, Latency) = (queue, key, priority, startedAt, latency);

    /// <summary>The key.</summary>
    public TKey Key { get; }

    /// <summary>The highest priority it was added with while it waited.</summary>
    public WorkPriority Priority { get; }

    /// <summary>
    /// How long it waited in the queue; the delay of <see cref="WorkQueue{TKey}.AddAfter"/> is not part of it.
    /// </summary>
    public TimeSpan Latency { get; }

    internal long StartedAt { get; }

    /// <summary>The entry that was added while this one was being worked on.</summary>
    internal QueuedKey<TKey>? Again { get; set; }

    /// <summary>
    /// Marks the work as done. A second call does nothing, even if another worker has the key by then.
    /// </summary>
    public void Dispose() => _queue.Done(this);
}
