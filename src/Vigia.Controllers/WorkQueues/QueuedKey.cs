namespace Vigia.Controllers.WorkQueues;

/// <summary>
/// A key that waits. It may stand in several lanes (it was added again with a higher priority) and is taken from
/// whichever comes first.
/// </summary>
internal sealed class QueuedKey<TKey>(TKey key, WorkPriority priority, long addedAt)
{
    private TKey? _key = key;

    public bool IsTaken { get; private set; }

    public WorkPriority Priority { get; set; } = priority;

    public long AddedAt { get; } = addedAt;

    /// <summary>Takes the key out: what is left behind in a lane must not keep it in memory.</summary>
    public TKey Take()
    {
        var key = _key!;
        (_key, IsTaken) = (default, true);
        return key;
    }
}
