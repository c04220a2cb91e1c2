using Vigia.Informers.Deltas;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>
/// Every change of one resource, once, in order, bounded: it replaces client-go's DeltaFIFO and its buffers per
/// listener.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> One writer and any number of cursors, which never block the writer or each other: readers use
/// published states and take no lock. The store is changed before a delta can be read here. A cursor that fell off the
/// end is caught up from the store and the tombstones (<see cref="CursorReading.CaughtUp"/>); if that is impossible,
/// the reading is <see cref="CursorReading.Reset"/>. Pipeline step 5 (docs/architecture.md).
/// </remarks>
public sealed class DeltaLog
{
    private readonly DeltaLogOptions _options;
    private readonly Store _store;
    private readonly Delta?[] _ring;
    private readonly TimeProvider _time;
    private readonly CursorOpening _opening;

    // The writer's own; readers use the published state.
    private LogEra _era;
    private long _head;
    private long _tail;
    private ResourceVersion _revision;
    private ForgottenMark _tailMark;
    private ChangeMark _lastChange;
    private long _bytes;

    private LogState _state;
    private long _catchUps;

    internal DeltaLog(Store store, DeltaLogOptions options, TimeProvider time)
    {
        _time = time;
        _store = store;
        _options = options;
        _opening = new CursorOpening(this, options.MaxAge, time);
        _ring = new Delta?[options.Capacity];
        _era = new LogEra { Tombstones = new TombstoneRing(options.Tombstones) };
        _state = new LogState(_era, 0, 0, default, default, ObjectSnapshot.Empty, default);
    }

    /// <summary>Ends at every news: a delta, a bookmark, a change of state. Take it before checking.</summary>
    public Task NextChange => Changed.Next;

    /// <summary>Everything up to here is in the store: the newest revision of an event, list or bookmark.</summary>
    public ResourceVersion Revision => State.Revision;

    /// <summary>
    /// Counts the times the API server was found restored to an older state; cursors of an older epoch are reset.
    /// </summary>
    public int Epoch => State.Era.Epoch;

    /// <summary>Deltas appended so far.</summary>
    public long Appended => Volatile.Read(ref _head);

    /// <summary>Deltas that can still be read one by one.</summary>
    public long Kept => Volatile.Read(ref _head) - Volatile.Read(ref _tail);

    /// <summary>Cursors that fell off the log and were caught up from the store.</summary>
    public long CatchUps => Volatile.Read(ref _catchUps);

    internal Pulse Changed { get; } = new();

    internal long Head => Volatile.Read(ref _head);

    internal long Tail => Volatile.Read(ref _tail);

    /// <summary>The last change that is known, for the writer.</summary>
    internal ChangeMark LastChange => _lastChange;

    /// <summary>Log and store as they were last published together.</summary>
    internal LogState State => Volatile.Read(ref _state);

    /// <summary>The revision of the first list, or of the one after a restore: nothing is known of before.</summary>
    public ResourceVersion FirstRevision => State.Era.FirstRevision;

    /// <summary>True while the server is listed again.</summary>
    internal bool IsRelisting => State.Era.Gaps.IsOpen;

    /// <summary>The current state, and a cursor that continues exactly after it.</summary>
    public (ObjectSnapshot Snapshot, DeltaCursor Cursor) OpenWithSnapshot()
    {
        var state = State;
        return (state.Snapshot, new DeltaCursor(this, state.Head, state.Era, state.Revision) { Change = state.LastChange });
    }

    /// <summary>A cursor that reads changes from now on.</summary>
    public DeltaCursor Open() => OpenWithSnapshot().Cursor;

    /// <summary>
    /// A cursor at a position handed out by this very log (<see cref="DeltaCursor.Position"/>): exact, whatever
    /// happened in between. Null if the position cannot be this log's.
    /// </summary>
    public DeltaCursor? OpenAt(long position, int epoch, ResourceVersion revision) => _opening.At(position, epoch, revision);

    /// <summary>
    /// A cursor for a reader that has seen everything up to <paramref name="revision"/>, here or at another replica.
    /// Null if this log does not reach back that far, if the revision may belong to a history lost in a restore
    /// (<see cref="IsLost"/>), or if revisions cannot be compared.
    /// </summary>
    /// <remarks>
    /// A revision alone does not identify its history: with a <see cref="ChangeMark"/>, use <see cref="Resume"/>.
    /// </remarks>
    /// <param name="revision">The revision that was seen.</param>
    /// <param name="isOfThisHistory">
    /// True if the caller knows that the revision was assigned after the last restore, although it is in the range that
    /// the restore took back.
    /// </param>
    public DeltaCursor? OpenAfter(ResourceVersion revision, bool isOfThisHistory = false) => _opening.After(revision, isOfThisHistory);

