using Vigia.Kubernetes;

namespace Vigia.Informers.Deltas;

/// <summary>
/// Brings a cursor that fell off the log up to date, from one published state of it: deletions first, then changed
/// objects, in the order of the changes.
/// </summary>
internal static class CatchUp
{
    /// <summary>The deltas that the cursor missed. Null if too much was forgotten.</summary>
    /// <param name="log">The log, for the times of changes that it still has.</param>
    /// <param name="state">The state to come up to.</param>
    /// <param name="position">
    /// The cursor's position; -1 for a cursor of another replica, of which only the revision is known.
    /// </param>
    /// <param name="seen">The cursor's revision.</param>
    /// <param name="seenElsewhere">
    /// Changes that the cursor has seen beyond this log's positions: at another replica, whose log may be ahead of
    /// ours.
    /// </param>
    /// <param name="now">The time of changes whose own is not known.</param>
    public static (List<Delta> Deltas, long Position, ResourceVersion Revision)? Of(
        DeltaLog log,
        LogState state,
        long position,
        ResourceVersion seen,
        ResourceVersion seenElsewhere,
        DateTimeOffset now
    )
    {
        var byRevision = position < 0;
        ResourceVersion? known =
            byRevision ? seen
            : seenElsewhere.IsNone ? null
            : seenElsewhere;
        var era = state.Era;
        var deletions = byRevision ? era.Tombstones.UpTo(state.Head).Deletions : era.Tombstones.Between(position, state.Head);
        if (deletions is null)
        {
            return null;
        }

        var deltas = new List<Delta>();
        foreach (var deletion in deletions)
        {
            // A deletion without a revision belongs to a relist in progress: no other replica has delivered it.
            if (
                (deletion.UpTo.IsNone || !IsSeen(deletion.UpTo, known))
                && (deletion.Old!.AddedSequence <= position || IsSeen(deletion.Old.AddedRevision, known))
            )
            {
                deltas.Add(deletion);
            }
        }

        var changed = new List<RawObject>();
        foreach (var o in state.Snapshot)
        {
            if (o.Sequence > position && !IsSeen(o.ResourceVersion, known))
            {
                changed.Add(o);
            }
        }

        changed.Sort(static (left, right) => left.Sequence.CompareTo(right.Sequence));
        foreach (var o in changed)
        {
            var isNew = o.AddedSequence > position && !IsSeen(o.AddedRevision, known);
            deltas.Add(
                new Delta(isNew ? DeltaKind.Added : DeltaKind.Updated, null, o, seen, log.At(o.Sequence - 1)?.ReceivedAt ?? now)
                {
                    // An object that is new and has not changed since had one step only.
                    IsFolded = !isNew || o.Sequence != o.AddedSequence,
                    IsInInitialList = isNew && o.AddedSequence <= era.FirstHead,
                    Sequence = o.Sequence,
                }
            );
        }

        // In the middle of a relist there is no revision for the objects already seen.
        return (deltas, state.Head, era.Gaps.IsOpen && deltas.Count > 0 ? ResourceVersion.None : state.Revision);
    }

    /// <summary>The first list has no revision of its own; every cursor that can be resumed has seen it.</summary>
    private static bool IsSeen(ResourceVersion revision, ResourceVersion? seen) =>
        seen is { } upTo && (revision.IsNone || revision.CompareTo(upTo) is RevisionOrder.Older or RevisionOrder.Equal);
}
