using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator;

/// <summary>
/// The simulated cluster's etcd: all objects, under one revision counter, with a bounded history of events per type.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Thread-safe; writes are sequential, each with the next revision. Subscribers are called in that
/// order, after the write can be read. Uids and generated names depend on the seed and the order of writes alone.
/// Objects are kept as bytes and never change.
/// <para>
/// Writes made here are trusted: names and specs are validated by the server, not by the store; a subresource of null
/// may change status as well.
/// </para>
/// <para>
/// <b>Locking.</b> There is one lock, and only this class takes it: each member takes it once, and calls the classes
/// that do the work while it is held. Those hold all state that changes, and never take a lock: <c>StoreState</c>,
/// <c>TypeRegistry</c>, <c>TypeStore</c>, <c>OwnerIndex</c>, <c>HistoryBudget</c>, <c>ObjectAdmission</c>,
/// <c>ObjectWriter</c>, <c>ObjectDeletion</c>, <c>StoreRestore</c> and <c>ReplicaView</c>. Internal members whose names
/// end in Locked do not take it either: they are called inside <c>Locked</c>. Callbacks run while the lock is held, and
/// must be quick. <see cref="StoredObject"/>, <see cref="StoreSnapshot"/> and <see cref="StoreBackup"/> need no lock.
/// </para>
/// </remarks>
public sealed class ObjectStore
{
    private readonly Lock _gate = new();
    private readonly StoreState _state;
    private readonly ObjectDeletion _deletion;
    private readonly ObjectWriter _writer;
    private readonly StoreRestore _restore;
    private readonly ReplicaView _replicas;

    /// <summary>Creates a store with the built-in types and the four namespaces every cluster has.</summary>
    /// <param name="time">The clock behind timestamps.</param>
    /// <param name="seed">Decides uids and generated names.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    public ObjectStore(TimeProvider time, int seed, ObjectStoreOptions? options = null)
    {
        _state = new StoreState(_gate, time, options ?? new());
        _deletion = new ObjectDeletion(_state);
        _writer = new ObjectWriter(_state, new ObjectAdmission(_state, seed), _deletion);
        _restore = new StoreRestore(_state);
        _replicas = new ReplicaView(_state);
        foreach (var type in BuiltInTypes.All)
        {
            _state.Types.Add(type, _state.Revision);
        }

        foreach (var name in (string[])["default", "kube-node-lease", "kube-public", "kube-system"])
        {
            Create(BuiltInTypes.Namespaces.Gvr, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, "kube-apiserver");
        }
    }

    /// <summary>
    /// True while a living cluster finishes the deletion of pods: a deleted pod that a node runs then gets a
    /// deletionTimestamp and stays until it is deleted again with no grace. False (default): it is gone at once.
    /// </summary>
    public bool GracefulPodDeletion
    {
        get
        {
            lock (_gate)
            {
                return _deletion.GracefulPods;
            }
        }
        set
        {
            lock (_gate)
            {
                _deletion.GracefulPods = value;
            }
        }
    }

    /// <summary>The revision of the last write.</summary>
    public long Revision
    {
        get
        {
            lock (_gate)
            {
                return _state.Revision;
            }
        }
    }

    /// <summary>The types served now, in the order of their registration.</summary>
    public IReadOnlyList<ResourceType> Types
    {
        get
        {
            lock (_gate)
            {
                return _state.Types.Served;
            }
        }
    }

    /// <summary>The bytes of objects in the history of all types.</summary>
    internal long HistoryBytes
    {
        get
        {
            lock (_gate)
            {
                return _state.History.Bytes;
            }
        }
    }

    internal long RevisionLocked => _state.Revision;

    /// <summary>Completes with the next write to any type.</summary>
    internal Task AnyChangeLocked => _state.AnyChange;

    /// <summary>The type behind a resource; null if nothing serves it.</summary>
    public ResourceType? Find(GroupVersionResource gvr)
    {
        lock (_gate)
        {
            return _state.Types.FindServed(gvr);
        }
    }

