using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Storage;

/// <summary>
/// The objects of one type, their bounded history, and the waiters for more of it. Everything under the store's lock.
/// </summary>
internal sealed class TypeStore(ResourceType type, int historyEvents, long historyBytes, long createdAt)
{
    private readonly SortedDictionary<ObjectKey, StoredObject> _objects = [];
    private const int PastSnapshots = 8;
    private const int LeftPlain = 256; // watches read the newest events, and those should cost them nothing
    private readonly List<StoreChange> _history = [];
    private readonly List<StoreSnapshot> _past = [];
    private readonly Queue<StoredObject> _superseded = [];
    private int _head;
    private long _bytes;
    private StoreSnapshot? _snapshot;
    private bool _snapshotIsCurrent;
    private TaskCompletionSource? _changed;

    public ResourceType Type { get; } = type;

    /// <summary>
    /// Watches may start from here or later: the revision of the last event that the history has lost.
    /// </summary>
    public long CompactedRevision { get; private set; } = createdAt;

    /// <summary>The sequence number of the first event still held; they count from 0 per type.</summary>
    public long FirstSequence { get; private set; }

    public long NextSequence => FirstSequence + Held;

    private int Held => _history.Count - _head;

    public int Count => _objects.Count;

    /// <summary>The bytes of objects in the history.</summary>
    public long HistoryBytes => _bytes;

    /// <summary>
    /// The revision of the oldest event that is held and may be forgotten; null if the history is as short as it may
    /// be.
    /// </summary>
    public long? OldestRevision => Held > 1 ? _history[_head].Revision : null;

    public IEnumerable<StoredObject> Objects => _objects.Values;

    public bool Unregistered { get; private set; }

