using Vigia.Kubernetes;

namespace Vigia.Simulator.Storage;

/// <summary>
/// The uids in use, the dependents of each owner, and the owners whose deletion waits for their dependents. Under the
/// store's lock.
/// </summary>
internal sealed class OwnerIndex
{
    private readonly Dictionary<string, HashSet<(TypeStore Store, ObjectKey Key)>> _dependents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (TypeStore Store, ObjectKey Key)> _foreground = new(StringComparer.Ordinal);
    private readonly HashSet<string> _uids = new(StringComparer.Ordinal);

    public bool IsAlive(string uid) => _uids.Contains(uid);

    public bool HasDependents(string uid) => _dependents.ContainsKey(uid);

    /// <summary>The objects that name an owner, sorted.</summary>
    public List<(TypeStore Store, StoredObject Object)> DependentsOf(StoredObject owner) =>
        _dependents.TryGetValue(owner.Uid, out var set)
            ?
            [
                .. set.Select(d => (d.Store, Object: d.Store.Get(d.Key)!))
                    .Where(d => d.Object is not null)
                    .OrderBy(d => d.Store.Type.Plural, StringComparer.Ordinal)
                    .ThenBy(d => d.Object.Key),
            ]
            : [];

    /// <summary>Notes a write.</summary>
    public void Apply(TypeStore store, StoreChange change)
    {
        if (change.Previous is not null)
        {
            RemoveReferences(store, change.Previous);
        }

        if (change.Kind == ChangeKind.Deleted)
        {
            _uids.Remove(change.Item.Uid);
        }
        else
        {
            Add(store, change.Item);
        }
    }

    public void Add(TypeStore store, StoredObject item)
    {
        AddReferences(store, item);
        _uids.Add(item.Uid);
    }

    /// <summary>Notes that the objects of a type are in another store now.</summary>
    public void Move(TypeStore from, TypeStore to)
    {
        foreach (var item in to.Objects)
        {
            RemoveReferences(from, item);
            AddReferences(to, item);
        }
    }

    /// <summary>Keeps an owner until its last dependent is gone.</summary>
    public void Wait(string uid, TypeStore store, ObjectKey key) => _foreground[uid] = (store, key);

    public void EndWait(string uid) => _foreground.Remove(uid);

    /// <summary>The owner with this uid, if its deletion waits for its dependents.</summary>
    public bool TryGetWaiting(string uid, out (TypeStore Store, ObjectKey Key) owner) => _foreground.TryGetValue(uid, out owner);

    public void Clear()
    {
        _dependents.Clear();
        _foreground.Clear();
        _uids.Clear();
    }

    private void AddReferences(TypeStore store, StoredObject item)
    {
        foreach (var uid in item.OwnerUids)
        {
            (_dependents.TryGetValue(uid, out var set) ? set : _dependents[uid] = []).Add((store, item.Key));
        }
    }

    private void RemoveReferences(TypeStore store, StoredObject item)
    {
        foreach (var uid in item.OwnerUids)
        {
            if (_dependents.TryGetValue(uid, out var set) && set.Remove((store, item.Key)) && set.Count == 0)
            {
                _dependents.Remove(uid);
            }
        }
    }
}
