using Vigia.Kubernetes;

namespace Vigia.Simulator;

// The write that costs no graph: for churn by the hundred a second.
public sealed partial class ObjectStore
{
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
            var store = Require(gvr);
            if (store.Get(key) is not { IsDeleting: false } old || change(old) is not { } bytes)
            {
                return null;
            }

            var revision = ++_revision;
            var stored = new StoredObject(store.Type, bytes, revision).WithRevision(revision);
            ApplyLocked(store, new StoreChange(ChangeKind.Modified, stored, old, revision));
            return stored;
        }
    }
}
