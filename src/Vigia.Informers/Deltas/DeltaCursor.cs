using Vigia.Informers.Deltas;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>A consumer's place in a delta log. It is all that a consumer costs the informer.</summary>
/// <remarks>
/// <b>Guarantees.</b> For one reader at a time. Keeps no objects and takes no lock; it needs no disposal.
/// </remarks>
public sealed class DeltaCursor
{
    private readonly DeltaLog _log;
    private GapSet _gaps;

    internal DeltaCursor(DeltaLog log, long position, LogEra era, ResourceVersion revision)
    {
        _log = log;
        _gaps = era.Gaps;
        Position = position;
        Epoch = era.Epoch;
        Revision = revision;
    }

    /// <summary>The number of deltas of the log that were read or skipped: meaningful to the same log only.</summary>
    public long Position { get; private set; }

    /// <summary>The log's epoch that the position belongs to.</summary>
    public int Epoch { get; internal init; }

    /// <summary>
    /// Everything up to this revision has been read; valid at every replica. None in the middle of the changes found by
    /// a relist (<see cref="Delta.ResumeAt"/>).
    /// </summary>
    public ResourceVersion Revision { get; private set; }

    /// <summary>
    /// The last change of the resource up to here: with <see cref="Revision"/> it is what another replica resumes from
    /// (<see cref="DeltaLog.Resume"/>). None if it is not known.
    /// </summary>
    public ChangeMark Change { get; internal set; }

    /// <summary>Why <see cref="CursorReading.Reset"/> was answered.</summary>
    public ResetReason ResetReason { get; private set; }

    /// <summary>Versions up to this one are known to the consumer already, from another replica.</summary>
    internal ResourceVersion SkipUpTo { get; init; }

    /// <summary>Ends when there may be new deltas. Take it before reading, await it after an empty reading.</summary>
    public Task NextChange => _log.NextChange;

    /// <summary>
    /// Reads new deltas into <paramref name="into"/> (which is cleared first), at most <paramref name="max"/>; a
    /// catch-up may return more.
    /// </summary>
    public CursorReading Read(List<Delta> into, int max = 256)
    {
        ArgumentNullException.ThrowIfNull(into);
        into.Clear();
        var era = _log.State.Era;
        if (Epoch != era.Epoch)
        {
            ResetReason = era.LastReset;
            return CursorReading.Reset;
        }

        // The reader has seen changes elsewhere while this informer could not watch; they may be unknown here.
        if (!SkipUpTo.IsNone && !ReferenceEquals(_gaps, era.Gaps))
        {
            _gaps = era.Gaps;
            if (_gaps.Contain(SkipUpTo))
            {
                ResetReason = ResetReason.Expired;
                return CursorReading.Reset;
            }
        }

        while (Position >= 0 && Position < _log.Head && into.Count < max)
        {
            if (_log.At(Position) is not { } delta)
            {
                if (into.Count > 0)
                {
                    return CursorReading.Deltas;
                }

                return CatchUp(into);
            }

            Position++;
            Change = delta.Change is { IsNone: false } change ? change : Change;
            if (!IsKnown(delta))
            {
                into.Add(delta);
            }

            Pass(delta.ResumeAt);
        }

        if (Position < 0)
        {
            return CatchUp(into);
        }

        if (into.Count > 0)
        {
            return CursorReading.Deltas;
        }

        AdvanceToHead();
        return CursorReading.Nothing;
    }

    /// <summary>Advances to a revision; never behind a revision seen at another replica.</summary>
    private void Pass(ResourceVersion revision)
    {
        if (revision.IsNone || !revision.IsOlderThan(Revision))
        {
            Revision = !revision.IsNone && SkipUpTo.IsNewerThan(revision) ? SkipUpTo : revision;
        }
    }

    /// <summary>At the head a bookmark carries the cursor on though nothing changed.</summary>
    private void AdvanceToHead()
    {
        // Head and revision of one moment: if the log has grown since, the head is outdated.
        var state = _log.State;
        if (Position != state.Head)
        {
            return;
        }

        Change = state.LastChange.IsNone ? Change : state.LastChange;
        if (!state.Revision.IsNone && !SkipUpTo.IsNewerThan(state.Revision) && !(Revision.IsNone && state.Era.Gaps.IsOpen))
        {
            Revision = state.Revision;
        }
    }

    private CursorReading CatchUp(List<Delta> into)
    {
        if (_log.CatchUp(Position, Revision, SkipUpTo) is not { } caught)
        {
            ResetReason = ResetReason.Expired;
            return CursorReading.Reset;
        }

        into.AddRange(caught.Deltas);
        if (Position == caught.Position)
        {
            return CursorReading.Nothing;
        }

        Position = caught.Position;
        Change = caught.Change;
        Pass(caught.Revision);
        return into.Count > 0 ? CursorReading.CaughtUp : CursorReading.Nothing;
    }

    /// <summary>
    /// For a version its own revision; for a deletion the latest possible one. A deletion found by a relist may be
    /// delivered twice, rather than never.
    /// </summary>
    private bool IsKnown(Delta delta)
    {
        if (SkipUpTo.IsNone)
        {
            return false;
        }

        var revision = delta.New is { } o ? o.ResourceVersion : delta.UpTo;
        return !revision.IsNone && revision.CompareTo(SkipUpTo) is RevisionOrder.Older or RevisionOrder.Equal;
    }
}
