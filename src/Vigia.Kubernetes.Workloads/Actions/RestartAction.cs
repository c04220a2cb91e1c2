using System.Globalization;
using System.Text.Json;

namespace Vigia.Kubernetes.Workloads;

/// <summary>
/// Replaces the pods of a workload by and by: <c>kubectl rollout restart</c>, which marks the pod template with the
/// time.
/// </summary>
/// <param name="target">A Deployment, StatefulSet or DaemonSet.</param>
/// <param name="time">The clock; null for the system's.</param>
public sealed class RestartAction(ActionTarget target, TimeProvider? time = null) : ClusterAction(target)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public override string Question => $"Restart {Target.Name}{Place} with a rolling update?";

    /// <inheritdoc/>
    public override string Kubectl => Target.Kubectl("rollout restart");

    /// <inheritdoc/>
    public override IReadOnlyList<NeededRight> Rights =>
        [new("get", Target.Resource.GroupResource), new("patch", Target.Resource.GroupResource)];

    /// <summary>True for the resources that can be restarted.</summary>
    public static bool IsFor(GroupVersionResource resource) =>
        resource is { Group: "apps", Resource: "deployments" or "statefulsets" or "daemonsets" };

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">
    /// The Deployment is paused: nothing would happen until it is resumed.
    /// </exception>
    public override async Task<string> RunAsync(KubernetesClient client, IProgress<string>? progress = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        using (var now = JsonDocument.Parse(await client.GetBytesAsync(Target.Path(), ct: ct)))
        {
            if (
                now.RootElement.TryGetProperty("spec", out var spec)
                && spec.TryGetProperty("paused", out var paused)
                && paused.ValueKind == JsonValueKind.True
            )
            {
                throw new InvalidOperationException(
                    $"{Target.Name}{Place} is paused, so a restart would have no effect: resume it first "
                        + $"({Target.Kubectl("rollout resume")})"
                );
            }
        }

        await MergeAsync(
            client,
            Target.Path(),
            Json(json =>
            {
                json.WriteStartObject("spec"u8);
                json.WriteStartObject("template"u8);
                json.WriteStartObject("metadata"u8);
                json.WriteStartObject("annotations"u8);
                json.WriteString(
                    "kubectl.kubernetes.io/restartedAt"u8,
                    _time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
                );
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndObject();
            }),
            ct
        );
        return $"{Target.Name}{Place} is restarting";
    }
}
