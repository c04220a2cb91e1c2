using Vigia.Kubernetes;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator;

// Custom types in several versions: one set of objects, served under each name.
public sealed partial class ObjectStore
{
    private readonly Dictionary<GroupVersionResource, ServedVersion> _versions = [];

    /// <summary>
    /// Serves a custom type in the versions of its definition. Objects are kept once, in the version that is stored;
    /// the others differ by apiVersion (a definition's conversion strategy None). Versions that were served before and
    /// are no longer are gone, and open watches of the type end, as at a real server whose definition changes.
    /// </summary>
    internal void RegisterVersions(IReadOnlyList<ResourceType> versions)
    {
        if (versions.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            var stored =
                versions.FirstOrDefault(version => version is { IsStorage: true, IsServed: true })
                ?? versions.FirstOrDefault(version => version.IsServed)
                ?? versions[0];
            var store = new TypeStore(stored, _options.HistoryEvents, _options.HistoryBytes, _revision);
            foreach (var old in _types.Values.Where(known => IsSame(known.Type, stored)).ToList())
            {
                store.TakeOver(old);
                Reindex(old, store);
                old.Unregister();
                _types.Remove(old.Type.Gvr);
            }

            _types[stored.Gvr] = store;
            ForgetVersionsLocked(stored);
            foreach (var version in versions.Where(version => version.IsServed && version.Gvr != stored.Gvr))
            {
                _versions[version.Gvr] = new ServedVersion(version, stored);
            }

            _typeList = null;
        }
    }

    /// <summary>Stops serving a custom type in all its versions.</summary>
    internal void UnregisterVersions(ResourceType type)
    {
        lock (_gate)
        {
            ForgetVersionsLocked(type);
            foreach (var known in _types.Values.Where(known => IsSame(known.Type, type)).ToList())
            {
                Unregister(known.Type.Gvr);
            }
        }
    }

    /// <summary>A served version of a type other than the stored one; null if there is none.</summary>
    internal ServedVersion? FindVersion(GroupVersionResource gvr)
    {
        lock (_gate)
        {
            return _versions.GetValueOrDefault(gvr);
        }
    }

    private TypeStore? TypeOfLocked(GroupVersionResource gvr) =>
        _types.GetValueOrDefault(gvr)
        ?? (_versions.TryGetValue(gvr, out var version) ? _types.GetValueOrDefault(version.Stored.Gvr) : null);

    private void ForgetVersionsLocked(ResourceType type)
    {
        foreach (var gvr in _versions.Keys.Where(gvr => gvr.Group == type.Group && gvr.Resource == type.Plural).ToList())
        {
            _versions.Remove(gvr);
        }
    }

    private static bool IsSame(ResourceType left, ResourceType right) =>
        left.IsCustom && left.Group == right.Group && left.Plural == right.Plural;
}

/// <summary>A version of a custom type other than the stored one.</summary>
/// <param name="Served">The type as this version has it: its columns, subresources and selectable fields.</param>
/// <param name="Stored">The type under which the objects are.</param>
internal sealed record ServedVersion(ResourceType Served, ResourceType Stored);
