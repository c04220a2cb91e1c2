using Vigia.Kubernetes;

namespace Vigia.Informers.Deltas;

/// <summary>
/// Opens cursors in the middle of a log: finds the position where a reader continues, or refuses if it cannot receive
/// every change from there.
/// </summary>
/// <remarks>Reads published states of the log only, so it takes no lock. Nothing here runs for each delta.</remarks>
/// <param name="log">The log.</param>
/// <param name="maxAge">The longest time for which a reader can resume; zero for no limit.</param>
/// <param name="time">The clock that the ages are measured with.</param>
internal sealed class CursorOpening(DeltaLog log, TimeSpan maxAge, TimeProvider time)
{
    /// <inheritdoc cref="DeltaLog.OpenAt"/>
    public DeltaCursor? At(long position, int epoch, ResourceVersion revision)
    {
        // The revision may be ahead of the position: the reader has seen more at another replica before coming here.
        var era = log.State.Era;
        return
            position < 0
            || position > log.Head
            || epoch > era.Epoch
            || (epoch == era.Epoch && era.Gaps.Contain(revision))
            || IsTooLongAgo(position)
            ? null
            : new DeltaCursor(log, position, era, revision) { Epoch = epoch, SkipUpTo = revision };
    }

    /// <inheritdoc cref="DeltaLog.OpenAfter"/>
    public DeltaCursor? After(ResourceVersion revision, bool isOfThisHistory)
    {
        while (true)
        {
            // Changes before the first complete list are only in the API server's own history.
            var state = log.State;
            var era = state.Era;
            if (
                era.FirstRevision.IsNone
                || revision.CompareTo(era.FirstRevision) is RevisionOrder.Older or RevisionOrder.Unknown
                || era.Gaps.Contain(revision)
                || (!isOfThisHistory && era.IsLost(revision))
            )
            {
                return null;
            }

            // From the newest back to the first delta that the reader has certainly seen. Changes found by a relist
            // count with the list's revision.
            if (
                FindBack(
                    state,
                    delta => delta.UpTo is { IsNone: false } upTo && upTo.CompareTo(revision) is RevisionOrder.Older or RevisionOrder.Equal
                )
                is not { } position
            )
            {
                continue;
            }

            if (IsTooLongAgo(position))
            {
                return null;
            }

            if (position > state.Tail || state.Tail == 0 || !state.TailMark.IsAfter(revision))
            {
                return new DeltaCursor(log, position, era, revision) { SkipUpTo = revision };
            }

            return BeforeTail(state, revision);
        }
    }

    /// <inheritdoc cref="DeltaLog.Resume"/>
    public (ResumeOutcome Outcome, DeltaCursor? Cursor) Resume(ResourceVersion revision, ChangeMark change)
    {
        while (true)
        {
            var state = log.State;
            var era = state.Era;
            if (change.IsNone || !state.Revision.IsNumber || !era.FirstRevision.IsNumber)
            {
                return era.IsLost(revision) ? (ResumeOutcome.OtherHistory, null)
                    : revision.IsNewerThan(state.Revision) ? (ResumeOutcome.Ahead, null)
                    : After(revision, isOfThisHistory: false) is { } cursor ? (ResumeOutcome.Opened, cursor)
                    : (ResumeOutcome.TooOld, null);
            }

            var at = ResourceVersion.FromNumber(change.Revision);
            if (at.IsNewerThan(state.Revision))
            {
                return (ResumeOutcome.Ahead, null);
            }

            if (!at.IsNewerThan(era.FirstRevision) || era.Gaps.Contain(at))
            {
                return (ResumeOutcome.TooOld, null);
            }

            if (FindBack(state, delta => delta.UpTo is { IsNone: false } upTo && !upTo.IsNewerThan(at)) is not { } position)
            {
                continue;
            }

            if (IsTooLongAgo(position))
            {
                return (ResumeOutcome.TooOld, null);
            }

            if (position > state.Tail)
            {
                if (log.At(position - 1) is not { } last)
                {
                    continue;
                }

                if (last.Change == change)
                {
                    return (ResumeOutcome.Opened, new DeltaCursor(log, position, era, at) { SkipUpTo = at, Change = change });
                }

                // A change found by a list up to that very revision may be the one.
                return (last.Change.IsNone && last.UpTo == at ? ResumeOutcome.TooOld : ResumeOutcome.OtherHistory, null);
            }

            if (state.Tail <= era.CompleteFrom)
            {
                return (ResumeOutcome.OtherHistory, null);
            }

            // The change itself is forgotten. If its object has not changed since, it is the proof.
            return state.Holds(change) && BeforeTail(state, at) is { } back ? (ResumeOutcome.Opened, back) : (ResumeOutcome.TooOld, null);
        }
    }

    /// <summary>
    /// Before the oldest delta kept: the store and the tombstones still suffice, if no deletion since then was
    /// forgotten.
    /// </summary>
    private DeltaCursor? BeforeTail(LogState state, ResourceVersion revision) =>
        state.Era.Tombstones.LastForgotten.IsAfter(revision) ? null : new DeltaCursor(log, -1, state.Era, revision) { SkipUpTo = revision };

    /// <summary>
    /// The position after the newest delta for which the condition holds; the tail if there is none. Null if the log
    /// has moved on meanwhile: try again.
    /// </summary>
    private long? FindBack(LogState state, Func<Delta, bool> holds)
    {
        var position = state.Head;
        while (position > state.Tail)
        {
            if (log.At(position - 1) is not { } delta)
            {
                return null;
            }

            if (holds(delta))
            {
                break;
            }

            position--;
        }

        return position;
    }

    /// <summary>True if the next change for the reader is older than the oldest permitted resume point.</summary>
    private bool IsTooLongAgo(long position) =>
        maxAge > TimeSpan.Zero && log.At(Math.Max(position, log.Tail)) is { } next && next.ReceivedAt < time.GetUtcNow() - maxAge;
}
