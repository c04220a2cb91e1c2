using System.Runtime.CompilerServices;

namespace Vigia.Informers;

/// <summary>
/// An index that is built on first use, for example objects by their owners. A store without such a query does not pay
/// for it.
/// </summary>
/// <param name="name">The index's name within a store; one name means one rule.</param>
/// <param name="valuesOf">The values of an object in the index.</param>
/// <remarks>
/// <b>Guarantees.</b> Thread-safe. The first question of a store costs one pass over its objects.
/// </remarks>
public sealed class LazyIndex(string name, IndexFunc valuesOf)
{
    private readonly ConditionalWeakTable<Store, object> _indexed = [];
    private readonly Lock _gate = new();

    /// <summary>Objects by the uids of their owners.</summary>
    public static LazyIndex Owners { get; } = new("vigia.owner-uid", o => o.Owners.Select(owner => owner.Uid));

    /// <summary>The objects of a store that are found by a value.</summary>
    public ObjectSnapshot Find(Store store, string value)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (!_indexed.TryGetValue(store, out _))
        {
            lock (_gate)
            {
                if (!_indexed.TryGetValue(store, out _))
                {
                    store.AddIndexer(name, valuesOf);
                    _indexed.Add(store, name);
                }
            }
        }

        return store.ByIndex(name, value);
    }
}
