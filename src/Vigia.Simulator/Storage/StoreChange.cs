namespace Vigia.Simulator;

/// <summary>The kind of a write.</summary>
public enum ChangeKind
{
    /// <summary>It was created.</summary>
    Added,

    /// <summary>It was changed.</summary>
    Modified,

    /// <summary>It is gone.</summary>
    Deleted,
}

/// <summary>One write, as in the history and in calls to subscribers.</summary>
/// <param name="Kind">The kind of the write.</param>
/// <param name="Item">The new state; for a deletion the last state, under the deletion's revision.</param>
/// <param name="Previous">The state before; null for <see cref="ChangeKind.Added"/>.</param>
/// <param name="Revision">The store's revision of the write.</param>
public sealed record StoreChange(ChangeKind Kind, StoredObject Item, StoredObject? Previous, long Revision)
{
    /// <summary>When it was written, by the store's clock: for replicas that lag by time.</summary>
    internal long Stamp { get; set; }
}
