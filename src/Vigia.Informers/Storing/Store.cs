using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Vigia.Kubernetes.Objects;

namespace Vigia.Informers.Storing;

/// <summary>The current state of one resource: objects by key, lists as immutable snapshots, indexes (client-go's Store and Indexer).</summary>
/// <remarks>
/// <b>Guarantees.</b> One writer (the reflector that owns it), any number of readers on any thread. Reads take no lock, never wait for the writer and never make it wait. A list is a
/// moment's state: it contains all of a change or nothing of it. For one object, successive reads never go back in time. A change is visible here before its delta can be read from the log.
/// Objects are shared and immutable.
/// </remarks>
public sealed class Store
{
    /// <summary>The name of the index by namespace, which every store has (client-go's <c>NamespaceIndex</c>).</summary>
    public const string NamespaceIndex = "namespace";

    private readonly ConcurrentDictionary<ObjectKey, Entry> _entries = new();
    private readonly SnapshotBuilder _all = new();
    private readonly Indexer _namespaces = new(NamespaceIndex, static o => [o.Namespace]);
    private volatile Indexer[] _indexers;

    internal Store() => _indexers = [_namespaces];

    /// <summary>Held while objects change and deltas are appended: memory operations only, never I/O. Readers do not take it.</summary>
    internal Lock Writing { get; } = new();

    /// <summary>How many objects it holds.</summary>
    public int Count => _all.Published.Count;

    /// <summary>Everything, in O(1); empty before the first object has come.</summary>
    public ObjectSnapshot List() => _all.Published;

    /// <summary>A namespace's objects, in O(1); empty where there are none. The empty namespace holds the cluster-scoped objects.</summary>
    public ObjectSnapshot List(string ns) => _namespaces.Find(ns);

    /// <summary>One object, or null. Allocates nothing.</summary>
    public RawObject? Get(ObjectKey key) => _entries.TryGetValue(key, out var entry) ? entry.Current : null;

    /// <summary>The objects under an index value, in O(1).</summary>
    /// <exception cref="ArgumentException">No such index.</exception>
    public ObjectSnapshot ByIndex(string index, string value) => Index(index).Find(value);

    /// <summary>The values an index has objects under.</summary>
    /// <exception cref="ArgumentException">No such index.</exception>
    public IEnumerable<string> IndexValues(string index) => Index(index).Values;

    /// <summary>Adds an index, at any time: objects that are here already are indexed before it can be asked (client-go 1.30+ <c>AddIndexers</c>).</summary>
    /// <exception cref="ArgumentException">An index of this name exists.</exception>
    [SuppressMessage("Performance", "CA1859", Justification = "The public type is the interface of the delegate.")]
    public void AddIndexer(string name, IndexFunc function)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(function);
        lock (Writing)
        {
            if (_indexers.Any(indexer => indexer.Name == name))
            {
                throw new ArgumentException($"the store has an index named '{name}' already", nameof(name));
            }

            var added = new Indexer(name, function);
            foreach (var entry in _entries.Values)
            {
                added.Change(null, entry.Current);
            }

            added.Publish();
            _indexers = [.. _indexers, added];
        }
    }

    /// <summary>Notes that a list of this generation has the object.</summary>
    internal void MarkListed(ObjectKey key, int generation)
    {
        if (_entries.TryGetValue(key, out var entry))
        {
            entry.Listed = generation;
        }
    }

    /// <summary>The keys that the list of this generation did not have.</summary>
    internal List<ObjectKey> NotListed(int generation) => [.. _entries.Where(pair => pair.Value.Listed != generation).Select(pair => pair.Key)];

    /// <summary>Writes without making it visible yet; returns the version that was replaced. Call with <see cref="Writing"/> held, and <see cref="Publish"/> after.</summary>
    internal RawObject? Put(RawObject o)
    {
        if (!_entries.TryGetValue(o.Key, out var entry))
        {
            foreach (var indexer in _indexers)
            {
                indexer.Change(null, o);
            }

            _entries[o.Key] = new Entry(o, _all.Append(o));
            return null;
        }

        var old = entry.Current;
        foreach (var indexer in _indexers)
        {
            indexer.Change(old, o);
        }

        _all.Set(entry.Position, o);
        entry.Current = o;
        return old;
    }

    /// <summary>Removes; returns what was there.</summary>
    internal RawObject? Remove(ObjectKey key)
    {
        if (!_entries.TryRemove(key, out var entry))
        {
            return null;
        }

        foreach (var indexer in _indexers)
        {
            indexer.Change(entry.Current, null);
        }

        if (_all.RemoveAt(entry.Position) is { } moved)
        {
            _entries[moved.Key].Position = entry.Position;
        }

        return entry.Current;
    }

    /// <summary>Makes what was written visible: readers of lists see all of it at once.</summary>
    internal void Publish()
    {
        _all.Publish();
        foreach (var indexer in _indexers)
        {
            indexer.Publish();
        }
    }

    private Indexer Index(string name)
        => _indexers.FirstOrDefault(indexer => indexer.Name == name)
           ?? throw new ArgumentException($"the store has no index named '{name}'; it has {string.Join(", ", _indexers.Select(indexer => indexer.Name))}", nameof(name));

    private sealed class Entry(RawObject current, int position)
    {
        private volatile RawObject _current = current;

        public RawObject Current
        {
            get => _current;
            set => _current = value;
        }

        public int Position { get; set; } = position;

        public int Listed { get; set; }
    }
}
