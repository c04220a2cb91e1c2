namespace Vigia.Controllers.EventRecording;

/// <summary>A dictionary of bounded size that drops the least recently used entry. Not thread-safe.</summary>
internal sealed class LruCache<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _byUse = [];

    public int Count => _nodes.Count;

    /// <summary>The value of a key, created if missing; it counts as just used either way.</summary>
    public TValue GetOrAdd(TKey key, Func<TValue> make)
    {
        if (_nodes.TryGetValue(key, out var node))
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Value;
        }

        if (_nodes.Count == capacity)
        {
            _nodes.Remove(_byUse.Last!.Value.Key);
            _byUse.RemoveLast();
        }

        var made = make();
        _nodes[key] = _byUse.AddFirst((key, made));
        return made;
    }
}
