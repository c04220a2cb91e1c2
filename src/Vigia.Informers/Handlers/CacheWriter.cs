using Vigia.Informers.Auditing;
using Vigia.Informers.Reflecting;
using Vigia.Kubernetes;

namespace Vigia.Informers.Handlers;

/// <summary>
/// Turns a reflector's events into changes of the store and deltas of the log: the only writer of both.
/// </summary>
/// <remarks>
/// Pipeline steps 4 and 5 (docs/architecture.md). Called by one reflector's loop. A list is compared with the store: an
/// object with the same version is neither copied nor delivered; one with an older version than the cached one is
/// discarded (a stale read); one with the same key and another uid is delivered as Deleted, then Added.
/// </remarks>
internal sealed class CacheWriter(Store store, DeltaLog log, InformerCounters counters, TimeProvider time) : IReflectorTarget
{
    // Items of a list become visible in groups: a block of the snapshot is copied once a group, not once an item.
    private const int ListBatch = 64;

    private readonly List<RawObject> _pending = new(ListBatch);
    private readonly List<Delta> _deltas = new(ListBatch);
    private List<RawObject>? _replacement;
    private bool _isRepair;
    private ResourceVersion _highest;
    private RelistMark _relist = new();
    private int _generation;
    private long _lastEvent;
    private long _lastBookmark;
    private long _lastList;

    /// <inheritdoc/>
    public ResourceVersion Revision { get; private set; }

    /// <inheritdoc/>
    public ResourceVersion Newest { get; private set; }

    /// <summary>True once the first list was complete.</summary>
    public bool HasSynced { get; private set; }

    /// <summary>
    /// The log's length when the first list was complete: a handler that has handled so much has handled all of it.
    /// </summary>
    public long SyncedAt { get; private set; }

    /// <summary>When the last event and the last bookmark were read, and the last list was complete.</summary>
    public (DateTimeOffset? Event, DateTimeOffset? Bookmark, DateTimeOffset? List) Last =>
        (At(ref _lastEvent), At(ref _lastBookmark), At(ref _lastList));

    /// <summary>Called when the reflector reports.</summary>
    public required Action<ReflectorState, ReflectorActivity> OnReport { get; init; }

    /// <summary>Called when a list is complete.</summary>
    public required Action OnListed { get; init; }

    /// <inheritdoc/>
    public bool HasOtherHistory { get; private set; }

    /// <inheritdoc/>
    public void BeginList(ListTrust trust, ResourceVersion since = default, ResourceVersion highest = default)
    {
        _highest = highest;
        (_isRepair, HasOtherHistory) = (trust == ListTrust.Repair, false);
        _pending.Clear();
        _generation++;
        _relist = new RelistMark();
        _replacement = trust == ListTrust.Restored ? [] : null;
        if (HasSynced && trust != ListTrust.Restored)
        {
            // The difference arose some time after the cache was last known to be right: another replica may have
            // delivered changes that are missing here.
            log.BeginGap(_isRepair && !since.IsNone ? since : Revision);
        }
    }

