namespace Vigia.Controllers;

/// <summary>
/// Which lane of a <see cref="WorkQueue{TKey}"/> a key waits in. Higher lanes are served first, lower ones are never
/// starved (<see cref="WorkQueueOptions{TKey}.FairnessInterval"/>).
/// </summary>
public enum WorkPriority
{
    /// <summary>
    /// Work that nobody waits for: a first list, a resync. A restart with ten thousand objects does not hold up what
    /// changes meanwhile.
    /// </summary>
    Low,

    /// <summary>A change.</summary>
    Normal,

    /// <summary>What must not wait behind other changes.</summary>
    High,
}
