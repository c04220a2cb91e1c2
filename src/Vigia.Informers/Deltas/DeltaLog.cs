using Vigia.Informers.Storing;
using Vigia.Kubernetes.Objects;

namespace Vigia.Informers.Deltas;

/// <summary>Every change of one resource, once, in order, bounded: it takes the place of client-go's DeltaFIFO and of its buffers per listener.</summary>
/// <remarks>
/// <b>Guarantees.</b> One writer; any number of cursors, none of which can hold up the writer or another cursor. The store is changed before a delta can be read here. What falls off the end is
/// not lost to a cursor: it is caught up from the store and the tombstones (<see cref="CursorReading.CaughtUp"/>), and if even that is impossible it is told so (<see cref="CursorReading.Reset"/>).
/// Pipeline step 5 (docs/architecture.md).
/// </remarks>
public sealed class DeltaLog
{
    private readonly DeltaLogOptions _options;
    private readonly Store _store;
    private readonly TombstoneRing _tombstones;
    private readonly RelistGaps _gaps = new();
    private readonly Delta?[] _ring;
    private long _head;
    private long _tail;
    private long _firstHead;
    private readonly TimeProvider _time;
    private ResourceVersion _revision;
    private ForgottenMark _tailMark;
    private ResourceVersion _firstRevision;
    private long _bytes;
    private long _catchUps;

    internal DeltaLog(Store store, DeltaLogOptions options, TimeProvider time)
    {
        _time = time;
        _store = store;
        _options = options;
        _ring = new Delta?[options.Capacity];
        _tombstones = new TombstoneRing(options.Tombstones);
    }

    /// <summary>Ends whenever something new may be seen: a delta, a bookmark, a change of state. Take it before looking.</summary>
    public Task NextChange => Changed.Next;

    /// <summary>Everything up to here is in the store: the newest revision of an event, list or bookmark.</summary>
    public ResourceVersion Revision
    {
        get
        {
            // A version is two words: the gate keeps a reader from seeing half of one.
            lock (_store.Writing)
            {
                return _revision;
            }
        }
    }

    /// <summary>Counts the times the API server was found restored to an older state; cursors of an older epoch are reset.</summary>
    public int Epoch { get; private set; }

    /// <summary>Deltas appended so far.</summary>
    public long Appended => Volatile.Read(ref _head);

    /// <summary>Deltas that can still be read one by one.</summary>
    public long Kept => Volatile.Read(ref _head) - Volatile.Read(ref _tail);

    /// <summary>Cursors that fell off the log and were caught up from the store.</summary>
    public long CatchUps => Volatile.Read(ref _catchUps);

    internal Pulse Changed { get; } = new();

    internal long Head => Volatile.Read(ref _head);

    internal ResetReason LastReset { get; private set; } = ResetReason.Start;

    /// <summary>The state now, and a cursor that goes on from exactly there.</summary>
    public (ObjectSnapshot Snapshot, DeltaCursor Cursor) OpenWithSnapshot()
    {
        lock (_store.Writing)
        {
            return (_store.List(), new DeltaCursor(this, _head, Epoch, _revision));
        }
    }

    /// <summary>A cursor that reads what comes from now on.</summary>
    public DeltaCursor Open() => OpenWithSnapshot().Cursor;

    /// <summary>A cursor at a position handed out by this very log (<see cref="DeltaCursor.Position"/>): exact, whatever happened in between. Null where the position cannot be this log's.</summary>
    public DeltaCursor? OpenAt(long position, int epoch, ResourceVersion revision)
    {
        lock (_store.Writing)
        {
            // The revision may be ahead of the position: of somebody who had seen more at another replica before coming here.
            return position < 0 || position > _head || epoch > Epoch || (epoch == Epoch && _gaps.Contain(revision)) ? null : new DeltaCursor(this, position, epoch, revision) { SkipUpTo = revision };
        }
    }

