using Vigia.Kubernetes;

namespace Vigia.Informers.Deltas;

/// <summary>
/// The state of a delta log and its store at one moment, published as a whole: readers use it without a lock.
/// </summary>
/// <param name="Era">The rarely changing part.</param>
/// <param name="Head">Deltas appended.</param>
/// <param name="Tail">Deltas forgotten.</param>
/// <param name="TailMark">The last delta that was forgotten.</param>
/// <param name="Revision">Everything up to here is in <paramref name="Snapshot"/>.</param>
/// <param name="Snapshot">
/// The objects, with every delta before <paramref name="Head"/> applied and none after it.
/// </param>
/// <param name="LastChange">The last change of the resource up to here.</param>
internal sealed record LogState(
    LogEra Era,
    long Head,
    long Tail,
    ForgottenMark TailMark,
    ResourceVersion Revision,
    ObjectSnapshot Snapshot,
    ChangeMark LastChange
)
{
    /// <summary>True if the store had an object in the very version of a change.</summary>
    public bool Holds(ChangeMark change)
    {
        foreach (var o in Snapshot)
        {
            if (o.ResourceVersion.Number == change.Revision && ChangeMark.Of(o) == change)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// True if the store had an object whose version is after one revision and not after another.
    /// </summary>
    public bool HoldsBetween(ulong after, ulong upTo)
    {
        foreach (var o in Snapshot)
        {
            if (o.ResourceVersion.Number > after && o.ResourceVersion.Number <= upTo)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The part of a log's state that relists and restores change.</summary>
internal sealed record LogEra
{
    /// <summary>Counts the restores.</summary>
    public int Epoch { get; init; }

    /// <summary>Why cursors of earlier eras are reset.</summary>
    public ResetReason LastReset { get; init; } = ResetReason.Start;

    /// <summary>The revision of the first list, or of the one after a restore: nothing is known of before.</summary>
    public ResourceVersion FirstRevision { get; init; }

    /// <summary>The log's length when the first list was complete.</summary>
    public long FirstHead { get; init; }

    /// <summary>
    /// The log's length at <see cref="FirstRevision"/>: while nothing after it was forgotten, the log has every change
    /// since.
    /// </summary>
    public long CompleteFrom { get; init; }

    /// <summary>The stretches that were bridged by lists.</summary>
    public GapSet Gaps { get; init; } = GapSet.Empty;

    /// <summary>
    /// The revisions that a restore took back: (<c>After</c>, <c>UpTo</c>]. They may be assigned again, to other
    /// changes.
    /// </summary>
    public (ResourceVersion After, ResourceVersion UpTo) Lost { get; init; }

    /// <summary>The deletions of this era.</summary>
    public required TombstoneRing Tombstones { get; init; }

    /// <summary>True if a revision may be one of a history that the server no longer has.</summary>
    public bool IsLost(ResourceVersion revision) => revision.IsNewerThan(Lost.After) && !revision.IsNewerThan(Lost.UpTo);

    /// <summary>The era that follows when the server was restored to an older state.</summary>
    /// <param name="reason">Why cursors of this era are reset.</param>
    /// <param name="revision">The server's current revision.</param>
    /// <param name="highest">The newest revision that is known of the lost history.</param>
    /// <param name="head">The log's length at the restore.</param>
    /// <param name="tombstones">An empty ring for the deletions of the new era.</param>
    public LogEra AfterRestore(ResetReason reason, ResourceVersion revision, ResourceVersion highest, long head, TombstoneRing tombstones)
    {
        var (after, upTo) = Lost;
        return new LogEra
        {
            Epoch = Epoch + 1,
            LastReset = reason,
            FirstRevision = revision,
            FirstHead = FirstHead,
            CompleteFrom = head,
            Lost = upTo.IsNone
                ? (revision, highest)
                : (revision.IsOlderThan(after) ? revision : after, upTo.IsNewerThan(highest) ? upTo : highest),
            Tombstones = tombstones,
        };
    }
}
