using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>Reads of one resource (client-go's lister): over all namespaces, or in one.</summary>
/// <remarks><b>Guarantees.</b> As <see cref="Store"/>: no lock, immutable snapshots, unspecified order.</remarks>
/// <param name="Store">The store to read.</param>
/// <param name="Namespace">One namespace; null for all.</param>
public sealed record Lister(Store Store, string? Namespace = null)
{
    /// <summary>All objects, in O(1).</summary>
    public ObjectSnapshot List() => Namespace is null ? Store.List() : Store.List(Namespace);

    /// <summary>The objects whose labels match, in one pass.</summary>
    public List<RawObject> List(Func<LabelSet, bool> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var found = new List<RawObject>();
        foreach (var o in List())
        {
            if (labels(o.Labels))
            {
                found.Add(o);
            }
        }

        return found;
    }

    /// <summary>One object by name, or null.</summary>
    /// <exception cref="InvalidOperationException">
    /// The lister spans namespaces: say which with <see cref="InNamespace"/>, or use <see cref="Store.Get"/>.
    /// </exception>
    public RawObject? Get(string name) =>
        Store.Get(
            new ObjectKey(
                Namespace ?? throw new InvalidOperationException("a name is unique only within a namespace: call InNamespace first"),
                name
            )
        );

    /// <summary>
    /// The same resource in one namespace (client-go's <c>NamespaceLister</c>); the empty string for cluster-scoped
    /// objects.
    /// </summary>
    public Lister InNamespace(string ns) => this with { Namespace = ns };
}
