using Vigia.Kubernetes.Objects;

namespace Vigia.Informers.Deltas;

/// <summary>A consumer's place in a delta log. It is all that a consumer costs the informer.</summary>
/// <remarks><b>Guarantees.</b> For one reader at a time. Holds no objects and no lock; forgetting it frees it.</remarks>
public sealed class DeltaCursor
{
    private readonly DeltaLog _log;
    private int _gapVersion;

    internal DeltaCursor(DeltaLog log, long position, int epoch, ResourceVersion revision)
    {
        _log = log;
        _gapVersion = log.GapVersion;
        Position = position;
        Epoch = epoch;
        Revision = revision;
    }

    /// <summary>The number of deltas of the log that were read or skipped: meaningful to the same log only.</summary>
    public long Position { get; private set; }

    /// <summary>The log's epoch that the position belongs to.</summary>
    public int Epoch { get; }

    /// <summary>Everything up to this revision has been read: meaningful at every replica. None in the midst of what a relist found (<see cref="Delta.ResumeAt"/>).</summary>
    public ResourceVersion Revision { get; private set; }

    /// <summary>Why <see cref="CursorReading.Reset"/> was answered.</summary>
    public ResetReason ResetReason { get; private set; }

    /// <summary>Versions up to this one are known to the consumer already, from another replica.</summary>
    internal ResourceVersion SkipUpTo { get; init; }

    /// <summary>Ends when there may be something new. Take it before reading, await it after reading nothing.</summary>
    public Task NextChange => _log.NextChange;

    /// <summary>Reads what is new into <paramref name="into"/> (which is cleared first), at most <paramref name="max"/> deltas; a catch-up may give more.</summary>
    public CursorReading Read(List<Delta> into, int max = 256)
    {
        ArgumentNullException.ThrowIfNull(into);
        into.Clear();
        if (Epoch != _log.Epoch)
        {
            ResetReason = _log.LastReset;
            return CursorReading.Reset;
        }

        // What was seen elsewhere while this informer could not watch: it may contain what is unknown here.
        if (!SkipUpTo.IsNone && _gapVersion != _log.GapVersion)
        {
            _gapVersion = _log.GapVersion;
            if (_log.IsInGap(SkipUpTo))
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

    /// <summary>Goes on to a revision; never behind what was seen elsewhere.</summary>
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
        // The revision is read first: if the log grew in between, the head is no longer ours.
        var revision = _log.Revision;
        if (Position == _log.Head && !revision.IsNone && !SkipUpTo.IsNewerThan(revision) && !(Revision.IsNone && _log.IsRelisting))
        {
            Revision = revision;
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
        Position = caught.Position;
        Pass(caught.Revision);
        return into.Count > 0 ? CursorReading.CaughtUp : CursorReading.Nothing;
    }

    /// <summary>For a version what it is, for a deletion the latest that it may have happened: one that a relist found may be told again, rather than not at all.</summary>
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