    /// <summary>
    /// Completes with the next change; created on demand, so that a write without waiters costs nothing.
    /// </summary>
    public Task Changed => (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public StoredObject? Get(ObjectKey key) => _objects.GetValueOrDefault(key);

    /// <summary>The state now; the array is built at most once per change.</summary>
    public StoreSnapshot Snapshot(long revision)
    {
        if (!_snapshotIsCurrent || _snapshot is null)
        {
            _snapshot = new StoreSnapshot([.. _objects.Values], revision);
            _snapshotIsCurrent = true;
        }
        else if (_snapshot.Revision != revision)
        {
            _snapshot = _snapshot with { Revision = revision };
        }

        return _snapshot;
    }

    /// <summary>
    /// The state at an earlier revision, by undoing the history; null if it no longer reaches back that far.
    /// </summary>
    public StoreSnapshot? At(long revision, long now)
    {
        if (revision < CompactedRevision)
        {
            return null;
        }

        if (_past.Find(s => s.Revision == revision) is { } known)
        {
            return known;
        }

        var snapshot = Snapshot(now);
        if (_head == _history.Count || _history[^1].Revision <= revision)
        {
            snapshot = snapshot with { Revision = revision };
        }
        else
        {
            var state = new SortedDictionary<ObjectKey, StoredObject>(_objects);
            for (var i = _history.Count - 1; i >= _head && _history[i].Revision > revision; i--)
            {
                if (_history[i].Previous is { } previous)
                {
                    state[previous.Key] = previous;
                }
                else
                {
                    state.Remove(_history[i].Item.Key);
                }
            }

            snapshot = new StoreSnapshot([.. state.Values], revision);
        }

        // The next page will request the same revision: a few are kept, so that paging does not undo history once per
        // page.
        _past.Add(snapshot);
        if (_past.Count > PastSnapshots)
        {
            _past.RemoveAt(0);
        }

        return snapshot;
    }

    /// <summary>The state at a revision that history is known to reach, or now.</summary>
    public StoreSnapshot SnapshotAsOf(long revision, long now) => (revision < now ? At(revision, now) : null) ?? Snapshot(now);

    public void Apply(StoreChange change)
    {
        _snapshotIsCurrent = false;
        if (change.Kind == ChangeKind.Deleted)
        {
            _objects.Remove(change.Item.Key);
        }
        else
        {
            _objects[change.Item.Key] = change.Item;
        }

        _history.Add(change);
        _bytes += change.Item.KeptLength;
        Supersede(change.Previous);
        Supersede(change.Kind == ChangeKind.Deleted ? change.Item : null);
        while (Held > 1 && (Held > historyEvents || _bytes > historyBytes))
        {
            Forget();
        }

        Signal();
    }

    /// <summary>Drops history up to and including <paramref name="revision"/>: what etcd's compaction does.</summary>
    public void Compact(long revision)
    {
        while (Held > 0 && _history[_head].Revision <= revision)
        {
            Forget();
        }

        CompactedRevision = Math.Max(CompactedRevision, revision);
        _past.Clear();
    }

    /// <summary>
    /// The sequence number of the first event after <paramref name="revision"/>, or -1 where history no longer reaches
    /// back so far.
    /// </summary>
    public long SequenceAfter(long revision)
    {
        if (revision < CompactedRevision)
        {
            return -1;
        }

        return FirstSequence + First(change => change.Revision > revision) - _head;
    }

    /// <summary>
    /// Copies up to <paramref name="max"/> events from <paramref name="sequence"/> on, none above revision
    /// <paramref name="upTo"/>; false if they are no longer held.
    /// </summary>
    public bool Read(long sequence, int max, List<StoreChange> into, long upTo = long.MaxValue)
    {
        if (sequence < FirstSequence)
        {
            return false;
        }

        var end = Math.Min(sequence + max, NextSequence);
        for (; sequence < end; sequence++)
        {
            var change = _history[_head + (int)(sequence - FirstSequence)];
            if (change.Revision > upTo)
            {
                break;
            }

            into.Add(change);
        }

        return true;
    }

    /// <summary>The revision up to which all was written by a moment; null if that is everything.</summary>
    public long? RevisionBefore(long stamp)
    {
        var first = First(change => change.Stamp > stamp);
        return first < _history.Count ? _history[first].Revision - 1 : null;
    }

    /// <summary>When the first event after a revision was written; null if there is none.</summary>
    public long? StampAfter(long revision)
    {
        var first = First(change => change.Revision > revision);
        return first < _history.Count ? _history[first].Stamp : null;
    }

    /// <summary>Puts an object in its place without an event: for a restore.</summary>
    public void PutBack(StoredObject item)
    {
        _objects[item.Key] = item;
        _snapshotIsCurrent = false;
    }

    /// <summary>Takes the objects of a type whose definition has changed; its watches start again.</summary>
    public void TakeOver(TypeStore old)
    {
        foreach (var item in old.Objects)
        {
            _objects[item.Key] = new StoredObject(
                Type,
                old.Type.ApiVersion == Type.ApiVersion ? item.Bytes : InVersion(item),
                item.Revision,
                item.HasSortedFields
            );
        }
    }

    /// <summary>An object in this type's version, where the definition now stores another than before.</summary>
    private byte[] InVersion(StoredObject item)
    {
        var obj = item.ToJson();
        obj["apiVersion"] = Type.ApiVersion;
        return obj.ToUtf8();
    }

    public void Unregister()
    {
        Unregistered = true;
        Signal();
    }

    /// <summary>The index of the first event from which on <paramref name="holds"/>, by binary search.</summary>
    private int First(Func<StoreChange, bool> holds)
    {
        var (low, high) = (_head, _history.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (holds(_history[middle]))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    private void Signal()
    {
        _changed?.TrySetResult();
        _changed = null;
    }

    /// <summary>A version that history alone holds from now on: packed once it is not among the newest.</summary>
    private void Supersede(StoredObject? item)
    {
        if (item is null)
        {
            return;
        }

        _superseded.Enqueue(item);
        if (_superseded.Count > LeftPlain)
        {
            var old = _superseded.Dequeue();
            var before = old.KeptLength;
            old.Pack();

            // Only events that are still in the history are counted.
            _bytes -= old.Revision > CompactedRevision ? before - old.KeptLength : 0;
        }
    }

    /// <summary>Lets go of the oldest event.</summary>
    public void Forget()
    {
        var lost = _history[_head];
        _history[_head++] = null!; // let go of the object now; the list itself is cut when half of it is empty
        if (_head > 64 && _head > _history.Count / 2)
        {
            _history.RemoveRange(0, _head);
            _head = 0;
        }

        _bytes -= lost.Item.KeptLength;
        CompactedRevision = Math.Max(CompactedRevision, lost.Revision);
        FirstSequence++;
    }
}
