using System.Text.Json;
using Vigia.Kubernetes.Errors;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Transport;

namespace Vigia.Catalog.Definitions;

/// <summary>The printer columns of a custom resource, from its definition.</summary>
internal static class CustomColumns
{
    public static async Task<IReadOnlyList<(string Name, string Path, string Type, int Priority)>> ReadAsync(KubernetesClient client, GroupVersionResource resource, CancellationToken cancellationToken)
    {
        try
        {
            var json = await client.GetBytesAsync(KnownResources.CustomResourceDefinitions.Path(name: resource.GroupResource), ct: cancellationToken);
            return DefinitionReader.Read(json)?.ColumnsOf(resource) ?? [];
        }
        catch (Exception failed) when (failed is KubernetesApiException or JsonException)
        {
            // Not a custom resource, or its definition may not be read: NAME and AGE are always right.
            return [];
        }
    }
}
