using System.Collections.Concurrent;
using Vigia.Kubernetes.Objects;

namespace Vigia.Informers.Storing;

/// <summary>Says under which values an object is found (client-go's <c>IndexFunc</c>). Must be a function of the object alone and must not throw.</summary>
public delegate IEnumerable<string> IndexFunc(RawObject obj);

/// <summary>One index of a store: value → objects. Written by the store's writer, read by anybody.</summary>
internal sealed class Indexer(string name, IndexFunc function)
{
    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private readonly HashSet<Bucket> _changed = [];

    public string Name => name;

    public ObjectSnapshot Find(string value) => _buckets.TryGetValue(value, out var bucket) ? bucket.Objects.Published : ObjectSnapshot.Empty;

    public IEnumerable<string> Values => _buckets.Where(pair => pair.Value.Objects.Published.Count > 0).Select(pair => pair.Key);

    /// <summary>Moves an object from where its old version was to where its new one belongs.</summary>
    public void Change(RawObject? old, RawObject? next)
    {
        if (old is null || next is null)
        {
            foreach (var value in function((next ?? old)!))
            {
                if (next is not null)
                {
                    Add(value, next);
                }
                else
                {
                    Remove(value, old!);
                }
            }

            return;
        }

        // Most updates change no index value: then the object is replaced where it stands.
        string[] before = [.. function(old)], after = [.. function(next)];
        foreach (var value in before)
        {
            if (!after.Contains(value, StringComparer.Ordinal))
            {
                Remove(value, old);
            }
        }

        foreach (var value in after)
        {
            Add(value, next);
        }
    }

    /// <summary>Makes what changed visible; buckets that became empty are dropped (k/k #84959: they leak for values that do not repeat).</summary>
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

    private void Remove(string value, RawObject o)
    {
        if (!_buckets.TryGetValue(value, out var bucket) || !bucket.Positions.Remove(o.Key, out var position))
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
