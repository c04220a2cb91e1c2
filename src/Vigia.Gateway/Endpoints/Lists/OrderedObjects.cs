using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.Lists;

/// <summary>
/// Objects in an order that is kept as single ones come and go: a change costs a binary search, a page costs its
/// length.
/// </summary>
/// <remarks>
/// Chunks of some hundred references, so that a change moves a few hundred of them and not all. Not safe on several
/// threads at a time.
/// </remarks>
/// <param name="compare">A total order: no two objects that are held at a time are equal by it.</param>
internal sealed class OrderedObjects(Comparison<RawObject> compare)
{
    private const int Most = 512;

    private readonly List<List<RawObject>> _chunks = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Replaces all.</summary>
    public void Fill(IEnumerable<RawObject> objects)
    {
        RawObject[] sorted = [.. objects];
        Array.Sort(sorted, compare);
        _chunks.Clear();
        _chunks.AddRange(sorted.Chunk(Most / 2).Select(chunk => chunk.ToList()));
        Count = sorted.Length;
    }

    /// <summary>Adds one.</summary>
    public void Add(RawObject o)
    {
        Count++;
        if (_chunks.Count == 0)
        {
            _chunks.Add([o]);
            return;
        }

        var at = ChunkOf(o);
        var chunk = _chunks[at];
        var place = Place(chunk, o);
        chunk.Insert(place < 0 ? ~place : place, o);
        if (chunk.Count > Most)
        {
            _chunks.Insert(at + 1, chunk.GetRange(Most / 2, chunk.Count - (Most / 2)));
            chunk.RemoveRange(Most / 2, chunk.Count - (Most / 2));
        }
    }

    /// <summary>Removes one; false if this very version is not at its place.</summary>
    public bool Remove(RawObject o)
    {
        if (_chunks.Count == 0)
        {
            return false;
        }

        var at = ChunkOf(o);
        var chunk = _chunks[at];
        if (Place(chunk, o) is not (>= 0 and var place) || !ReferenceEquals(chunk[place], o))
        {
            return false;
        }

        chunk.RemoveAt(place);
        Count--;
        if (chunk.Count == 0)
        {
            _chunks.RemoveAt(at);
        }

        return true;
    }

    /// <summary>Some of them, in order.</summary>
    public List<RawObject> Range(long from, int count)
    {
        var range = new List<RawObject>((int)Math.Clamp(Count - from, 0, count));
        foreach (var chunk in _chunks)
        {
            if (range.Count == range.Capacity)
            {
                break;
            }

            if (from < chunk.Count)
            {
                range.AddRange(chunk.Skip((int)from).Take(range.Capacity - range.Count));
            }

            from = Math.Max(0, from - chunk.Count);
        }

        return range;
    }

    /// <summary>The last chunk that does not begin behind the object.</summary>
    private int ChunkOf(RawObject o)
    {
        var (low, high) = (0, _chunks.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = compare(_chunks[middle][0], o) <= 0 ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    private int Place(List<RawObject> chunk, RawObject o)
    {
        var (low, high) = (0, chunk.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var result = compare(chunk[middle], o);
            if (result == 0)
            {
                return middle;
            }

            (low, high) = result < 0 ? (middle + 1, high) : (low, middle);
        }

        return ~low;
    }
}
