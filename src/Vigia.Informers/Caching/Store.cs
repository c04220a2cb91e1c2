using System.Diagnostics.CodeAnalysis;
using Vigia.Informers.Caching;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>
/// The current state of one resource: objects by key, lists as immutable snapshots, indexes (client-go's Store and
/// Indexer).
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> One writer (the reflector that owns it), any number of readers on any thread. Reads take no lock,
/// never wait for the writer and never delay it. A list is the state of one moment: it contains a change entirely or
/// not at all. For one object, successive reads never go back in time. A change is visible here before its delta can be
/// read from the log. Objects are shared and immutable.
/// </remarks>
public sealed class Store
{
    /// <summary>
    /// The name of the index by namespace, which every store has (client-go's <c>NamespaceIndex</c>).
    /// </summary>
    public const string NamespaceIndex = "namespace";

    private readonly ObjectTable _table = new();
    private readonly SnapshotBuilder _all = new();
    private readonly NamespaceIndexer _namespaces = new();
    private readonly Action<string, RawObject, Exception> _onIndexFailure;
    private volatile Indexer[] _indexers = [];
    private string[][] _values = [];
    private bool _isIndexing;

    /// <summary>Creates an empty store.</summary>
    /// <param name="onIndexFailure">
    /// Called when a user's index function fails: the index's name, the object, the error.
    /// </param>
    internal Store(Action<string, RawObject, Exception>? onIndexFailure = null) =>
        _onIndexFailure = onIndexFailure ?? (static (_, _, _) => { });

    // Odd while a batch is being written.
    private int _writes;

    /// <summary>
    /// The writer's lock, taken while objects change and deltas are appended: memory operations and the functions of
    /// indexes, never I/O. Readers do not take it.
    /// </summary>
    internal Lock Writing { get; } = new();

    /// <summary>Starts a batch of changes; dispose of it at its end.</summary>
    internal Batch BeginBatch() => new(this);

    /// <summary>Waits until the batch being written now is complete. Does not block the writer.</summary>
    internal void WaitForBatch()
    {
        var writes = Volatile.Read(ref _writes);
        var spin = new SpinWait();
        while (writes % 2 != 0 && Volatile.Read(ref _writes) == writes)
        {
            spin.SpinOnce();
        }
    }

    /// <summary>The number of objects.</summary>
    public int Count => _all.Published.Count;

    /// <summary>Everything, in O(1); empty before the first object has come.</summary>
    public ObjectSnapshot List() => _all.Published;

    /// <summary>
    /// A namespace's objects, in O(1); empty if there are none. The empty namespace holds the cluster-scoped
    /// objects.
    /// </summary>
    public ObjectSnapshot List(string ns) => _namespaces.Find(ns);

    /// <summary>One object, or null. Allocates nothing.</summary>
    public RawObject? Get(ObjectKey key) => _table.Get(key);

    /// <summary>The objects under an index value, in O(1).</summary>
    /// <exception cref="ArgumentException">No such index.</exception>
    public ObjectSnapshot ByIndex(string index, string value) => index == NamespaceIndex ? List(value) : Index(index).Find(value);

    /// <summary>The values an index has objects under.</summary>
    /// <exception cref="ArgumentException">No such index.</exception>
    public IEnumerable<string> IndexValues(string index) => index == NamespaceIndex ? _namespaces.Values : Index(index).Values;