    /// <summary>
    /// A cursor for somebody who has seen everything up to <paramref name="revision"/>, here or at another replica. Null where this log does not reach back that far, or where the
    /// revisions cannot be compared.
    /// </summary>
    public DeltaCursor? OpenAfter(ResourceVersion revision)
    {
        lock (_store.Writing)
        {
            // What happened before the first list was complete only the API server's own history can tell.
            if (_firstRevision.IsNone || revision.CompareTo(_firstRevision) is RevisionOrder.Older or RevisionOrder.Unknown || _gaps.Contain(revision))
            {
                return null;
            }

            // From the newest back to the first that the caller has certainly seen. What a relist found counts with the list's revision.
            var position = _head;
            while (position > _tail && !(Slot(position - 1)!.UpTo is { IsNone: false } upTo && upTo.CompareTo(revision) is RevisionOrder.Older or RevisionOrder.Equal))
            {
                position--;
            }

            if (position > _tail || _tail == 0 || !_tailMark.IsAfter(revision))
            {
                return new DeltaCursor(this, position, Epoch, revision) { SkipUpTo = revision };
            }

            // Before the oldest delta kept: the store and the tombstones can still tell, if no deletion since then was forgotten.
            return _tombstones.Forgotten.IsAfter(revision) ? null : new DeltaCursor(this, -1, Epoch, revision) { SkipUpTo = revision };
        }
    }

    /// <summary>
    /// True where a stretch of the server's history after this revision was bridged by a list: of it the outcome alone is known. Whoever must have every step asks with the revision that he had reached before he read.
    /// </summary>
    public bool IsBridgedAfter(ResourceVersion revision)
    {
        lock (_store.Writing)
        {
            return _gaps.EndAfter(revision);
        }
    }