    /// <summary>
    /// A cursor for a reader of another replica or an earlier process that has seen everything up to a revision, and
    /// whose last change of this resource is known.
    /// </summary>
    /// <remarks>
    /// The change decides: it identifies the cursor's history, and nothing of this resource happened between it and the
    /// revision. So the cursor continues after the change, never after a revision that a restored server may have
    /// assigned to other changes. Without a change (<see cref="ChangeMark.None"/>) the revision alone decides, and a
    /// lost history goes unnoticed once the server's revision has passed it.
    /// </remarks>
    public (ResumeOutcome Outcome, DeltaCursor? Cursor) Resume(ResourceVersion revision, ChangeMark change) =>
        _opening.Resume(revision, change);

    /// <summary>True if the store has an object in the very version of a change.</summary>
    public bool Holds(ChangeMark change) => State.Holds(change);

    /// <summary>
    /// True if the store has an object whose version is after one revision and not after another: something has
    /// happened between them.
    /// </summary>
    public bool HoldsBetween(ulong after, ulong upTo) => State.HoldsBetween(after, upTo);

    /// <summary>
    /// True if a revision may belong to a history that the server no longer has: it lies in the stretch that a
    /// restore took back.
    /// </summary>
    public bool IsLost(ResourceVersion revision) => State.Era.IsLost(revision);

    /// <summary>
    /// True if the server was restored and had assigned this revision before: a change under it may belong to the lost
    /// history, even after the restored server has passed it. Only the change itself can show that.
    /// </summary>
    public bool MayBeLost(ResourceVersion revision) => State.Era.Lost.UpTo is { IsNone: false } highest && !revision.IsNewerThan(highest);

    /// <summary>
    /// True if a part of the server's history after this revision was bridged by a list, so only its outcome is known.
    /// A reader that needs every step asks with the revision reached before reading.
    /// </summary>
    public bool IsBridgedAfter(ResourceVersion revision) => State.Era.Gaps.EndAfter(revision);

    /// <summary>
    /// Numbers a delta that will be appended after <paramref name="ahead"/> others, and marks its object: at once,
    /// since a later change in the same batch reads the marks of the version it replaces.
    /// </summary>
    internal void Stamp(Delta delta, int ahead)
    {
        delta.Sequence = _head + ahead + 1;
        if (delta.New is not { } added)
        {
            return;
        }

        added.Sequence = delta.Sequence;
        (added.AddedSequence, added.AddedRevision) = delta.Old is { } old
            ? (old.AddedSequence, old.AddedRevision)
            : (
                delta.Sequence,
                !delta.UpTo.IsNone ? delta.UpTo
                : _era.FirstRevision.IsNone ? ResourceVersion.None
                : added.ResourceVersion
            );
    }

    /// <summary>
    /// Appends a numbered delta; call with the store's gate held, after the store was changed, and
    /// <see cref="Publish"/> after.
    /// </summary>
    internal void Append(Delta delta)
    {
        if (delta.Kind == DeltaKind.Deleted)
        {
            _era.Tombstones.Add(delta.AsTombstone());
        }

        if (_head - _tail == _ring.Length)
        {
            Forget();
        }

        _bytes += delta.Object.KeptLength;
        Volatile.Write(ref _ring[_head % _ring.Length], delta);
        Volatile.Write(ref _head, _head + 1);
        if (!delta.Revision.IsNone)
        {
            _revision = delta.Revision;
        }

        _lastChange = delta.Change is { IsNone: false } change ? change : _lastChange;
        while (_bytes > _options.MaxBytes && _head - _tail > 1)
        {
            Forget();
        }
    }

    /// <summary>Everything up to this revision has been seen, though nothing changed.</summary>
    internal void Advance(ResourceVersion revision) => _revision = revision;

    /// <summary>
    /// The server is listed again: what happened there since <paramref name="from"/> is seen as its outcome alone.
    /// </summary>
    internal void BeginGap(ResourceVersion from)
    {
        using (_store.BeginBatch())
        {
            _era = _era with { Gaps = _era.Gaps.Begin(from) };
            Publish();
        }
    }

