namespace Vigia.Simulator.Storage;

/// <summary>The state that a lagging replica sees. Under the store's lock.</summary>
internal sealed class ReplicaView(StoreState state)
{
    /// <summary>The revision up to which the replica's view of a type is complete.</summary>
    public long Seen(TypeStore store, ReplicaLag lag)
    {
        var seen = lag switch
        {
            { At: { } at } => at,
            { Revisions: { } behind } => state.Revision - behind,
            { Age: { } age } => store.RevisionBefore(state.Time.GetTimestamp() - (long)(age.TotalSeconds * state.Time.TimestampFrequency))
                ?? state.Revision,
            _ => state.Revision,
        };
        return Math.Clamp(seen, Math.Min(store.CompactedRevision, state.Revision), state.Revision);
    }

    /// <summary>How long until a replica that is behind by time sees more; null if nothing is on its way.</summary>
    public TimeSpan? SeesMoreIn(TypeStore store, ReplicaLag lag, long seen) =>
        lag.Age is { } age && store.StampAfter(seen) is { } stamp
            ? TimeSpan.FromMilliseconds(
                Math.Max(1, (age - state.Time.GetElapsedTime(stamp, state.Time.GetTimestamp())).TotalMilliseconds + 1)
            )
            : null;

    /// <summary>The objects of a type as the replica has them.</summary>
    public StoreSnapshot Snapshot(TypeStore store, ReplicaLag lag) => store.SnapshotAsOf(Seen(store, lag), state.Revision);
}
