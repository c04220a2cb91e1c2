using System.Globalization;
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
/// </remarks>
public sealed partial class ObjectStore
{
    private const string NameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ObjectStoreOptions _options;
    private readonly Dictionary<GroupVersionResource, TypeStore> _types = [];
    private readonly Dictionary<string, int> _namespaceCounts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<(TypeStore Store, ObjectKey Key)>> _dependents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (TypeStore Store, ObjectKey Key)> _foreground = new(StringComparer.Ordinal);
    private readonly HashSet<string> _uids = new(StringComparer.Ordinal);
    private Subscription[] _subscriptions = [];
    private IReadOnlyList<ResourceType>? _typeList;
    private TaskCompletionSource? _anyChange;
    private long _revision = 1;
    private long _historyBytes;

    /// <summary>Creates a store with the built-in types and the four namespaces every cluster has.</summary>
    /// <param name="time">The clock behind timestamps.</param>
    /// <param name="seed">Decides uids and generated names.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    public ObjectStore(TimeProvider time, int seed, ObjectStoreOptions? options = null)
    {
        _time = time;
        _random = new Random(seed);
        _options = options ?? new();
        foreach (var type in BuiltInTypes.All)
        {
            _types.Add(type.Gvr, new TypeStore(type, _options.HistoryEvents, _options.HistoryBytes, _revision));
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
    public bool GracefulPodDeletion { get; set; }

    /// <summary>The revision of the last write.</summary>
    public long Revision
    {
        get
        {
            lock (_gate)
            {
                return _revision;
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
                return _typeList ??= [
                    .. _types.Values.Select(t => t.Type).Where(type => type.IsServed),
                    .. _versions.Values.Select(version => version.Served),
                ];
            }
        }
    }

    /// <summary>The type behind a resource; null if nothing serves it.</summary>
    public ResourceType? Find(GroupVersionResource gvr)
    {
        lock (_gate)
        {
            return _types.GetValueOrDefault(gvr)?.Type is { IsServed: true } type ? type : null;
        }
    }

    /// <summary>Serves a further type; one of the same name is replaced and keeps its objects.</summary>
    public void Register(ResourceType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        lock (_gate)
        {
            var store = new TypeStore(type, _options.HistoryEvents, _options.HistoryBytes, _revision);
            if (_types.TryGetValue(type.Gvr, out var old))
            {
                store.TakeOver(old);
                Reindex(old, store);
                old.Unregister();
            }

            _types[type.Gvr] = store;
            _typeList = null;
        }
    }

    /// <summary>Stops serving a type and drops its objects; open watches of it end.</summary>
    public void Unregister(GroupVersionResource gvr)
    {
        lock (_gate)
        {
            if (_types.TryGetValue(gvr, out var store))
            {
                foreach (var item in store.Objects.ToList())
                {
                    RemoveLocked(store, item);
                }

                _types.Remove(gvr);
                store.Unregister();
                _typeList = null;
            }
        }
    }

    /// <summary>One object; null if there is none, or no such type.</summary>
    public StoredObject? Get(GroupVersionResource gvr, ObjectKey key)
    {
        lock (_gate)
        {
            return TypeOfLocked(gvr)?.Get(key);
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
            return TypeOfLocked(gvr) is { } store ? store.Snapshot(_revision) : new StoreSnapshot([], _revision);
        }
    }

    /// <summary>
    /// All objects of a type at an earlier revision; null if history no longer reaches back that far.
    /// </summary>
    public StoreSnapshot? SnapshotAt(GroupVersionResource gvr, long revision)
    {
        lock (_gate)
        {
            return TypeOfLocked(gvr)?.At(revision, _revision);
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
            foreach (var store in _types.Values)
            {
                store.Compact(Math.Min(revision ?? _revision, _revision));
            }
        }
    }

    /// <summary>Raises the revision counter without a write, as a restore or other tenants of an etcd do.</summary>
    public void AdvanceRevision(long by)
    {
        lock (_gate)
        {
            _revision += by;
            SignalLocked();
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
        var subscription = new Subscription(this, gvr, onChange);
        lock (_gate)
        {
            _subscriptions = [.. _subscriptions, subscription];
        }

        return subscription;
    }

    internal TypeStore? TypeStoreOf(GroupVersionResource gvr)
    {
        lock (_gate)
        {
            return TypeOfLocked(gvr);
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

    internal long RevisionLocked => _revision;

    private TypeStore Require(GroupVersionResource gvr) => TypeOfLocked(gvr) ?? throw StatusException.NoSuchPath();

    private string NewUid()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    private string Timestamp(TimeSpan ahead = default) =>
        (_time.GetUtcNow() + ahead).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// Puts a change in force: objects, history, indexes, subscribers. The revision has been taken already.
    /// </summary>
    private void ApplyLocked(TypeStore store, StoreChange change)
    {
        System.Diagnostics.Debug.Assert(_gate.IsHeldByCurrentThread, "the store's lock is held");
        if (change.Previous is not null)
        {
            Index(store, change.Previous, add: false);
        }

        if (change.Kind != ChangeKind.Deleted)
        {
            Index(store, change.Item, add: true);
        }

        if (change.Kind == ChangeKind.Deleted)
        {
            _uids.Remove(change.Item.Uid);
        }
        else
        {
            _uids.Add(change.Item.Uid);
        }

        change.Stamp = _time.GetTimestamp();
        var before = store.HistoryBytes;
        store.Apply(change);
        _historyBytes += store.HistoryBytes - before;
        BoundHistoryLocked();
        SignalLocked();
        var ns = change.Item.Key.Namespace;
        if (ns.Length > 0 && change.Kind != ChangeKind.Modified)
        {
            _namespaceCounts[ns] = _namespaceCounts.GetValueOrDefault(ns) + (change.Kind == ChangeKind.Added ? 1 : -1);
        }

        TellLocked(change);
    }

    /// <summary>The bytes of objects in the history of all types.</summary>
    internal long HistoryBytes => Locked(() => _types.Values.Sum(type => type.HistoryBytes));

    private void BoundHistoryLocked()
    {
        if (_historyBytes <= _options.TotalHistoryBytes)
        {
            return;
        }

        // Counted again here: types come and go, and histories are compacted.
        _historyBytes = _types.Values.Sum(type => type.HistoryBytes);
        while (
            _historyBytes > _options.TotalHistoryBytes
            && _types.Values.Where(type => type.OldestRevision is not null).MinBy(type => type.OldestRevision) is { } oldest
        )
        {
            var before = oldest.HistoryBytes;
            oldest.Forget();
            _historyBytes += oldest.HistoryBytes - before;
        }
    }

    private void Index(TypeStore store, StoredObject item, bool add)
    {
        foreach (var uid in item.OwnerUids)
        {
            if (add)
            {
                (_dependents.TryGetValue(uid, out var set) ? set : _dependents[uid] = []).Add((store, item.Key));
            }
            else if (_dependents.TryGetValue(uid, out var set) && set.Remove((store, item.Key)) && set.Count == 0)
            {
                _dependents.Remove(uid);
            }
        }
    }

    private void Reindex(TypeStore old, TypeStore store)
    {
        foreach (var item in store.Objects)
        {
            Index(old, item, add: false);
            Index(store, item, add: true);
        }
    }

    private sealed class Subscription(ObjectStore owner, GroupVersionResource? gvr, Action<StoreChange> onChange) : IDisposable
    {
        public GroupVersionResource? Gvr { get; } = gvr;

        public Action<StoreChange> OnChange { get; } = onChange;

        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._subscriptions = [.. owner._subscriptions.Where(s => s != this)];
            }
        }
    }
}
