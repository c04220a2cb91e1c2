namespace Vigia.Controllers;

/// <summary>
/// The lane of a key in a <see cref="WorkQueue{TKey}"/>. Higher lanes are served first, lower ones are never starved
/// (<see cref="WorkQueueOptions{TKey}.FairnessInterval"/>).
/// </summary>
public enum WorkPriority
{
    /// <summary>
    /// Background work: a first list, a resync. So a restart with ten thousand objects does not delay new changes.
    /// </summary>
    Low,

    /// <summary>A change.</summary>
    Normal,

    /// <summary>Urgent work, which must not wait behind other changes.</summary>
    High,
}