    /// <summary>
    /// Numbers a delta that will be appended after <paramref name="ahead"/> others, and marks its object: at once, since a later change in the same batch looks at the marks of the version it replaces.
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
            : (delta.Sequence, !delta.UpTo.IsNone ? delta.UpTo : _firstRevision.IsNone ? ResourceVersion.None : added.ResourceVersion);
    }

    /// <summary>Appends a stamped delta; call with the store's gate held, after the store was changed.</summary>
    internal void Append(Delta delta)
    {
        if (delta.Kind == DeltaKind.Deleted)
        {
            _tombstones.Add(delta.AsTombstone());
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

        while (_bytes > _options.MaxBytes && _head - _tail > 1)
        {
            Forget();
        }
    }

    /// <summary>Everything up to this revision has been seen, though nothing changed.</summary>
    internal void Advance(ResourceVersion revision) => _revision = revision;

    /// <summary>The server is listed again: what it did since <paramref name="from"/> is seen as its outcome alone.</summary>
    internal void BeginGap(ResourceVersion from)
    {
        lock (_store.Writing)
        {
            _gaps.Begin(from);
        }
    }

    /// <summary>The list is complete; call with the store's gate held.</summary>
    internal void EndGap(ResourceVersion to) => _gaps.End(to);

    /// <summary>The revision of the first list, or of the one after a restore: nothing is known of before.</summary>
    internal ResourceVersion FirstRevision
    {
        get
        {
            lock (_store.Writing)
            {
                return _firstRevision;
            }
        }
    }

    /// <summary>The deletions after a position, oldest first; null where some of them were forgotten. Whoever finds an object gone from the store before asking finds its deletion here.</summary>
    internal List<Delta>? DeletionsSince(long position)
    {
        lock (_store.Writing)
        {
            return position < _tombstones.Forgotten.Sequence ? null : [.. _tombstones.Since(position)];
        }
    }

    /// <summary>True while the server is listed again.</summary>
    internal bool IsRelisting
    {
        get
        {
            lock (_store.Writing)
            {
                return _gaps.IsOpen;
            }
        }
    }

    /// <summary>Changes whenever <see cref="IsInGap"/> may answer otherwise than before.</summary>
    internal int GapVersion => _gaps.Version;

    /// <summary>True where somebody who has seen up to this revision elsewhere may know objects that this log cannot tell the end of.</summary>
    internal bool IsInGap(ResourceVersion revision)
    {
        lock (_store.Writing)
        {
            return _gaps.Contain(revision);
        }
    }

    /// <summary>The first list is complete.</summary>
    internal void MarkFirstList(ResourceVersion revision)
    {
        (_firstRevision, _revision) = (revision, revision);
        _firstHead = _head;

        // The store tells whoever has not read them what the first list brought: 10,000 additions need not be kept twice.
        while (_tail < _head)
        {
            Forget();
        }

        // Whoever has seen the first list has seen all that is forgotten.
        _tailMark = default;
    }

    /// <summary>The server went back in time: cursors cannot go on.</summary>
    internal void Reset(ResetReason reason, ResourceVersion revision)
    {
        Epoch++;
        LastReset = reason;
        while (_tail < _head)
        {
            Forget();
        }

        _tailMark = default;
        _tombstones.Clear();
        _gaps.Clear();
        (_firstRevision, _revision) = (revision, revision);
    }

    /// <summary>The delta at a position, or null where it was forgotten (the reader fell off) or is not written yet.</summary>
    internal Delta? At(long position)
    {
        var delta = Slot(position);
        return delta is not null && delta.Sequence == position + 1 ? delta : null;
    }

    /// <summary>Brings a cursor up to date from the store: deletions first, then what changed, in the order of the changes. Null where too much was forgotten.</summary>
    internal (List<Delta> Deltas, long Position, ResourceVersion Revision)? CatchUp(long position, ResourceVersion seen, ResourceVersion seenElsewhere)
    {
        lock (_store.Writing)
        {
            // A position of -1 stands for a cursor of another replica, of which only the revision is known.
            var byRevision = position < 0;

            // What the cursor has seen that this log's positions do not tell: at another replica, whose log may be ahead of ours.
            ResourceVersion? known = byRevision ? seen : seenElsewhere.IsNone ? null : seenElsewhere;
            if (!byRevision && position < _tombstones.Forgotten.Sequence)
            {
                return null;
            }

            if (byRevision || position >= _firstHead)
            {
                Interlocked.Increment(ref _catchUps);
            }

            var deltas = new List<Delta>();
            foreach (var deletion in _tombstones.Since(byRevision ? 0 : position))
            {
                // A deletion without a revision belongs to a relist that is still going on: nobody has seen it elsewhere.
                if ((deletion.UpTo.IsNone || !IsSeen(deletion.UpTo, known)) && (deletion.Old!.AddedSequence <= position || IsSeen(deletion.Old.AddedRevision, known)))
                {
                    deltas.Add(deletion);
                }
            }

            var now = _time.GetUtcNow();
            var changed = new List<RawObject>();
            foreach (var o in _store.List())
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
                deltas.Add(new Delta(isNew ? DeltaKind.Added : DeltaKind.Updated, null, o, seen, At(o.Sequence - 1)?.ReceivedAt ?? now)
                {
                    // An object that is new and has not changed since had one step only.
                    IsFolded = !isNew || o.Sequence != o.AddedSequence,
                    IsInInitialList = isNew && o.AddedSequence <= _firstHead,
                    Sequence = o.Sequence,
                });
            }

            // In the midst of a relist no revision says what was seen.
            return (deltas, _head, _gaps.IsOpen && deltas.Count > 0 ? ResourceVersion.None : _revision);
        }
    }

    /// <summary>No revision stands for the first list, which every cursor that can be resumed has seen.</summary>
    private static bool IsSeen(ResourceVersion revision, ResourceVersion? seen) => seen is { } upTo && (revision.IsNone || revision.CompareTo(upTo) is RevisionOrder.Older or RevisionOrder.Equal);

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
