using Vigia.Kubernetes;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator;

// The whole state, taken and put back; and the state that a lagging replica sees.
public sealed partial class ObjectStore
{
    /// <summary>Takes the whole state, revision counter and types included. Objects are shared, not copied.</summary>
    public StoreBackup Snapshot()
    {
        lock (_gate)
        {
            return new StoreBackup(_revision, [.. _types.Values.Select(t => (t.Type, t.Snapshot(_revision).Items))], [.. _versions.Values]);
        }
    }

    /// <summary>
    /// Restores an earlier state, as etcd does from a snapshot: the revision counter goes back with it, history is
    /// empty, open watches end. Later writes get revisions that were assigned before. Uids continue and are never
    /// assigned twice.
    /// </summary>
    /// <remarks>
    /// Subscribers receive the difference, one change per object, under the revision of the backup, once all of it can
    /// be read.
    /// </remarks>
    public void Restore(StoreBackup backup)
    {
        ArgumentNullException.ThrowIfNull(backup);
        lock (_gate)
        {
            var before = _types.Values.ToList();
            _types.Clear();
            _versions.Clear();
            foreach (var version in backup.Versions)
            {
                _versions[version.Served.Gvr] = version;
            }

            _typeList = null;
            _namespaceCounts.Clear();
            _dependents.Clear();
            _foreground.Clear();
            _uids.Clear();
            _revision = backup.Revision;
            foreach (var (type, items) in backup.Types)
            {
                var store = new TypeStore(type, _options.HistoryEvents, _options.HistoryBytes, _revision);
                _types.Add(type.Gvr, store);
                foreach (var item in items)
                {
                    PutBackLocked(store, item);
                }
            }

            foreach (var store in before)
            {
                store.Unregister();
            }

            SignalLocked();
            TellDifferenceLocked(before);
        }
    }

    /// <summary>A lagging replica's view of a type, and the revision up to which it is complete.</summary>
    internal long SeenLocked(TypeStore store, ReplicaLag lag)
    {
        var seen = lag switch
        {
            { At: { } at } => at,
            { Revisions: { } behind } => _revision - behind,
            { Age: { } age } => store.RevisionBefore(_time.GetTimestamp() - (long)(age.TotalSeconds * _time.TimestampFrequency))
                ?? _revision,
            _ => _revision,
        };
        return Math.Clamp(seen, Math.Min(store.CompactedRevision, _revision), _revision);
    }

    /// <summary>How long until a replica that is behind by time sees more; null if nothing is on its way.</summary>
    internal TimeSpan? SeesMoreInLocked(TypeStore store, ReplicaLag lag, long seen) =>
        lag.Age is { } age && store.StampAfter(seen) is { } stamp
            ? TimeSpan.FromMilliseconds(Math.Max(1, (age - _time.GetElapsedTime(stamp, _time.GetTimestamp())).TotalMilliseconds + 1))
            : null;

    /// <summary>The objects of a type as a lagging replica has them.</summary>
    internal StoreSnapshot SnapshotBehind(GroupVersionResource gvr, ReplicaLag lag)
    {
        lock (_gate)
        {
            return TypeOfLocked(gvr) is { } store
                ? store.SnapshotAsOf(SeenLocked(store, lag), _revision)
                : new StoreSnapshot([], _revision);
        }
    }

    /// <summary>Completes with the next write to any type.</summary>
    internal Task AnyChangeLocked => (_anyChange ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void SignalLocked()
    {
        _anyChange?.TrySetResult();
        _anyChange = null;
    }

    private void PutBackLocked(TypeStore store, StoredObject item)
    {
        store.PutBack(item);
        Index(store, item, add: true);
        _uids.Add(item.Uid);
        if (item.Key.Namespace.Length > 0)
        {
            _namespaceCounts[item.Key.Namespace] = _namespaceCounts.GetValueOrDefault(item.Key.Namespace) + 1;
        }

        if (item.IsDeleting && item.Finalizers.Contains(ForegroundFinalizer))
        {
            _foreground[item.Uid] = (store, item.Key);
        }
    }

    private void TellDifferenceLocked(List<TypeStore> before)
    {
        if (_subscriptions.Length == 0)
        {
            return;
        }

        foreach (var old in before)
        {
            var store = _types.GetValueOrDefault(old.Type.Gvr);
            foreach (var item in old.Objects.Where(o => store?.Get(o.Key)?.Uid != o.Uid))
            {
                TellLocked(new StoreChange(ChangeKind.Deleted, item.WithRevision(_revision), item, _revision));
            }
        }

        foreach (var store in _types.Values)
        {
            var old = before.Find(t => t.Type.Gvr == store.Type.Gvr);
            foreach (var item in store.Objects)
            {
                var known = old?.Get(item.Key) is { } same && same.Uid == item.Uid ? same : null;
                if (known != item)
                {
                    TellLocked(new StoreChange(known is null ? ChangeKind.Added : ChangeKind.Modified, item, known, _revision));
                }
            }
        }
    }

    private void TellLocked(StoreChange change)
    {
        foreach (var subscription in _subscriptions)
        {
            if (subscription.Gvr is null || subscription.Gvr == change.Item.Type.Gvr)
            {
                subscription.OnChange(change);
            }
        }
    }
}
