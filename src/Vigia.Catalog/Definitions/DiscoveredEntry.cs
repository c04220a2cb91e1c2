using System.Text.Json;
using Vigia.Catalog.Entries;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Definitions;

/// <summary>An entry for a resource that the catalog does not have, from discovery and its definition.</summary>
/// <param name="Entry">
/// The entry. It goes by <c>plural.group</c>, or by <c>plural.version.group</c> in a version other than the preferred
/// one.
/// </param>
/// <param name="Signature">Equal for equal entries: another version or other columns change it.</param>
internal sealed record DiscoveredEntry(ResourceEntry Entry, string Signature)
{
    /// <summary>Creates the entry; reads the printer columns from the server.</summary>
    public static async Task<DiscoveredEntry> ReadAsync(
        KubernetesClient client,
        ApiResourceList served,
        ApiResource found,
        CancellationToken cancellationToken
    )
    {
        var resource = found.Resource;
        if (ResourceCatalog.Others.Entries.FirstOrDefault(other => other.Versions.Contains(resource)) is { } known)
        {
            return new(known, resource.ApiVersion);
        }

        GroupVersionResource[] all =
        [
            .. served
                .Resources.Where(other => other.CanWatch && other.Resource.GroupResource == resource.GroupResource)
                .Select(other => other.Resource)
                .OrderBy(other => KubernetesGroups.Contains(other.Group) ? default : DefinitionReader.VersionOrder(other.Version)),
        ];
        var isPreferred = all.Length == 0 || all[0] == resource;
        var name = isPreferred ? resource.GroupResource : $"{resource.Resource}.{resource.Version}.{resource.Group}";
        GroupVersionResource[] versions = isPreferred ? [resource, .. all.Where(other => other != resource)] : [resource];
        string[] aliases = [.. found.ShortNames.Prepend(found.Singular).Where(alias => alias.Length > 0)];
        var columns = await ColumnsAsync(client, resource, cancellationToken);
        var entry = ResourceCatalog.ForCustomResource(name, versions, found.Kind, found.Namespaced, aliases, columns);
        return new(entry, $"{found.Kind}|{found.Namespaced}|{string.Join(',', versions)}|{string.Join(';', columns)}");
    }

    private static async Task<IReadOnlyList<(string Name, string Path, string Type, int Priority)>> ColumnsAsync(
        KubernetesClient client,
        GroupVersionResource resource,
        CancellationToken cancellationToken
    )
    {
        if (KubernetesGroups.Contains(resource.Group))
        {
            return [];
        }

        try
        {
            var json = await client.GetBytesAsync(
                KnownResources.CustomResourceDefinitions.Path(name: resource.GroupResource),
                ct: cancellationToken
            );
            return DefinitionReader.Read(json)?.ColumnsOf(resource) ?? [];
        }
        catch (Exception failed) when (failed is KubernetesApiException or JsonException)
        {
            // Of an aggregated server, or its definition may not be read: NAME and AGE are always right.
            return [];
        }
    }
}
