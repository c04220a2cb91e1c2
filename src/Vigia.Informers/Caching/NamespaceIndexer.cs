using System.Collections.Concurrent;
using Vigia.Kubernetes;

namespace Vigia.Informers.Caching;

/// <summary>
/// The index that every store has. A namespace never changes while an object lives, so it keeps its positions in the
/// objects instead of in tables of keys.
/// </summary>
internal sealed class NamespaceIndexer
{
    private readonly ConcurrentDictionary<string, SnapshotBuilder> _namespaces = new(StringComparer.Ordinal);
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);

    public IEnumerable<string> Values => _namespaces.Where(pair => pair.Value.Published.Count > 0).Select(pair => pair.Key);

    public ObjectSnapshot Find(string ns) => _namespaces.TryGetValue(ns, out var objects) ? objects.Published : ObjectSnapshot.Empty;

    /// <summary>Follows a change of the store; the new version has the old one's position already.</summary>
    public void Change(RawObject? old, RawObject? next)
    {
        var ns = (next ?? old)!.Namespace;
        var objects = _namespaces.GetOrAdd(ns, static _ => new SnapshotBuilder());
        _changed.Add(ns);
        if (old is null)
        {
            next!.NamespacePosition = objects.Append(next);
        }
        else if (next is not null)
        {
            objects.Set(next.NamespacePosition, next);
        }
        else if (objects.RemoveAt(old.NamespacePosition) is { } moved)
        {
            moved.NamespacePosition = old.NamespacePosition;
        }
    }

    /// <summary>Objects in all namespaces. For the writer only, as <see cref="Has"/>.</summary>
    public int Count => _namespaces.Sum(pair => pair.Value.Count);

    /// <summary>Whether an object is at its recorded position.</summary>
    public bool Has(RawObject o) =>
        _namespaces.TryGetValue(o.Namespace, out var objects)
        && o.NamespacePosition < objects.Count
        && ReferenceEquals(objects[o.NamespacePosition], o);

    /// <summary>Publishes the changes; empty namespaces are dropped.</summary>
    public void Publish()
    {
        foreach (var ns in _changed)
        {
            var objects = _namespaces[ns];
            objects.Publish();
            if (objects.Count == 0)
            {
                _namespaces.TryRemove(ns, out _);
            }
        }

        _changed.Clear();
    }
}
