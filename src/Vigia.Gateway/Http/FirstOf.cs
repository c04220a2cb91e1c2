namespace Vigia.Gateway.Http;

/// <summary>The first N items in an order, without sorting the others.</summary>
/// <remarks>
/// A heap with the last of the kept items on top: an item that does not belong to the first N costs one comparison. Not
/// thread-safe.
/// </remarks>
/// <param name="most">How many are kept.</param>
/// <param name="order">The order. Equal items come in any order.</param>
internal sealed class FirstOf<T>(long most, Comparison<T> order)
{
    private readonly PriorityQueue<T, T> _kept = new(Comparer<T>.Create((left, right) => order(right, left)));

    /// <summary>How many were offered.</summary>
    public int Offered { get; private set; }

    /// <summary>Offers an item.</summary>
    public void Offer(T item)
    {
        Offered++;
        if (_kept.Count < most)
        {
            _kept.Enqueue(item, item);
        }
        else if (most > 0 && order(item, _kept.Peek()) < 0)
        {
            _kept.EnqueueDequeue(item, item);
        }
    }

    /// <summary>The first, in order. They are taken out.</summary>
    public List<T> Take()
    {
        var first = new List<T>(_kept.Count);
        foreach (var (item, _) in _kept.UnorderedItems)
        {
            first.Add(item);
        }

        _kept.Clear();
        first.Sort(order);
        return first;
    }
}
