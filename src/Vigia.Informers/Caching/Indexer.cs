using System.Collections.Concurrent;
using Vigia.Informers.Caching;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>Says under which values an object is found (client-go's <c>IndexFunc</c>).</summary>
/// <remarks>
/// Should be a pure function of the object. The store's writer calls it while the store is locked: it must be quick,
/// and may read the store but not add indexes to it. If it throws, or returns more than 1,000 values, the object is in
/// no value of this index; this is logged and counted (<c>InformerCounters.IndexFailures</c>).
/// </remarks>
public delegate IEnumerable<string> IndexFunc(RawObject obj);

/// <summary>One index of a store: value → objects. Written by the store's writer, read by anybody.</summary>
/// <remarks>
/// The function is user code, so it is called before anything is changed, and its values are remembered: an object
/// leaves the values it was stored under, whatever the function returns later.
/// </remarks>
internal sealed class Indexer(string name, IndexFunc function, Action<string, RawObject, Exception> onFailure)
{
    /// <summary>More values of one object are a mistake, or an endless sequence.</summary>
    internal const int MostValues = 1000;

    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private readonly Dictionary<ObjectKey, string[]> _values = [];
    private readonly HashSet<Bucket> _changed = [];

    public string Name => name;

    public ObjectSnapshot Find(string value) =>
        _buckets.TryGetValue(value, out var bucket) ? bucket.Objects.Published : ObjectSnapshot.Empty;

    public IEnumerable<string> Values => _buckets.Where(pair => pair.Value.Objects.Published.Count > 0).Select(pair => pair.Key);

    /// <summary>Calls the user's function; never throws. Call before the store is changed.</summary>
    public string[] ValuesOf(RawObject o)
    {
        try
        {
            var (values, given) = (new List<string>(), 0);
            foreach (var value in function(o))
            {
                if (++given > MostValues)
                {
                    throw new InvalidOperationException($"the index function returned more than {MostValues} values");
                }

                if (value is not null)
                {
                    values.Add(value);
                }
            }

            return values.Count == 0 ? [] : [.. values.Distinct(StringComparer.Ordinal)];
        }
        catch (Exception error)
        {
            onFailure(name, o, error);
            return [];
        }
    }

    /// <summary>
    /// Stores an object, new or in a new version, under its values, and removes its old version from its previous ones.
    /// </summary>
    public void Put(RawObject o, string[] values)
    {
        if (_values.Remove(o.Key, out var before))
        {
            foreach (var value in before)
            {
                if (!values.Contains(value, StringComparer.Ordinal))
                {
                    Remove(value, o.Key);
                }
            }
        }

        // Most updates change no index value: then the object is replaced in place.
        foreach (var value in values)
        {
            Add(value, o);
        }

        if (values.Length > 0)
        {
            _values[o.Key] = values;
        }
    }

    /// <summary>Removes an object.</summary>
    public void Remove(ObjectKey key)
    {
        if (_values.Remove(key, out var values))
        {
            foreach (var value in values)
            {
                Remove(value, key);
            }
        }
    }

    /// <summary>
    /// Publishes the changes; empty buckets are dropped (k/k #84959: they leak for values that do not repeat).
    /// </summary>
    public void Publish()
    {
        foreach (var bucket in _changed)
        {
            bucket.Objects.Publish();
            if (bucket.Objects.Count == 0)
            {
                _buckets.TryRemove(bucket.Value, out _);
            }
        }

        _changed.Clear();
    }

    /// <summary>Objects that are found under some value.</summary>
    public int Count => _values.Count;

    /// <summary>
    /// Whether an object is found under every value that the function gave for it. The writer's, as all that follows.
    /// </summary>
    public bool Has(RawObject o) =>
        !_values.TryGetValue(o.Key, out var values)
        || Array.TrueForAll(
            values,
            value =>
                _buckets.TryGetValue(value, out var bucket)
                && bucket.Positions.TryGetValue(o.Key, out var position)
                && ReferenceEquals(bucket.Objects[position], o)
        );

    /// <summary>Whether the function gave this value for the object of a key.</summary>
    public bool Gave(ObjectKey key, string value) =>
        _values.TryGetValue(key, out var values) && values.Contains(value, StringComparer.Ordinal);

    /// <summary>One of the objects under a value, chosen by a number; null if there is none.</summary>
    public RawObject? At(string value, int number) =>
        _buckets.TryGetValue(value, out var bucket) && bucket.Objects.Count > 0 ? bucket.Objects[number % bucket.Objects.Count] : null;

    private void Add(string value, RawObject o)
    {
        var bucket = _buckets.GetOrAdd(value, static key => new Bucket(key));
        _changed.Add(bucket);
        if (bucket.Positions.TryGetValue(o.Key, out var position))
        {
            bucket.Objects.Set(position, o);
        }
        else
        {
            bucket.Positions.Add(o.Key, bucket.Objects.Append(o));
        }
    }

    internal void Remove(string value, ObjectKey key)
    {
        if (!_buckets.TryGetValue(value, out var bucket) || !bucket.Positions.Remove(key, out var position))
        {
            return;
        }

        _changed.Add(bucket);
        if (bucket.Objects.RemoveAt(position) is { } moved)
        {
            bucket.Positions[moved.Key] = position;
        }
    }

    private sealed class Bucket(string value)
    {
        public string Value => value;

        public SnapshotBuilder Objects { get; } = new();

        public Dictionary<ObjectKey, int> Positions { get; } = [];
    }
}
