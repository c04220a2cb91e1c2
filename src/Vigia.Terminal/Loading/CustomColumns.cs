using System.Text.Json;
using Vigia.Kubernetes.Errors;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Transport;

namespace Vigia.Terminal.Loading;

/// <summary>The printer columns of a custom resource, from its definition.</summary>
internal static class CustomColumns
{
    public static async Task<IReadOnlyList<(string Name, string Path, string Type, int Priority)>> ReadAsync(KubernetesClient client, GroupVersionResource resource, CancellationToken cancellationToken)
    {
        try
        {
            var path = new GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions").Path(name: resource.GroupResource);
            using var definition = JsonDocument.Parse(await client.GetBytesAsync(path, ct: cancellationToken));
            var version = definition.RootElement.GetProperty("spec").GetProperty("versions").EnumerateArray().First(version => version.GetProperty("name").GetString() == resource.Version);
            return version.TryGetProperty("additionalPrinterColumns", out var columns)
                ? [.. columns.EnumerateArray().Select(column => (
                    column.GetProperty("name").GetString()!,
                    column.GetProperty("jsonPath").GetString()!,
                    column.GetProperty("type").GetString()!,
                    column.TryGetProperty("priority", out var priority) ? priority.GetInt32() : 0))]
                : [];
        }
        catch (KubernetesApiException)
        {
            // Not a custom resource, or its definition may not be read: NAME and AGE are always right.
            return [];
        }
    }
}
