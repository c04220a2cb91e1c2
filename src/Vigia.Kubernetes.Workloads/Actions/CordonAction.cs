namespace Vigia.Kubernetes.Workloads;

/// <summary>Cordons or uncordons a node; running pods stay.</summary>
/// <param name="target">The node.</param>
/// <param name="close">True to cordon, false to uncordon.</param>
public sealed class CordonAction(ActionTarget target, bool close) : ClusterAction(target)
{
    /// <summary>True to cordon, false to uncordon.</summary>
    public bool Close { get; } = close;

    /// <inheritdoc/>
    public override string Question =>
        Close ? $"Cordon node {Target.Key.Name} (no new pods)?" : $"Uncordon node {Target.Key.Name} (allow new pods)?";

    /// <inheritdoc/>
    public override string Kubectl => Target.Kubectl(Close ? "cordon" : "uncordon", Target.Key.Name);

    /// <inheritdoc/>
    public override IReadOnlyList<NeededRight> Rights => [new("patch", "nodes")];

    /// <inheritdoc/>
    public override async Task<string> RunAsync(KubernetesClient client, IProgress<string>? progress = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        await MergeAsync(
            client,
            Target.Path(),
            Json(json =>
            {
                json.WriteStartObject("spec"u8);
                if (Close)
                {
                    json.WriteBoolean("unschedulable"u8, true);
                }
                else
                {
                    json.WriteNull("unschedulable"u8);
                }

                json.WriteEndObject();
            }),
            ct
        );
        return $"node {Target.Key.Name} is {(Close ? "cordoned" : "uncordoned")}";
    }
}
