namespace Vigia.Controllers;

/// <summary>
/// Which lane of a <see cref="WorkQueue{TKey}"/> a key waits in. Higher lanes are served first, lower ones are never
/// starved (<see cref="WorkQueueOptions{TKey}.FairnessInterval"/>).
/// </summary>
public enum WorkPriority
{
    /// <summary>
    /// Background work: a first list, a resync. So a restart with ten thousand objects does not delay new changes.
    /// </summary>
    Low,

    /// <summary>A change.</summary>
    Normal,

    /// <summary>What must not wait behind other changes.</summary>
    High,
}