    /// <summary>
    /// Adds an index, at any time: existing objects are indexed before it can be queried (client-go 1.30+
    /// <c>AddIndexers</c>).
    /// </summary>
    /// <exception cref="ArgumentException">An index of this name exists.</exception>
    /// <exception cref="InvalidOperationException">Called by an index function.</exception>
    [SuppressMessage("Performance", "CA1859", Justification = "The public type is the interface of the delegate.")]
    public void AddIndexer(string name, IndexFunc function)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(function);
        lock (Writing)
        {
            if (_isIndexing)
            {
                throw new InvalidOperationException($"an index function may not add an index ('{name}') to its store");
            }

            if (name == NamespaceIndex || _indexers.Any(indexer => indexer.Name == name))
            {
                throw new ArgumentException($"the store already has an index named '{name}'", nameof(name));
            }

            var added = new Indexer(name, function, _onIndexFailure);
            _isIndexing = true;
            try
            {
                for (var i = 0; i < _all.Count; i++)
                {
                    added.Put(_all[i], added.ValuesOf(_all[i]));
                }
            }
            finally
            {
                _isIndexing = false;
            }

            added.Publish();
            _indexers = [.. _indexers, added];
        }
    }

    /// <summary>Notes that a list of this generation has the object.</summary>
    internal void MarkListed(ObjectKey key, int generation)
    {
        if (_table.Get(key) is { } o)
        {
            o.Listed = generation;
        }
    }

    /// <summary>The keys that the list of this generation did not have.</summary>
    internal List<ObjectKey> NotListed(int generation)
    {
        var keys = new List<ObjectKey>();
        for (var i = 0; i < _all.Count; i++)
        {
            if (_all[i].Listed != generation)
            {
                keys.Add(_all[i].Key);
            }
        }

        return keys;
    }

    /// <summary>
    /// Adopts an object from outside: the same instance if it is in no store yet, else a copy that shares its bytes.
    /// Positions and marks are stored in the objects, so two stores cannot share an instance.
    /// </summary>
    internal static RawObject Take(RawObject o) => o.TryTake() ? o : o.Copy();

    /// <summary>
    /// Writes an object without publishing it to lists yet; returns the replaced version. Call with
    /// <see cref="Writing"/> held, with an adopted object (<see cref="Take"/>), and <see cref="Publish"/> after.
    /// </summary>
    internal RawObject? Put(RawObject o)
    {
        // 1. User code, before anything is changed.
        var indexers = _indexers;
        ReadIndexes(indexers, o);

        // 2. Steps that cannot fail.
        var old = _table.Get(o.Key);
        if (old is null)
        {
            o.Position = _all.Append(o);
        }
        else
        {
            (o.Position, o.NamespacePosition, o.Listed) = (old.Position, old.NamespacePosition, old.Listed);
            _all.Set(o.Position, o);
        }

        _namespaces.Change(old, o);
        for (var i = 0; i < indexers.Length; i++)
        {
            indexers[i].Put(o, _values[i]);
        }

        _table.Set(o);
        return old;
    }

    /// <summary>Removes an object and returns it.</summary>
    internal RawObject? Remove(ObjectKey key)
    {
        if (_table.Remove(key) is not { } gone)
        {
            return null;
        }

        _namespaces.Change(gone, null);
        foreach (var indexer in _indexers)
        {
            indexer.Remove(key);
        }

        if (_all.RemoveAt(gone.Position) is { } moved)
        {
            moved.Position = gone.Position;
        }

        return gone;
    }

    /// <summary>The names of the users' indexes.</summary>
    internal IEnumerable<string> IndexNames => _indexers.Select(indexer => indexer.Name);

    /// <summary>
    /// A contradiction between the counts of lists, single objects and indexes; null if they agree. Call with
    /// <see cref="Writing"/> held.
    /// </summary>
    internal string? CountFault()
    {
        var (byKey, byNamespace) = (_table.Count, _namespaces.Count);
        if (byKey != _all.Count || byNamespace != _all.Count)
        {
            return $"{_all.Count} objects are in the list, {byKey} are found by key, {byNamespace} by namespace";
        }

        var indexer = _indexers.FirstOrDefault(indexer => indexer.Count > _all.Count);
        return indexer is null ? null : $"index '{indexer.Name}' has {indexer.Count} objects, the store has {_all.Count}";
    }

    /// <summary>
    /// A contradiction about the object at a position of the list; null if all parts agree. Call with
    /// <see cref="Writing"/> held.
    /// </summary>
    internal string? FaultAt(int position)
    {
        if (position >= _all.Count)
        {
            return null;
        }

        var o = _all[position];
        if (_table.Get(o.Key) is var byKey && !ReferenceEquals(byKey, o))
        {
            return $"{o.Key} is in the list at version {o.ResourceVersion}, and "
                + $"{(byKey is null ? "not found by key" : $"by key at {byKey.ResourceVersion}")}";
        }

        if (o.Position != position || !_namespaces.Has(o))
        {
            return $"{o.Key} is not at its recorded position";
        }

        var indexer = _indexers.FirstOrDefault(indexer => !indexer.Has(o));
        return indexer is null
            ? null
            : $"{o.Key} at version {o.ResourceVersion} is missing in index '{indexer.Name}' under a value that its function returned";
    }

    /// <summary>
    /// An object that an index has under a value and the store does not, for one object chosen by a number; null for
    /// none. Call with <see cref="Writing"/> held.
    /// </summary>
    internal string? GhostIn(string index, string value, int number) =>
        Index(index).At(value, number) is { } o && (!ReferenceEquals(_table.Get(o.Key), o) || !Index(index).Gave(o.Key, value))
            ? $"index '{index}' has {o.Key} at version {o.ResourceVersion} under '{value}', where it does not belong"
            : null;

    private void ReadIndexes(Indexer[] indexers, RawObject o)
    {
        if (_values.Length < indexers.Length)
        {
            _values = new string[indexers.Length][];
        }

        _isIndexing = true;
        for (var i = 0; i < indexers.Length; i++)
        {
            _values[i] = indexers[i].ValuesOf(o);
        }

        _isIndexing = false;
    }

    /// <summary>Publishes the changes: readers of lists see all of them at once.</summary>
    internal void Publish()
    {
        _all.Publish();
        _namespaces.Publish();
        foreach (var indexer in _indexers)
        {
            indexer.Publish();
        }
    }

    /// <summary>The writer at work.</summary>
    internal readonly ref struct Batch
    {
        private readonly Store _store;

        public Batch(Store store)
        {
            _store = store;
            store.Writing.Enter();
            Volatile.Write(ref store._writes, store._writes + 1);
        }

        public void Dispose()
        {
            Volatile.Write(ref _store._writes, _store._writes + 1);
            _store.Writing.Exit();
        }
    }

    internal Indexer Index(string name) =>
        _indexers.FirstOrDefault(indexer => indexer.Name == name)
        ?? throw new ArgumentException(
            $"the store has no index named '{name}'; it has "
                + $"{string.Join(", ", _indexers.Select(indexer => indexer.Name).Prepend(NamespaceIndex))}",
            nameof(name)
        );
}
