using System.Text.Json;
using Vigia.Kubernetes.Transport;

namespace Vigia.Kubernetes.Workloads.Exec;

/// <summary>The containers of a pod.</summary>
internal static class PodContainers
{
    private const string DefaultAnnotation = "kubectl.kubernetes.io/default-container";

    /// <summary>The default container, as kubectl chooses it. Null for a pod without containers.</summary>
    public static string? Default(JsonElement pod)
    {
        var names = Names(pod, "containers").ToList();
        var named =
            pod.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty("annotations", out var annotations)
                ? Answer.Text(annotations, DefaultAnnotation)
                : "";
        return names.Contains(named) ? named : names.FirstOrDefault();
    }

    /// <summary>
    /// The names in one of the pod's lists: <c>containers</c>, <c>initContainers</c>, <c>ephemeralContainers</c>.
    /// </summary>
    public static IEnumerable<string> Names(JsonElement pod, string list) =>
        pod.TryGetProperty("spec", out var spec)
            ? Answer.Items(spec, list).Select(container => Answer.Text(container, "name")).Where(name => name.Length > 0)
            : [];
}
