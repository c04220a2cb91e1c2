using System.Text.Json;
using static Vigia.Kubernetes.Transport.Answer;

namespace Vigia.Kubernetes.Workloads.Actions;

/// <summary>How a drain treats one pod.</summary>
internal enum DrainVerdict
{
    /// <summary>It is taken away.</summary>
    Evict,

    /// <summary>It stays, and that is right.</summary>
    Leave,

    /// <summary>It must not be evicted without an option that allows it: the drain does not start.</summary>
    Blocks,
}

/// <summary>A pod of the node, how it is treated, and why.</summary>
internal sealed record DrainStep(ObjectKey Pod, string Uid, DrainVerdict Verdict, string Why);

/// <summary>Selects the pods to evict by kubectl's rules (<c>k8s.io/kubectl/pkg/drain/filters.go</c>).</summary>
internal static class DrainPlan
{
    private const string MirrorAnnotation = "kubernetes.io/config.mirror";

    public static IReadOnlyList<DrainStep> Of(JsonElement list, DrainOptions options) =>
        [.. list.GetProperty("items").EnumerateArray().Select(pod => Step(pod, options))];

    private static DrainStep Step(JsonElement pod, DrainOptions options)
    {
        var metadata = pod.GetProperty("metadata");
        var key = new ObjectKey(Text(metadata, "namespace"), Text(metadata, "name"));
        var owner = Controller(metadata);
        var finished = pod.TryGetProperty("status", out var status) && Text(status, "phase") is "Succeeded" or "Failed";
        var (verdict, why) = (owner, finished) switch
        {
            _ when Has(metadata, "annotations", MirrorAnnotation) => (DrainVerdict.Leave, "a static pod, managed by the node"),
            ("DaemonSet", false) when options.IgnoreDaemonSets => (DrainVerdict.Leave, "of a DaemonSet"),
            ("DaemonSet", false) => (DrainVerdict.Blocks, "managed by a DaemonSet, which would recreate it at once"),
            (_, true) => (DrainVerdict.Evict, ""),
            _ when HasLocalData(pod) && !options.DeleteEmptyDirData => (
                DrainVerdict.Blocks,
                "its emptyDir data would be lost (allow with delete-emptydir-data)"
            ),
            (null, _) when !options.Force => (DrainVerdict.Blocks, "no controller would recreate it (allow with force)"),
            _ => (DrainVerdict.Evict, ""),
        };
        return new(key, Text(metadata, "uid"), verdict, why);
    }

    private static string? Controller(JsonElement metadata) =>
        metadata.TryGetProperty("ownerReferences", out var owners) && owners.ValueKind == JsonValueKind.Array
            ? owners
                .EnumerateArray()
                .Where(owner => owner.TryGetProperty("controller", out var is_) && is_.ValueKind == JsonValueKind.True)
                .Select(owner => Text(owner, "kind"))
                .FirstOrDefault()
            : null;

    private static bool HasLocalData(JsonElement pod) =>
        pod.TryGetProperty("spec", out var spec)
        && spec.TryGetProperty("volumes", out var volumes)
        && volumes.ValueKind == JsonValueKind.Array
        && volumes.EnumerateArray().Any(volume => volume.TryGetProperty("emptyDir", out _));

    private static bool Has(JsonElement parent, string map, string key) =>
        parent.TryGetProperty(map, out var entries) && entries.ValueKind == JsonValueKind.Object && entries.TryGetProperty(key, out _);
}
