using System.Text.Json;

namespace Vigia.Kubernetes.Exec;

/// <summary>Which containers a pod has.</summary>
internal static class PodContainers
{
    private const string DefaultAnnotation = "kubectl.kubernetes.io/default-container";

    /// <summary>The container that is meant where none is named: as kubectl chooses it. Null for a pod without containers.</summary>
    public static string? Default(JsonElement pod)
    {
        var names = Names(pod, "containers").ToList();
        return pod.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty("annotations", out var annotations) && annotations.ValueKind == JsonValueKind.Object
               && annotations.TryGetProperty(DefaultAnnotation, out var named) && named.GetString() is { } name && names.Contains(name)
            ? name
            : names.FirstOrDefault();
    }

    /// <summary>The names in one of the pod's lists: <c>containers</c>, <c>initContainers</c>, <c>ephemeralContainers</c>.</summary>
    public static IEnumerable<string> Names(JsonElement pod, string list)
    {
        if (pod.TryGetProperty("spec", out var spec) && spec.TryGetProperty(list, out var containers) && containers.ValueKind == JsonValueKind.Array)
        {
            foreach (var container in containers.EnumerateArray())
            {
                if (container.TryGetProperty("name", out var name) && name.GetString() is { } text)
                {
                    yield return text;
                }
            }
        }
    }
}
