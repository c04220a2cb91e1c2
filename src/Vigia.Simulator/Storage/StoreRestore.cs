namespace Vigia.Simulator.Storage;

/// <summary>Takes the whole state, and puts an earlier one back. Under the store's lock.</summary>
internal sealed class StoreRestore(StoreState state)
{
    public StoreBackup Backup() =>
        new(state.Revision, [.. state.Types.Stores.Select(t => (t.Type, t.Snapshot(state.Revision).Items))], [.. state.Types.Versions]);

    public void Restore(StoreBackup backup)
    {
        var before = state.Types.Stores.ToList();
        state.Clear();
        foreach (var version in backup.Versions)
        {
            state.Types.AddVersion(version);
        }

        state.Revision = backup.Revision;
        foreach (var (type, items) in backup.Types)
        {
            var store = state.Types.Add(type, state.Revision);
            foreach (var item in items)
            {
                PutBack(store, item);
            }
        }

        foreach (var store in before)
        {
            store.Unregister();
        }

        state.Signal();
        if (state.HasSubscriptions)
        {
            SendDifference(before);
        }
    }

    private void PutBack(TypeStore store, StoredObject item)
    {
        state.PutBack(store, item);
        if (item.IsDeleting && item.Finalizers.Contains(ObjectDeletion.ForegroundFinalizer))
        {
            state.Owners.Wait(item.Uid, store, item.Key);
        }
    }

    private void SendDifference(List<TypeStore> before)
    {
        foreach (var old in before)
        {
            var store = state.Types.FindStored(old.Type.Gvr);
            foreach (var item in old.Objects.Where(o => store?.Get(o.Key)?.Uid != o.Uid))
            {
                state.Send(new StoreChange(ChangeKind.Deleted, item.WithRevision(state.Revision), item, state.Revision));
            }
        }

        foreach (var store in state.Types.Stores)
        {
            var old = before.Find(t => t.Type.Gvr == store.Type.Gvr);
            foreach (var item in store.Objects)
            {
                var known = old?.Get(item.Key) is { } same && same.Uid == item.Uid ? same : null;
                if (known != item)
                {
                    state.Send(new StoreChange(known is null ? ChangeKind.Added : ChangeKind.Modified, item, known, state.Revision));
                }
            }
        }
    }
}
