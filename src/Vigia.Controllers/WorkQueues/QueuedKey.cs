namespace Vigia.Controllers.WorkQueues;

/// <summary>
/// A waiting key. It may be in several lanes (it was added again with a higher priority) and is taken from the first
/// that reaches it.
/// </summary>
internal sealed class QueuedKey<TKey>(TKey key, WorkPriority priority, long addedAt)
{
    private TKey? _key = key;

    public bool IsTaken { get; private set; }

    public WorkPriority Priority { get; set; } = priority;

    public long AddedAt { get; } = addedAt;

    /// <summary>Takes the key out: the entry left in a lane must not keep it in memory.</summary>
    public TKey Take()
    {
        var key = _key!;
        (_key, IsTaken) = (default, true);
        return key;
    }
}
