using Vigia.Kubernetes;

namespace Vigia.Simulator.Storage;

/// <summary>
/// The types that are served, each with its objects; custom types in several versions have one set of objects, served
/// under each name. Under the store's lock.
/// </summary>
internal sealed class TypeRegistry(ObjectStoreOptions options)
{
    private readonly Dictionary<GroupVersionResource, TypeStore> _stores = [];
    private readonly Dictionary<GroupVersionResource, ServedVersion> _versions = [];
    private IReadOnlyList<ResourceType>? _served;

    /// <summary>One for each stored type, in the order of their registration.</summary>
    public IReadOnlyCollection<TypeStore> Stores => _stores.Values;

    /// <summary>The served versions other than the stored ones.</summary>
    public IReadOnlyCollection<ServedVersion> Versions => _versions.Values;

    public TypeStore Namespaces => _stores[BuiltInTypes.Namespaces.Gvr];

    /// <summary>The types and versions served now.</summary>
    public IReadOnlyList<ResourceType> Served =>
        _served ??= [
            .. _stores.Values.Select(t => t.Type).Where(type => type.IsServed),
            .. _versions.Values.Select(version => version.Served),
        ];

    /// <summary>The stored type behind a resource; null if it is not served.</summary>
    public ResourceType? FindServed(GroupVersionResource gvr) =>
        _stores.GetValueOrDefault(gvr)?.Type is { IsServed: true } type ? type : null;

    /// <summary>A served version of a type other than the stored one; null if there is none.</summary>
    public ServedVersion? FindVersion(GroupVersionResource gvr) => _versions.GetValueOrDefault(gvr);

    /// <summary>The objects of a type, in whichever version; null if nothing serves it.</summary>
    public TypeStore? Find(GroupVersionResource gvr) =>
        FindStored(gvr) ?? (_versions.TryGetValue(gvr, out var version) ? FindStored(version.Stored.Gvr) : null);

    /// <summary>The objects that are stored under exactly this name.</summary>
    public TypeStore? FindStored(GroupVersionResource gvr) => _stores.GetValueOrDefault(gvr);

    /// <exception cref="StatusException">404 if nothing serves it.</exception>
    public TypeStore Require(GroupVersionResource gvr) => Find(gvr) ?? throw StatusException.NoSuchPath();

    /// <summary>The stores of a custom type, under whichever version.</summary>
    public List<TypeStore> OfCustom(ResourceType type) =>
        [
            .. _stores.Values.Where(known =>
                known.Type.IsCustom && type.IsCustom && known.Type.Group == type.Group && known.Type.Plural == type.Plural
            ),
        ];

    /// <summary>Adds a type without objects, in place of one of the same name.</summary>
    public TypeStore Add(ResourceType type, long revision)
    {
        var store = new TypeStore(type, options.HistoryEvents, options.HistoryBytes, revision);
        _stores[type.Gvr] = store;
        _served = null;
        return store;
    }

    public void Remove(TypeStore store)
    {
        _stores.Remove(store.Type.Gvr);
        _served = null;
    }

    public void AddVersion(ServedVersion version)
    {
        _versions[version.Served.Gvr] = version;
        _served = null;
    }

    public void RemoveVersions(ResourceType type)
    {
        foreach (var gvr in _versions.Keys.Where(gvr => gvr.Group == type.Group && gvr.Resource == type.Plural).ToList())
        {
            _versions.Remove(gvr);
        }

        _served = null;
    }

    public void Clear()
    {
        _stores.Clear();
        _versions.Clear();
        _served = null;
    }
}
