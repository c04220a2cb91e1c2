namespace Vigia.Gateway.Http;

/// <summary>The first so many of what is offered, in an order, without putting the others in order.</summary>
/// <remarks>
/// A heap whose top is the last of those that are kept: an item that does not belong to the first costs one comparison.
/// For one user at a time.
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
