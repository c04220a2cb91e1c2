using Vigia.Kubernetes;

namespace Vigia.Simulator;

/// <summary>A type's objects at one moment.</summary>
/// <param name="Items">Sorted by namespace, then name; never changed afterwards.</param>
/// <param name="Revision">The store's revision at that moment.</param>
public sealed record StoreSnapshot(StoredObject[] Items, long Revision)
{
    /// <summary>The items of one namespace (null or empty: all), found by binary search.</summary>
    public ReadOnlyMemory<StoredObject> In(string? ns)
    {
        if (string.IsNullOrEmpty(ns))
        {
            return Items;
        }

        var from = First(0, item => string.CompareOrdinal(item.Key.Namespace, ns) >= 0);
        var to = First(from, item => string.CompareOrdinal(item.Key.Namespace, ns) > 0);
        return Items.AsMemory(from, to - from);
    }

    /// <summary>One object, found by binary search; null if it is not there.</summary>
    public StoredObject? Find(ObjectKey key)
    {
        var at = First(0, item => item.Key.CompareTo(key) >= 0);
        return at < Items.Length && Items[at].Key == key ? Items[at] : null;
    }

    private int First(int low, Func<StoredObject, bool> holds)
    {
        var high = Items.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (holds(Items[middle]))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
