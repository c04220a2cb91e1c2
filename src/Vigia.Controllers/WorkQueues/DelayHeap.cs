using System.Diagnostics.CodeAnalysis;

namespace Vigia.Controllers.WorkQueues;

/// <summary>
/// Delayed keys: a binary heap that tracks the place of each key, so that one can be moved ahead in place. Not
/// thread-safe.
/// </summary>
internal sealed class DelayHeap<TKey>(IEqualityComparer<TKey>? comparer)
    where TKey : notnull
{
    private readonly List<Waiting> _heap = [];
    private readonly Dictionary<TKey, Waiting> _byKey = new(comparer);
    private long _sequence;

    public int Count => _heap.Count;

    /// <summary>When the first one is due, as a timestamp; null if none waits.</summary>
    public long? NextDue => _heap.Count == 0 ? null : _heap[0].Due;

    /// <summary>Adds a key. A key that is already waiting keeps the earlier time and the higher priority.</summary>
    public void Add(TKey key, long due, WorkPriority priority)
    {
        // One without a place was taken, and stayed behind because the key's equality threw.
        if (!_byKey.TryGetValue(key, out var waiting) || waiting.Place < 0)
        {
            waiting = new Waiting(key, due, priority, ++_sequence) { Place = _heap.Count };
            _byKey[key] = waiting;
            _heap.Add(waiting);
            Rise(waiting);
            return;
        }

        waiting.Priority = priority > waiting.Priority ? priority : waiting.Priority;
        if (due < waiting.Due)
        {
            waiting.Due = due;
            Rise(waiting);
        }
    }

    /// <summary>
    /// Takes the first key if it is due; keys due at the same moment keep the order in which they were added.
    /// </summary>
    public bool TryTake(long by, [MaybeNullWhen(false)] out TKey key, out WorkPriority priority)
    {
        if (_heap.Count == 0 || _heap[0].Due > by)
        {
            (key, priority) = (default, default);
            return false;
        }

        var first = _heap[0];
        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (_heap.Count > 0)
        {
            Set(0, last);
            Sink(last);
        }

        first.Place = -1;
        _byKey.Remove(first.Key);
        (key, priority) = (first.Key, first.Priority);
        return true;
    }

    public void Clear()
    {
        _heap.Clear();
        _byKey.Clear();
    }

    private void Rise(Waiting waiting)
    {
        while (waiting.Place > 0 && _heap[(waiting.Place - 1) / 2] is var parent && waiting.IsBefore(parent))
        {
            var place = parent.Place;
            Set(waiting.Place, parent);
            Set(place, waiting);
        }
    }

    private void Sink(Waiting waiting)
    {
        while (true)
        {
            var child = (2 * waiting.Place) + 1;
            if (child >= _heap.Count)
            {
                return;
            }

            child += child + 1 < _heap.Count && _heap[child + 1].IsBefore(_heap[child]) ? 1 : 0;
            if (!_heap[child].IsBefore(waiting))
            {
                return;
            }

            var place = waiting.Place;
            Set(place, _heap[child]);
            Set(child, waiting);
        }
    }

    private void Set(int place, Waiting waiting)
    {
        _heap[place] = waiting;
        waiting.Place = place;
    }

    private sealed class Waiting(TKey key, long due, WorkPriority priority, long sequence)
    {
        public TKey Key { get; } = key;

        public long Due { get; set; } = due;

        public WorkPriority Priority { get; set; } = priority;

        public int Place { get; set; }

        public bool IsBefore(Waiting other) => Due < other.Due || (Due == other.Due && sequence < other.Sequence);

        private long Sequence => sequence;
    }
}
