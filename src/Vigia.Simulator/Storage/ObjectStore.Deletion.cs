using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator;

// Deletion: finalizers, grace periods, owner references, and namespaces with their contents.
public sealed partial class ObjectStore
{
    private const string ForegroundFinalizer = "foregroundDeletion";

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
        options ??= new();
        lock (_gate)
        {
            var store = Require(gvr);
            if (store.Get(key) is not { } item)
            {
                return null;
            }

            if (options.Uid is { Length: > 0 } uid && uid != item.Uid)
            {
                throw StatusException.Conflict(
                    store.Type,
                    key.Name,
                    $"Precondition failed: UID in precondition: {uid}, UID in object meta: {item.Uid}"
                );
            }

            if (options.ResourceVersion is { Length: > 0 } version && version != item.Revision.ToString(CultureInfo.InvariantCulture))
            {
                throw StatusException.Conflict(
                    store.Type,
                    key.Name,
                    $"Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {item.Revision}"
                );
            }

            return dryRun ? item : DeleteLocked(store, item, options);
        }
    }

    private StoredObject DeleteLocked(TypeStore store, StoredObject item, DeletionOptions options)
    {
        if (store.Type.Gvr == BuiltInTypes.Namespaces.Gvr)
        {
            return DeleteNamespaceLocked(store, item);
        }

        var grace = 0L;
        if (
            GracefulPodDeletion
            && store.Type.Gvr == BuiltInTypes.Pods.Gvr
            && item.Field("spec.nodeName") is { Length: > 0 }
            && item.Field("status.phase") is not ("Succeeded" or "Failed")
        )
        {
            grace = options.GracePeriodSeconds ?? (long?)item.ToJson()["spec"]?["terminationGracePeriodSeconds"] ?? 30;
        }

        var dependents = Dependents(item);
        if (options.PropagationPolicy == "Orphan")
        {
            foreach (var (dependentStore, dependent) in dependents)
            {
                RewriteLocked(dependentStore, dependent, obj => WithoutOwner(obj, item.Uid));
            }
        }

        var foreground = options.PropagationPolicy == "Foreground" && dependents.Count > 0;
        if (item.Finalizers.Count == 0 && grace <= 0 && !foreground)
        {
            RemoveLocked(store, item);
            return item;
        }

        if (!item.IsDeleting || (foreground && !item.Finalizers.Contains(ForegroundFinalizer)))
        {
            item = RewriteLocked(
                store,
                item,
                obj =>
                {
                    var metadata = Metadata(obj);
                    if (!item.IsDeleting)
                    {
                        metadata["deletionTimestamp"] = Timestamp(TimeSpan.FromSeconds(grace));
                        metadata["deletionGracePeriodSeconds"] = grace;
                        if (store.Type.HasGeneration)
                        {
                            metadata["generation"] = ((long?)metadata["generation"]?.AsValue() ?? 0) + 1;
                        }
                    }

                    if (foreground)
                    {
                        var finalizers = metadata["finalizers"] as JsonArray ?? [];
                        finalizers.AddNode(ForegroundFinalizer);
                        metadata["finalizers"] = finalizers;
                    }
                }
            );
        }
        else if (GraceOf(item) is { } given && grace < given)
        {
            // Deleted again with a shorter grace period, as the kubelet does when its containers have ended: the
            // deadline moves closer, and an object held by finalizers goes with the last of them.
            item = RewriteLocked(
                store,
                item,
                obj =>
                {
                    var metadata = Metadata(obj);
                    metadata["deletionTimestamp"] = Timestamp(TimeSpan.FromSeconds(grace));
                    metadata["deletionGracePeriodSeconds"] = grace;
                }
            );
        }

        if (foreground)
        {
            foreach (var (dependentStore, dependent) in dependents)
            {
                if (dependentStore.Get(dependent.Key) is { IsDeleting: false } still)
                {
                    DeleteLocked(dependentStore, still, new DeletionOptions { PropagationPolicy = "Foreground" });
                }
            }

            FinishForegroundLocked(item.Uid, store, item.Key);
        }

        return store.Get(item.Key) ?? item;
    }

    private StoredObject DeleteNamespaceLocked(TypeStore store, StoredObject ns)
    {
        if (!ns.IsDeleting)
        {
            ns = RewriteLocked(
                store,
                ns,
                obj =>
                {
                    Metadata(obj)["deletionTimestamp"] = Timestamp();
                    obj["status"] = new JsonObject { ["phase"] = "Terminating" };
                }
            );
        }

        foreach (var contents in _types.Values.Where(t => t.Type.Namespaced).ToList())
        {
            foreach (var item in contents.Snapshot(_revision).In(ns.Key.Name).ToArray())
            {
                if (contents.Get(item.Key) is { IsDeleting: false } still)
                {
                    DeleteLocked(contents, still, new DeletionOptions());
                }
            }
        }

        FinishNamespaceLocked(ns.Key.Name);
        return ns;
    }

    private void FinishNamespaceLocked(string name)
    {
        var namespaces = _types[BuiltInTypes.Namespaces.Gvr];
        if (
            _namespaceCounts.GetValueOrDefault(name) == 0
            && namespaces.Get(new ObjectKey("", name)) is { IsDeleting: true, Finalizers.Count: 0 } ns
        )
        {
            _namespaceCounts.Remove(name);
            RemoveLocked(namespaces, ns);
        }
    }

    /// <summary>
    /// True if an object that is being deleted, and has no finalizers left, waits for nothing else.
    /// </summary>
    private bool CanGo(StoredObject item)
    {
        if (item.Type.Gvr == BuiltInTypes.Namespaces.Gvr)
        {
            return _namespaceCounts.GetValueOrDefault(item.Key.Name) == 0;
        }

        return GraceOf(item) is null or 0;
    }

    /// <summary>
    /// The seconds that a pod which is being deleted was given; null for none, and for other objects.
    /// </summary>
    private static long? GraceOf(StoredObject item) =>
        item.IsDeleting && item.Type.Gvr == BuiltInTypes.Pods.Gvr ? (long?)item.ToJson()["metadata"]?["deletionGracePeriodSeconds"] : null;

    /// <summary>
    /// Removes an object, and then everything that depended on it: dependents, an owner that waits in the foreground,
    /// its namespace.
    /// </summary>
    private void RemoveLocked(TypeStore store, StoredObject item)
    {
        if (store.Get(item.Key) != item)
        {
            return;
        }

        var revision = ++_revision;
        var dependents = Dependents(item);
        ApplyLocked(store, new StoreChange(ChangeKind.Deleted, item.WithRevision(revision), item, revision));
        foreach (var (dependentStore, dependent) in dependents)
        {
            if (dependentStore.Get(dependent.Key) is not { } still)
            {
                continue;
            }

            if (still.OwnerUids.Any(uid => uid != item.Uid && IsAliveLocked(uid)))
            {
                RewriteLocked(dependentStore, still, obj => WithoutOwner(obj, item.Uid));
            }
            else if (!still.IsDeleting)
            {
                DeleteLocked(dependentStore, still, new DeletionOptions());
            }
        }

        foreach (var owner in item.OwnerUids)
        {
            if (_foreground.TryGetValue(owner, out var waiting))
            {
                FinishForegroundLocked(owner, waiting.Store, waiting.Key);
            }
        }

        if (item.Key.Namespace.Length > 0)
        {
            FinishNamespaceLocked(item.Key.Namespace);
        }
    }

    private void FinishForegroundLocked(string uid, TypeStore store, ObjectKey key)
    {
        if (_dependents.ContainsKey(uid))
        {
            _foreground[uid] = (store, key);
            return;
        }

        _foreground.Remove(uid);
        if (store.Get(key) is { } item && item.Uid == uid && item.Finalizers.Contains(ForegroundFinalizer))
        {
            item = RewriteLocked(
                store,
                item,
                obj =>
                    Set(
                        Metadata(obj),
                        "finalizers",
                        new JsonArray([.. item.Finalizers.Where(f => f != ForegroundFinalizer).Select(f => (JsonNode)f)])
                    )
            );
            if (item.Finalizers.Count == 0 && CanGo(item))
            {
                RemoveLocked(store, item);
            }
        }
    }

    private bool IsAliveLocked(string uid) => _uids.Contains(uid);

    private List<(TypeStore Store, StoredObject Object)> Dependents(StoredObject owner) =>
        _dependents.TryGetValue(owner.Uid, out var set)
            ?
            [
                .. set.Select(d => (d.Store, Object: d.Store.Get(d.Key)!))
                    .Where(d => d.Object is not null)
                    .OrderBy(d => d.Store.Type.Plural, StringComparer.Ordinal)
                    .ThenBy(d => d.Object.Key),
            ]
            : [];

    private StoredObject RewriteLocked(TypeStore store, StoredObject item, Action<JsonObject> change)
    {
        var obj = item.ToJson();
        change(obj);
        var revision = ++_revision;
        Metadata(obj)["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture);
        var stored = new StoredObject(store.Type, ToBytes(obj), revision);
        ApplyLocked(store, new StoreChange(ChangeKind.Modified, stored, item, revision));
        return stored;
    }

    private static void WithoutOwner(JsonObject obj, string uid)
    {
        if (Metadata(obj)["ownerReferences"] is JsonArray owners)
        {
            for (var i = owners.Count - 1; i >= 0; i--)
            {
                if ((string?)owners[i]?["uid"] == uid)
                {
                    owners.RemoveAt(i);
                }
            }

            if (owners.Count == 0)
            {
                Metadata(obj).Remove("ownerReferences");
            }
        }
    }
}