    /// <inheritdoc/>
    public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion)
    {
        if (_replacement is not null || store.Get(key) is not { } held)
        {
            return true;
        }

        // A server without a version in the list (some aggregated ones) must be asked for the object itself.
        if (held.ResourceVersion == resourceVersion && held.Identity == uid && !resourceVersion.IsNone && !_isRepair)
        {
            store.MarkListed(key, _generation);
            return false;
        }

        if (!IsStale(held, resourceVersion))
        {
            return true;
        }

        // A list for a repair is consistent, and no watch stands: a version older than the cached one cannot belong to
        // the same history.
        HasOtherHistory |= _isRepair;
        store.MarkListed(key, _generation);
        return false;
    }

    /// <inheritdoc/>
    public void Item(RawObject item)
    {
        if (_replacement is not null)
        {
            _replacement.Add(item);
            return;
        }

        _pending.Add(item);
        if (_pending.Count == ListBatch)
        {
            FlushList();
        }
    }

    /// <inheritdoc/>
    public void EndList(ResourceVersion revision)
    {
        if (_replacement is not null)
        {
            Replace(_replacement, revision);
            _replacement = null;
        }
        else
        {
            FlushList();
            using (store.BeginBatch())
            {
                var now = time.GetUtcNow();
                foreach (var key in store.NotListed(_generation))
                {
                    Stage(new Delta(DeltaKind.Deleted, store.Remove(key), null, Revision, now, _relist));
                }

                Commit();
                if (HasSynced)
                {
                    log.EndGap(revision);
                    log.Advance(revision);
                }
                else
                {
                    log.MarkFirstList(revision);
                    SyncedAt = log.Head;
                }

                _relist.End(revision, log.Head, log.LastChange);
                log.Publish();
            }
        }

        Revision = revision;
        Newest = ResourceVersion.None;
        _isRepair = false;
        Volatile.Write(ref _lastList, time.GetUtcNow().UtcTicks);
        HasSynced = true;
        OnListed();
        log.Changed.Fire();
    }

    /// <inheritdoc/>
    public bool Apply(ReadOnlySpan<WatchEvent> events)
    {
        if (events.IsEmpty)
        {
            return true;
        }

        // A streaming list may delete an object that it sent before.
        FlushList();
        var now = time.GetUtcNow();
        var inOrder = true;
        using (store.BeginBatch())
        {
            foreach (ref readonly var read in events)
            {
                counters.Count(read.Type);
                if (read.Type == WatchEventType.Bookmark)
                {
                    Volatile.Write(ref _lastBookmark, now.UtcTicks);

                    // A revision behind ours in a stream that started at ours: the server was restored.
                    inOrder = !read.ResourceVersion.IsOlderThan(Revision);
                }
                else
                {
                    Volatile.Write(ref _lastEvent, now.UtcTicks);
                    inOrder = Change(read.Type, read.Object!, read.ResourceVersion, now);
                }

                if (!inOrder)
                {
                    break;
                }

                if (HasSynced && !read.ResourceVersion.IsNone)
                {
                    Revision = read.ResourceVersion;
                }
            }

            Commit();
            if (HasSynced)
            {
                log.Advance(Revision);
            }

            log.Publish();
        }

        Interlocked.Add(ref counters._events, events.Length);
        log.Changed.Fire();
        return inOrder;
    }

    /// <inheritdoc/>
    public void Report(ReflectorState state, ReflectorActivity activity) => OnReport(state, activity);

    private bool Change(WatchEventType type, RawObject o, ResourceVersion revision, DateTimeOffset now)
    {
        var held = store.Get(o.Key);
        if (held is not null && IsStale(held, o.ResourceVersion))
        {
            // An object of the list may come once more in the watch that follows it; anything else means a restored
            // server.
            return o.Identity == held.Identity && !revision.IsOlderThan(Revision);
        }

        if (type == WatchEventType.Deleted)
        {
            if (held is not null)
            {
                store.Remove(o.Key);

                // The event carries the state at its deletion, which is newer than the cached one.
                Stage(
                    new Delta(DeltaKind.Deleted, ReferenceEquals(o, held) ? held : WithHistory(Store.Take(o), held), null, revision, now)
                    {
                        HeldVersion = held.ResourceVersion,
                    }
                );
            }

            return true;
        }

        Put(o, held, revision, now, relist: null);
        return true;
    }

    private void Put(RawObject o, RawObject? held, ResourceVersion revision, DateTimeOffset now, RelistMark? relist)
    {
        if (held is not null && held.Identity == o.Identity)
        {
            if (held.ResourceVersion == o.ResourceVersion && ((!o.ResourceVersion.IsNone && !_isRepair) || ObjectContent.AreEqual(held, o)))
            {
                return;
            }

            o = Store.Take(o);
            store.Put(o);
            Stage(new Delta(DeltaKind.Updated, held, o, revision, now, relist));
            return;
        }

        if (held is not null)
        {
            HasOtherHistory |= _isRepair && held.ResourceVersion == o.ResourceVersion && !o.ResourceVersion.IsNone;

            // Deleted and recreated while we were not looking: two objects, so two changes (client-go folds them into
            // one update).
            store.Remove(o.Key);
            Stage(new Delta(DeltaKind.Deleted, held, null, Revision, now, relist ?? RelistMark.At(revision)));
        }

        o = Store.Take(o);
        store.Put(o);
        Stage(new Delta(DeltaKind.Added, null, o, revision, now, relist) { IsInInitialList = !HasSynced });
    }

    private void FlushList()
    {
        if (_pending.Count == 0)
        {
            return;
        }

        using (store.BeginBatch())
        {
            var now = time.GetUtcNow();
            foreach (var item in _pending)
            {
                Put(item, store.Get(item.Key), Revision, now, _relist);
                if (!HasSynced && (Newest.IsNone || item.ResourceVersion.IsNewerThan(Newest)) && item.ResourceVersion.IsNumber)
                {
                    Newest = item.ResourceVersion;
                }

                store.MarkListed(item.Key, _generation);
            }

            Commit();
            log.Publish();
        }

        _pending.Clear();
        log.Changed.Fire();
    }

    /// <summary>The server was restored: the store becomes the list at once, and every cursor is reset.</summary>
    private void Replace(List<RawObject> items, ResourceVersion revision)
    {
        using (store.BeginBatch())
        {
            Interlocked.Increment(ref counters._resets);
            foreach (var key in store.NotListed(_generation))
            {
                store.Remove(key);
            }

            foreach (var listed in items)
            {
                var item = Store.Take(listed);
                item.AddedRevision = revision;
                item.Sequence = item.AddedSequence = log.Head;
                store.Put(item);
                store.MarkListed(item.Key, _generation);
            }

            store.Publish();
            log.Reset(ResetReason.Restored, revision, _highest);
            log.Publish();
        }
    }

    private void Stage(Delta delta)
    {
        log.Stamp(delta, _deltas.Count);
        _deltas.Add(delta);
    }

    /// <summary>First the store, then the log: a reader of a delta finds its change in the store.</summary>
    private void Commit()
    {
        store.Publish();
        foreach (var delta in _deltas)
        {
            log.Append(delta);
        }

        _deltas.Clear();
    }

    /// <summary>Times are kept as ticks: a reader on another thread must not see half of one.</summary>
    private static DateTimeOffset? At(ref long ticks) =>
        Volatile.Read(ref ticks) is > 0 and var read ? new DateTimeOffset(read, TimeSpan.Zero) : null;

    private bool IsStale(RawObject held, ResourceVersion offered)
    {
        if (!offered.IsOlderThan(held.ResourceVersion))
        {
            return false;
        }

        Interlocked.Increment(ref counters._staleReads);
        return true;
    }

    private static RawObject WithHistory(RawObject last, RawObject held)
    {
        (last.Sequence, last.AddedSequence, last.AddedRevision) = (held.Sequence, held.AddedSequence, held.AddedRevision);
        return last;
    }
}
