using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Storage;

/// <summary>
/// Deletion: finalizers, grace periods, garbage collection by owner references, and namespaces with their contents.
/// Under the store's lock.
/// </summary>
internal sealed class ObjectDeletion(StoreState state)
{
    public const string ForegroundFinalizer = "foregroundDeletion";

    /// <summary>As <see cref="ObjectStore.GracefulPodDeletion"/>.</summary>
    public bool GracefulPods { get; set; }

    /// <summary>As <see cref="ObjectStore.Delete"/>.</summary>
    /// <exception cref="StatusException">409 where a precondition does not hold.</exception>
    public StoredObject? Delete(GroupVersionResource gvr, ObjectKey key, DeletionOptions options, bool dryRun)
    {
        var store = state.Types.Require(gvr);
        if (store.Get(key) is not { } item)
        {
            return null;
        }

        CheckPreconditions(item, options);
        return dryRun ? item : Delete(store, item, options);
    }

    /// <summary>Removes all objects of a type, and the type.</summary>
    public void RemoveAll(TypeStore store)
    {
        foreach (var item in store.Objects.ToList())
        {
            Remove(store, item);
        }

        state.Types.Remove(store);
        store.Unregister();
    }

    private StoredObject Delete(TypeStore store, StoredObject item, DeletionOptions options)
    {
        if (store.Type.Gvr == BuiltInTypes.Namespaces.Gvr)
        {
            return DeleteNamespace(store, item);
        }

        var grace = 0L;
        if (
            GracefulPods
            && store.Type.Gvr == BuiltInTypes.Pods.Gvr
            && item.Field("spec.nodeName") is { Length: > 0 }
            && item.Field("status.phase") is not ("Succeeded" or "Failed")
        )
        {
            grace = options.GracePeriodSeconds ?? (long?)item.ToJson()["spec"]?["terminationGracePeriodSeconds"] ?? 30;
        }

        var dependents = state.Owners.DependentsOf(item);
        if (options.PropagationPolicy == "Orphan")
        {
            foreach (var (dependentStore, dependent) in dependents)
            {
                state.Rewrite(dependentStore, dependent, obj => ObjectGraph.WithoutOwner(obj, item.Uid));
            }
        }

        var foreground = options.PropagationPolicy == "Foreground" && dependents.Count > 0;
        if (item.Finalizers.Count == 0 && grace <= 0 && !foreground)
        {
            Remove(store, item);
            return item;
        }

        if (!item.IsDeleting || (foreground && !item.Finalizers.Contains(ForegroundFinalizer)))
        {
            item = state.Rewrite(
                store,
                item,
                obj =>
                {
                    var metadata = ObjectGraph.Metadata(obj);
                    if (!item.IsDeleting)
                    {
                        metadata["deletionTimestamp"] = state.Timestamp(TimeSpan.FromSeconds(grace));
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
            item = state.Rewrite(
                store,
                item,
                obj =>
                {
                    var metadata = ObjectGraph.Metadata(obj);
                    metadata["deletionTimestamp"] = state.Timestamp(TimeSpan.FromSeconds(grace));
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
                    Delete(dependentStore, still, new DeletionOptions { PropagationPolicy = "Foreground" });
                }
            }

            FinishForeground(item.Uid, store, item.Key);
        }

        return store.Get(item.Key) ?? item;
    }

    private StoredObject DeleteNamespace(TypeStore store, StoredObject ns)
    {
        if (!ns.IsDeleting)
        {
            ns = state.Rewrite(
                store,
                ns,
                obj =>
                {
                    ObjectGraph.Metadata(obj)["deletionTimestamp"] = state.Timestamp();
                    obj["status"] = new JsonObject { ["phase"] = "Terminating" };
                }
            );
        }

        foreach (var contents in state.Types.Stores.Where(t => t.Type.Namespaced).ToList())
        {
            foreach (var item in contents.Snapshot(state.Revision).In(ns.Key.Name).ToArray())
            {
                if (contents.Get(item.Key) is { IsDeleting: false } still)
                {
                    Delete(contents, still, new DeletionOptions());
                }
            }
        }

        FinishNamespace(ns.Key.Name);
        return ns;
    }

    private void FinishNamespace(string name)
    {
        var namespaces = state.Types.Namespaces;
        if (state.IsNamespaceEmpty(name) && namespaces.Get(new ObjectKey("", name)) is { IsDeleting: true, Finalizers.Count: 0 } ns)
        {
            state.ForgetNamespace(name);
            Remove(namespaces, ns);
        }
    }

    /// <summary>
    /// True if an object that is being deleted, and has no finalizers left, waits for nothing else.
    /// </summary>
    public bool CanGo(StoredObject item)
    {
        if (item.Type.Gvr == BuiltInTypes.Namespaces.Gvr)
        {
            return state.IsNamespaceEmpty(item.Key.Name);
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
    public void Remove(TypeStore store, StoredObject item)
    {
        if (store.Get(item.Key) != item)
        {
            return;
        }

        var revision = ++state.Revision;
        var dependents = state.Owners.DependentsOf(item);
        state.Commit(store, new StoreChange(ChangeKind.Deleted, item.WithRevision(revision), item, revision));
        foreach (var (dependentStore, dependent) in dependents)
        {
            if (dependentStore.Get(dependent.Key) is not { } still)
            {
                continue;
            }

            if (still.OwnerUids.Any(uid => uid != item.Uid && state.Owners.IsAlive(uid)))
            {
                state.Rewrite(dependentStore, still, obj => ObjectGraph.WithoutOwner(obj, item.Uid));
            }
            else if (!still.IsDeleting)
            {
                Delete(dependentStore, still, new DeletionOptions());
            }
        }

        foreach (var owner in item.OwnerUids)
        {
            if (state.Owners.TryGetWaiting(owner, out var waiting))
            {
                FinishForeground(owner, waiting.Store, waiting.Key);
            }
        }

        if (item.Key.Namespace.Length > 0)
        {
            FinishNamespace(item.Key.Namespace);
        }
    }

    private void FinishForeground(string uid, TypeStore store, ObjectKey key)
    {
        if (state.Owners.HasDependents(uid))
        {
            state.Owners.Wait(uid, store, key);
            return;
        }

        state.Owners.EndWait(uid);
        if (store.Get(key) is { } item && item.Uid == uid && item.Finalizers.Contains(ForegroundFinalizer))
        {
            item = state.Rewrite(
                store,
                item,
                obj =>
                    ObjectGraph.Set(
                        ObjectGraph.Metadata(obj),
                        "finalizers",
                        new JsonArray([.. item.Finalizers.Where(f => f != ForegroundFinalizer).Select(f => (JsonNode)f)])
                    )
            );
            if (item.Finalizers.Count == 0 && CanGo(item))
            {
                Remove(store, item);
            }
        }
    }

    private static void CheckPreconditions(StoredObject item, DeletionOptions options)
    {
        if (options.Uid is { Length: > 0 } uid && uid != item.Uid)
        {
            throw StatusException.Conflict(
                item.Type,
                item.Key.Name,
                $"Precondition failed: UID in precondition: {uid}, UID in object meta: {item.Uid}"
            );
        }

        if (options.ResourceVersion is { Length: > 0 } version && version != item.Revision.ToString(CultureInfo.InvariantCulture))
        {
            throw StatusException.Conflict(
                item.Type,
                item.Key.Name,
                $"Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {item.Revision}"
            );
        }
    }
}