    /// <summary>The list is complete; call with the store's gate held.</summary>
    internal void EndGap(ResourceVersion to)
    {
        _era = _era with { Gaps = _era.Gaps.End(to) };

        // Objects deleted meanwhile have no revision here; the revision seen before stays valid.
        var newest = NewestHeld();
        _lastChange = newest.Revision > _lastChange.Revision ? newest : _lastChange;
    }

    /// <summary>
    /// The deletions after a position, oldest first; null if some of them were forgotten. An object that was gone from
    /// the store before this call has its deletion here.
    /// </summary>
    internal List<Delta>? DeletionsSince(long position) => State.Era.Tombstones.Between(position, long.MaxValue);

    /// <summary>The first list is complete.</summary>
    internal void MarkFirstList(ResourceVersion revision)
    {
        _revision = revision;
        _era = _era with { FirstRevision = revision, FirstHead = _head, CompleteFrom = _head };

        // The store delivers the first list's objects to readers that have not read them: 10,000 additions need not be
        // kept twice.
        while (_tail < _head)
        {
            Forget();
        }

        // A reader that has seen the first list has seen all forgotten deltas.
        _tailMark = default;
        _lastChange = NewestHeld();
    }

    /// <summary>The server was restored to an older state: cursors cannot continue.</summary>
    /// <param name="reason">The reason that cursors receive.</param>
    /// <param name="revision">The server's current revision.</param>
    /// <param name="highest">
    /// The newest revision that is known of the lost history, of this resource or another.
    /// </param>
    internal void Reset(ResetReason reason, ResourceVersion revision, ResourceVersion highest)
    {
        _era = _era.AfterRestore(
            reason,
            revision,
            highest.IsNewerThan(_revision) ? highest : _revision,
            _head,
            new TombstoneRing(_options.Tombstones)
        );
        while (_tail < _head)
        {
            Forget();
        }

        _tailMark = default;
        _revision = revision;
        _lastChange = NewestHeld();
    }

    /// <summary>
    /// The log's length with every change that the store may show by now: waits for a batch that is being written,
    /// without holding it up.
    /// </summary>
    internal long HeadOfStore()
    {
        _store.WaitForBatch();
        return Head;
    }

    /// <summary>
    /// Publishes the changes as one state; call with the store's gate held, at the end of each change.
    /// </summary>
    internal void Publish() =>
        Volatile.Write(ref _state, new LogState(_era, _head, _tail, _tailMark, _revision, _store.List(), _lastChange));

    /// <summary>
    /// The delta at a position, or null if it was forgotten (the reader fell off) or is not written yet.
    /// </summary>
    internal Delta? At(long position)
    {
        var delta = Slot(position);
        return delta is not null && delta.Sequence == position + 1 ? delta : null;
    }

    /// <summary>Brings a cursor up to date from the store. Null if too much was forgotten.</summary>
    internal (List<Delta> Deltas, long Position, ResourceVersion Revision, ChangeMark Change)? CatchUp(
        long position,
        ResourceVersion seen,
        ResourceVersion seenElsewhere
    )
    {
        var state = State;
        if (position >= state.Head)
        {
            // Some forgotten deltas are newer than the published state: the rest follows in a moment.
            return ([], position, ResourceVersion.None, default);
        }

        if (Deltas.CatchUp.Of(this, state, position, seen, seenElsewhere, _time.GetUtcNow()) is not { } caught)
        {
            return null;
        }

        if (position < 0 || position >= state.Era.FirstHead)
        {
            Interlocked.Increment(ref _catchUps);
        }

        return (caught.Deltas, caught.Position, caught.Revision, state.LastChange);
    }

    /// <summary>The change of the newest cached version; used as the last change if the source was a list.</summary>
    private ChangeMark NewestHeld()
    {
        RawObject? newest = null;
        foreach (var o in _store.List())
        {
            if (o.ResourceVersion.IsNumber && (newest is null || o.ResourceVersion.Number > newest.ResourceVersion.Number))
            {
                newest = o;
            }
        }

        return newest is null ? default : ChangeMark.Of(newest);
    }

    private Delta? Slot(long position) => Volatile.Read(ref _ring[position % _ring.Length]);

    private void Forget()
    {
        ref var slot = ref _ring[_tail % _ring.Length];
        _bytes -= slot!.Object.KeptLength;
        _tailMark = slot.Mark;
        Volatile.Write(ref slot, null);
        Volatile.Write(ref _tail, _tail + 1);
    }
}