    /// <summary>Serves a further type; one of the same name is replaced and keeps its objects.</summary>
    public void Register(ResourceType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        lock (_gate)
        {
            _state.Serve(type, _state.Types.FindStored(type.Gvr) is { } old ? [old] : []);
        }
    }

    /// <summary>Stops serving a type and drops its objects; open watches of it end.</summary>
    public void Unregister(GroupVersionResource gvr)
    {
        lock (_gate)
        {
            if (_state.Types.FindStored(gvr) is { } store)
            {
                _deletion.RemoveAll(store);
            }
        }
    }

    /// <summary>One object; null if there is none, or no such type.</summary>
    public StoredObject? Get(GroupVersionResource gvr, ObjectKey key)
    {
        lock (_gate)
        {
            return _state.Types.Find(gvr)?.Get(key);
        }
    }

    /// <summary>
    /// The objects of a namespace (null: of all), sorted by namespace and name. An immutable snapshot.
    /// </summary>
    public IReadOnlyList<StoredObject> List(GroupVersionResource gvr, string? ns = null)
    {
        var snapshot = Snapshot(gvr);
        return string.IsNullOrEmpty(ns) ? snapshot.Items : snapshot.In(ns).ToArray();
    }

    /// <summary>All objects of a type with the revision at which that was the state. Shared, not copied.</summary>
    public StoreSnapshot Snapshot(GroupVersionResource gvr)
    {
        lock (_gate)
        {
            return _state.Types.Find(gvr)?.Snapshot(_state.Revision) ?? new StoreSnapshot([], _state.Revision);
        }
    }

    /// <summary>
    /// All objects of a type at an earlier revision; null if history no longer reaches back that far.
    /// </summary>
    public StoreSnapshot? SnapshotAt(GroupVersionResource gvr, long revision)
    {
        lock (_gate)
        {
            return _state.Types.Find(gvr)?.At(revision, _state.Revision);
        }
    }

    /// <summary>
    /// Creates an object. Takes <c>metadata.name</c>, or makes one of <c>metadata.generateName</c>; sets apiVersion,
    /// kind, uid, times, revision, generation.
    /// </summary>
    /// <param name="gvr">The resource.</param>
    /// <param name="obj">The object; the store works on a copy. managedFields that are given are kept.</param>
    /// <param name="manager">The field manager to note.</param>
    /// <param name="dryRun">True to return what would be stored, and store nothing.</param>
    /// <exception cref="StatusException">
    /// 409 AlreadyExists; 404 for a missing namespace or resource; 403 while the namespace is being deleted; 400
    /// without a name.
    /// </exception>
    public StoredObject Create(GroupVersionResource gvr, JsonObject obj, string manager, bool dryRun = false)
    {
        ArgumentNullException.ThrowIfNull(obj);
        var copy = obj.DeepClone().AsObject();
        lock (_gate)
        {
            return _writer.Create(gvr, copy, manager, dryRun);
        }
    }

    /// <summary>
    /// Creates an object from bytes, without a graph: for seeding many. Puts uid, creationTimestamp and resourceVersion
    /// in front of the other metadata, which must not hold them (nor may the object lack apiVersion and kind).
    /// </summary>
    /// <param name="gvr">The resource.</param>
    /// <param name="utf8">The JSON object, without white space around it.</param>
    /// <param name="created">The creationTimestamp; null for now.</param>
    /// <exception cref="StatusException">As <see cref="Create"/>.</exception>
    public StoredObject CreateRaw(GroupVersionResource gvr, ReadOnlySpan<byte> utf8, DateTimeOffset? created = null)
    {
        _ = Find(gvr) ?? throw StatusException.NoSuchPath();
        var header = ObjectWriter.ReadNew(utf8);
        lock (_gate)
        {
            return _writer.CreateRaw(gvr, utf8, header, created);
        }
    }

