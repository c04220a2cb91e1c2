namespace Vigia.Faults.Checking;

/// <summary>An event as a client got it.</summary>
/// <param name="At">Seconds since the run began.</param>
/// <param name="Connection">The number of the client's connection, from 1.</param>
/// <param name="Kind">The event's name: added, updated, deleted, reset, synced, degraded, live, bookmark.</param>
/// <param name="Name">The object; empty for events about none.</param>
/// <param name="Revision">The object's resourceVersion; 0 for events about none.</param>
/// <param name="Sequence">The number that the writer had put into the object; null where it was not sent.</param>
/// <param name="IsFolded">Whether the event says that steps in between were left out.</param>
/// <param name="Reason">Why: of reset, degraded, and deleted.</param>
/// <param name="Resume">The revision in the event's cursor; 0 for none.</param>
internal sealed record ClientEvent(
    double At,
    int Connection,
    string Kind,
    string Name,
    long Revision,
    long? Sequence,
    bool IsFolded,
    string? Reason,
    long Resume
)
{
    /// <summary>True for events about objects.</summary>
    public bool IsChange => Kind is "added" or "updated" or "deleted";

    public override string ToString() =>
        $"{At:0.000} #{Connection} {Kind} {Name}@{Revision} "
        + $"seq={Sequence}{(IsFolded ? " folded" : "")}{(Reason is null ? "" : $" ({Reason})")} resume={Resume}";
}
