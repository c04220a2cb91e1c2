using Vigia.Catalog;
using Vigia.Catalog.Definitions;
using Vigia.Catalog.Entries;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>
/// The server's resources, from discovery, which runs from time to time, and definitions, which are watched and
/// therefore more current. Immutable.
/// </summary>
internal sealed class ServedResources
{
    private readonly Dictionary<GroupVersionResource, ApiResource> _discovered = [];
    private readonly HashSet<string> _everDefined;

    private ServedResources(
        IReadOnlyDictionary<string, CustomDefinition> definitions,
        HashSet<string> everDefined,
        ApiResourceList discovery
    ) => (Definitions, _everDefined, Discovery) = (definitions, everDefined, discovery);

    /// <summary>What discovery told, those that cannot be watched among them.</summary>
    public ApiResourceList Discovery { get; }

    /// <summary>
    /// The custom resources: from their definitions or, if those may not be read, from discovery (without printer
    /// columns).
    /// </summary>
    public IReadOnlyDictionary<string, CustomDefinition> Definitions { get; }

    /// <summary>True if the definitions can be watched at all.</summary>
    public bool HasDefinitions => _discovered.ContainsKey(KnownResources.CustomResourceDefinitions);

    /// <summary>The result of discovery. Groups whose discovery failed stay as they were.</summary>
    public static ServedResources Discovered(ApiResourceList found, ServedResources? before, bool definitionsAreWatched)
    {
        var definitions = definitionsAreWatched ? before?.Definitions ?? new Dictionary<string, CustomDefinition>() : Guess(found);
        var discovery = Merge(found, before?.Discovery);
        var served = new ServedResources(definitions, before?._everDefined ?? [], discovery);
        foreach (var resource in discovery.Resources.Where(resource => resource.CanWatch))
        {
            served._discovered.TryAdd(resource.Resource, resource);
        }

        return served;
    }

    /// <summary>The same with other definitions.</summary>
    public ServedResources With(IReadOnlyDictionary<string, CustomDefinition> definitions)
    {
        var served = new ServedResources(definitions, [.. _everDefined, .. definitions.Keys], Discovery);
        foreach (var (gvr, resource) in _discovered)
        {
            served._discovered[gvr] = resource;
        }

        return served;
    }

    /// <summary>The version of an entry that the server has; null if it has none.</summary>
    public GroupVersionResource? Choose(ResourceEntry entry)
    {
        foreach (var version in entry.Versions)
        {
            if (Has(version))
            {
                return version;
            }
        }

        return null;
    }

    /// <summary>What was found, and of groups that could not be asked what was found before.</summary>
    private static ApiResourceList Merge(ApiResourceList found, ApiResourceList? before)
    {
        if (before is null || found.Failures.Count == 0)
        {
            return found;
        }

        var known = found.Resources.Select(resource => resource.Resource).ToHashSet();
        var kept = before.Resources.Where(resource =>
            !known.Contains(resource.Resource)
            && found.Failures.Any(failure =>
                failure.Group == resource.Resource.Group
                || failure.Group == resource.Resource.ApiVersion
                || failure.Group.EndsWith($"/{resource.Resource.ApiVersion}", StringComparison.Ordinal)
            )
        );
        return found with { Resources = [.. found.Resources, .. kept] };
    }

    private bool Has(GroupVersionResource version) =>
        Definitions.TryGetValue(version.GroupResource, out var definition)
            ? definition.Versions.Contains(version)
            : !_everDefined.Contains(version.GroupResource) && _discovered.ContainsKey(version);

    private static Dictionary<string, CustomDefinition> Guess(ApiResourceList found) =>
        found
            .Resources.Where(resource => resource.CanWatch && !KubernetesGroups.Contains(resource.Resource.Group))
            .GroupBy(resource => resource.Resource.GroupResource, StringComparer.Ordinal)
            .Select(group => (First: group.MinBy(resource => DefinitionReader.VersionOrder(resource.Resource.Version))!, All: group))
            .ToDictionary(
                pair => pair.First.Resource.GroupResource,
                pair => new CustomDefinition(
                    pair.First.Resource.GroupResource,
                    pair.First.Kind,
                    pair.First.Namespaced,
                    [
                        .. new[] { pair.First.Resource.Resource, pair.First.Singular }
                            .Concat(pair.First.ShortNames)
                            .Where(name => name.Length > 0)
                            .Distinct(StringComparer.Ordinal),
                    ],
                    [.. pair.All.Select(resource => resource.Resource).OrderBy(version => DefinitionReader.VersionOrder(version.Version))],
                    []
                ),
                StringComparer.Ordinal
            );
}