    /// <summary>Replaces an object.</summary>
    /// <param name="gvr">The resource.</param>
    /// <param name="obj">
    /// The new state; the store works on a copy. uid and creationTimestamp are kept from the old one.
    /// </param>
    /// <param name="manager">The field manager to note.</param>
    /// <param name="subresource"><c>status</c> to change status only; null for everything.</param>
    /// <param name="dryRun">True to return what would be stored, and store nothing.</param>
    /// <exception cref="StatusException">
    /// 404 NotFound; 409 Conflict where resourceVersion or uid is given and is not the stored one.
    /// </exception>
    public StoredObject Update(GroupVersionResource gvr, JsonObject obj, string manager, string? subresource = null, bool dryRun = false)
    {
        ArgumentNullException.ThrowIfNull(obj);
        var copy = obj.DeepClone().AsObject();
        lock (_gate)
        {
            return _writer.Update(gvr, copy, manager, subresource, dryRun);
        }
    }

    /// <summary>
    /// Reads, changes and writes an object in one step: no conflict is possible, and a change that changes nothing
    /// writes nothing.
    /// </summary>
    /// <param name="gvr">The resource.</param>
    /// <param name="key">The object.</param>
    /// <param name="change">
    /// Changes the graph it is given. Called under the store's lock: it must be quick, and must not call the store.
    /// </param>
    /// <param name="manager">The field manager to note.</param>
    /// <param name="subresource"><c>status</c> to change status only; null for everything.</param>
    /// <returns>The new state (the old one if nothing changed); null if the object does not exist.</returns>
    public StoredObject? Mutate(
        GroupVersionResource gvr,
        ObjectKey key,
        Action<JsonObject> change,
        string manager,
        string? subresource = null
    )
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate)
        {
            return _writer.Mutate(gvr, key, change, manager, subresource);
        }
    }

    /// <summary>
    /// Deletes an object. With finalizers, foreground propagation, or (pods on a node, while
    /// <see cref="GracefulPodDeletion"/>) grace it is marked with a deletionTimestamp and goes later; else it is gone
    /// at once. Objects it owns follow.
    /// </summary>
    /// <returns>
    /// The last state, or the marked one (<see cref="StoredObject.IsDeleting"/> and still readable); null if the object
    /// does not exist.
    /// </returns>
    /// <exception cref="StatusException">409 where a precondition does not hold.</exception>
    public StoredObject? Delete(GroupVersionResource gvr, ObjectKey key, DeletionOptions? options = null, bool dryRun = false)
    {
        lock (_gate)
        {
            return _deletion.Delete(gvr, key, options ?? new(), dryRun);
        }
    }

    /// <summary>
    /// Drops history, as etcd's compaction does: watches and lists from an older revision, and continue tokens of one,
    /// get 410.
    /// </summary>
    /// <param name="revision">
    /// The oldest revision that stays available; null, or a future one, for the current one.
    /// </param>
    public void Compact(long? revision = null)
    {
        lock (_gate)
        {
            foreach (var store in _state.Types.Stores)
            {
                store.Compact(Math.Min(revision ?? _state.Revision, _state.Revision));
            }
        }
    }

    /// <summary>Raises the revision counter without a write, as a restore or other tenants of an etcd do.</summary>
    public void AdvanceRevision(long by)
    {
        lock (_gate)
        {
            _state.Revision += by;
            _state.Signal();
        }
    }

    /// <summary>
    /// Calls back for every write to one type (null: to any), in order, after it can be read. The call is made under
    /// the store's lock: put the change into a channel and return; never write to the store from it.
    /// </summary>
    /// <returns>Dispose it to end the calls.</returns>
    public IDisposable Subscribe(GroupVersionResource? gvr, Action<StoreChange> onChange)
    {
        ArgumentNullException.ThrowIfNull(onChange);
        var subscription = new Subscription(gvr, onChange, Unsubscribe);
        lock (_gate)
        {
            _state.Subscribe(subscription);
        }

        return subscription;
    }

    /// <summary>Takes the whole state, revision counter and types included. Objects are shared, not copied.</summary>
    public StoreBackup Snapshot()
    {
        lock (_gate)
        {
            return _restore.Backup();
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
            _restore.Restore(backup);
        }
    }

    /// <summary>
    /// As <see cref="Mutate"/>, but <paramref name="change"/> returns the new graph, which may carry managedFields of
    /// its own making (apply).
    /// </summary>
    internal StoredObject? Transform(
        GroupVersionResource gvr,
        ObjectKey key,
        Func<JsonObject, JsonObject> change,
        string manager,
        string? subresource,
        bool dryRun,
        bool ownsManagedFields
    )
    {
        lock (_gate)
        {
            return _writer.Transform(gvr, key, change, manager, subresource, dryRun, ownsManagedFields);
        }
    }

    /// <summary>
    /// Replaces an object's bytes by others that differ in annotations or status alone; its revision is set, nothing
    /// else is kept up.
    /// </summary>
    /// <param name="gvr">The resource.</param>
    /// <param name="key">The object.</param>
    /// <param name="change">
    /// Makes the new JSON of the old; null leaves it. Called under the store's lock: it must not call the store.
    /// </param>
    /// <returns>The new state; null if the object does not exist, is being deleted, or was not changed.</returns>
    internal StoredObject? ReplaceRaw(GroupVersionResource gvr, ObjectKey key, Func<StoredObject, byte[]?> change)
    {
        lock (_gate)
        {
            return _writer.ReplaceRaw(gvr, key, change);
        }
    }

    /// <summary>
    /// Serves a custom type in the versions of its definition. Objects are kept once, in the version that is stored;
    /// the others differ by apiVersion (a definition's conversion strategy None). Versions that were served before and
    /// are no longer are gone, and open watches of the type end, as at a real server whose definition changes.
    /// </summary>
    internal void RegisterVersions(IReadOnlyList<ResourceType> versions)
    {
        lock (_gate)
        {
            _state.Serve(versions);
        }
    }

    /// <summary>Stops serving a custom type in all its versions.</summary>
    internal void UnregisterVersions(ResourceType type)
    {
        lock (_gate)
        {
            _state.Types.RemoveVersions(type);
            foreach (var store in _state.Types.OfCustom(type))
            {
                _deletion.RemoveAll(store);
            }
        }
    }

    /// <summary>A served version of a type other than the stored one; null if there is none.</summary>
    internal ServedVersion? FindVersion(GroupVersionResource gvr)
    {
        lock (_gate)
        {
            return _state.Types.FindVersion(gvr);
        }
    }

    internal TypeStore? TypeStoreOf(GroupVersionResource gvr)
    {
        lock (_gate)
        {
            return _state.Types.Find(gvr);
        }
    }

    /// <summary>
    /// Runs <paramref name="read"/> under the lock: for watches, which must see state and history as one.
    /// </summary>
    internal T Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    /// <summary>The objects of a type as a lagging replica has them.</summary>
    internal StoreSnapshot SnapshotBehind(GroupVersionResource gvr, ReplicaLag lag)
    {
        lock (_gate)
        {
            return _state.Types.Find(gvr) is { } store ? _replicas.Snapshot(store, lag) : new StoreSnapshot([], _state.Revision);
        }
    }

    /// <summary>A lagging replica's view of a type, and the revision up to which it is complete.</summary>
    internal long SeenLocked(TypeStore store, ReplicaLag lag) => _replicas.Seen(store, lag);

    /// <summary>How long until a replica that is behind by time sees more; null if nothing is on its way.</summary>
    internal TimeSpan? SeesMoreInLocked(TypeStore store, ReplicaLag lag, long seen) => _replicas.SeesMoreIn(store, lag, seen);

    private void Unsubscribe(Subscription subscription)
    {
        lock (_gate)
        {
            _state.Unsubscribe(subscription);
        }
    }
}
