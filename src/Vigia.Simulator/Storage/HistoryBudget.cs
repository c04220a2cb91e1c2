namespace Vigia.Simulator.Storage;

/// <summary>
/// Bounds the history of all types together: beyond the limit the oldest events go first, whatever their type. Under
/// the store's lock.
/// </summary>
internal sealed class HistoryBudget(TypeRegistry types, long limit)
{
    private long _bytes;

    /// <summary>The bytes of objects in the history of all types.</summary>
    public long Bytes => types.Stores.Sum(type => type.HistoryBytes);

    /// <summary>Puts a write into its type's history, and makes room for it.</summary>
    public void Apply(TypeStore store, StoreChange change)
    {
        var before = store.HistoryBytes;
        store.Apply(change);
        _bytes += store.HistoryBytes - before;
        if (_bytes > limit)
        {
            MakeRoom();
        }
    }

    private void MakeRoom()
    {
        // Counted again here: types come and go, and histories are compacted.
        _bytes = Bytes;
        while (
            _bytes > limit && types.Stores.Where(type => type.OldestRevision is not null).MinBy(type => type.OldestRevision) is { } oldest
        )
        {
            var before = oldest.HistoryBytes;
            oldest.Forget();
            _bytes += oldest.HistoryBytes - before;
        }
    }
}
