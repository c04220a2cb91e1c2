using System.Text.Json.Serialization;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace LiveList;

/// <summary>A line of the list.</summary>
internal sealed record PodRow(string Key, string? Phase, string? Node)
{
    /// <summary>The row of a pod: made once for each version of it, and shared by all browsers.</summary>
    public static PodRow Of(RawObject pod)
    {
        if (pod.Projection is not PodRow row)
        {
            var typed = pod.As(LiveJson.Default.Pod);
            pod.Projection = row = new PodRow(
                pod.Key.ToString(),
                pod.DeletionTimestamp is null ? typed.Status?.Phase : "Terminating",
                typed.Spec?.NodeName
            );
        }

        return row;
    }
}

/// <summary>
/// What a browser is sent at once: <c>reset</c> starts over with all rows, <c>change</c> has rows to put and keys to
/// remove.
/// </summary>
internal sealed record LiveUpdate(IReadOnlyList<PodRow> Put, IReadOnlyList<string> Removed, bool HasSynced, Freshness Freshness);

internal sealed record Pod(PodSpec? Spec, PodState? Status);

internal sealed record PodSpec(string? NodeName);

internal sealed record PodState(string? Phase);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(PodRow[]))]
[JsonSerializable(typeof(LiveUpdate))]
internal sealed partial class LiveJson : JsonSerializerContext;
