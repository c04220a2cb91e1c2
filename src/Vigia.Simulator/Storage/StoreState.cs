using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Storage;

/// <summary>
/// The state that every write changes: the revision counter, objects and history of all types, the indexes and the
/// subscriptions. Under the store's lock.
/// </summary>
/// <param name="gate">The store's lock. It is never taken here, only asserted.</param>
/// <param name="time">The clock behind timestamps.</param>
/// <param name="options">Limits of the history.</param>
internal sealed class StoreState(Lock gate, TimeProvider time, ObjectStoreOptions options)
{
    private readonly Dictionary<string, int> _namespaceCounts = new(StringComparer.Ordinal);
    private Subscription[] _subscriptions = [];
    private TaskCompletionSource? _anyChange;
    private HistoryBudget? _history;

    public TimeProvider Time => time;

    public TypeRegistry Types { get; } = new(options);

    public OwnerIndex Owners { get; } = new();

    public HistoryBudget History => _history ??= new(Types, options.TotalHistoryBytes);

    /// <summary>The revision of the last write.</summary>
    public long Revision { get; set; } = 1;

    public bool HasSubscriptions => _subscriptions.Length > 0;

    /// <summary>Completes with the next write to any type.</summary>
    public Task AnyChange => (_anyChange ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public string Timestamp(TimeSpan ahead = default) => Json.Time(time.GetUtcNow() + ahead);

    /// <summary>
    /// Puts a change in force: objects, history, indexes, subscribers. The revision has been taken already.
    /// </summary>
    public void Commit(TypeStore store, StoreChange change)
    {
        Debug.Assert(gate.IsHeldByCurrentThread, "the store's lock is held");
        Owners.Apply(store, change);
        change.Stamp = time.GetTimestamp();
        History.Apply(store, change);
        Signal();
        if (change.Kind != ChangeKind.Modified)
        {
            CountInNamespace(change.Item, change.Kind == ChangeKind.Added ? 1 : -1);
        }

        Send(change);
    }

    /// <summary>Changes an object without a field manager, under a revision of its own.</summary>
    public StoredObject Rewrite(TypeStore store, StoredObject item, Action<JsonObject> change)
    {
        var obj = item.ToJson();
        change(obj);
        var revision = ++Revision;
        ObjectGraph.Metadata(obj)["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture);
        var stored = new StoredObject(store.Type, obj.ToUtf8(), revision, item.HasSortedFields);
        Commit(store, new StoreChange(ChangeKind.Modified, stored, item, revision));
        return stored;
    }

    /// <summary>Serves a type with the objects of those that it replaces, whose watches end.</summary>
    public void Serve(ResourceType type, IReadOnlyList<TypeStore> replaced)
    {
        foreach (var old in replaced)
        {
            Types.Remove(old);
        }

        var store = Types.Add(type, Revision);
        foreach (var old in replaced)
        {
            store.TakeOver(old);
            Owners.Move(old, store);
            old.Unregister();
        }
    }

    /// <summary>Serves a custom type in the versions of its definition, in place of those served before.</summary>
    public void Serve(IReadOnlyList<ResourceType> versions)
    {
        if (versions.Count == 0)
        {
            return;
        }

        var stored =
            versions.FirstOrDefault(version => version is { IsStorage: true, IsServed: true })
            ?? versions.FirstOrDefault(version => version.IsServed)
            ?? versions[0];
        Serve(stored, Types.OfCustom(stored));
        Types.RemoveVersions(stored);
        foreach (var version in versions.Where(version => version.IsServed && version.Gvr != stored.Gvr))
        {
            Types.AddVersion(new ServedVersion(version, stored));
        }
    }

    /// <summary>Puts an object in its place without an event or a revision: for a restore.</summary>
    public void PutBack(TypeStore store, StoredObject item)
    {
        store.PutBack(item);
        Owners.Add(store, item);
        CountInNamespace(item, 1);
    }

    public bool IsNamespaceEmpty(string name) => _namespaceCounts.GetValueOrDefault(name) == 0;

    public void ForgetNamespace(string name) => _namespaceCounts.Remove(name);

    /// <summary>Drops types, objects and indexes, but not the subscriptions.</summary>
    public void Clear()
    {
        Types.Clear();
        Owners.Clear();
        _namespaceCounts.Clear();
    }

    /// <summary>Wakes those who wait for a write to any type.</summary>
    public void Signal()
    {
        _anyChange?.TrySetResult();
        _anyChange = null;
    }

    public void Subscribe(Subscription subscription) => _subscriptions = [.. _subscriptions, subscription];

    public void Unsubscribe(Subscription subscription) => _subscriptions = [.. _subscriptions.Where(s => s != subscription)];

    public void Send(StoreChange change)
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.Send(change);
        }
    }

    private void CountInNamespace(StoredObject item, int by)
    {
        var ns = item.Key.Namespace;
        if (ns.Length > 0)
        {
            _namespaceCounts[ns] = _namespaceCounts.GetValueOrDefault(ns) + by;
        }
    }
}
