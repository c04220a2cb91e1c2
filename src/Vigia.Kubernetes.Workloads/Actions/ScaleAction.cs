using System.Globalization;

namespace Vigia.Kubernetes.Workloads;

/// <summary>
/// Sets how many replicas a workload has, by its scale subresource: also for custom resources that have one.
/// </summary>
public sealed class ScaleAction : ClusterAction
{
    /// <summary>Creates the action.</summary>
    /// <param name="target">The workload.</param>
    /// <param name="replicas">From 0.</param>
    public ScaleAction(ActionTarget target, int replicas)
        : base(target)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        Replicas = replicas;
    }

    /// <summary>The desired number of replicas.</summary>
    public int Replicas { get; }

    /// <inheritdoc/>
    public override bool Destroys => Replicas == 0;

    /// <inheritdoc/>
    public override string Question => string.Create(CultureInfo.InvariantCulture, $"Scale {Target.Name}{Place} to {Replicas}?");

    /// <inheritdoc/>
    public override string Kubectl => Target.Kubectl("scale", null, string.Create(CultureInfo.InvariantCulture, $"--replicas={Replicas}"));

    /// <inheritdoc/>
    public override IReadOnlyList<NeededRight> Rights =>
        [new("patch", Target.Resource.GroupResource.Insert(Target.Resource.Resource.Length, "/scale"))];

    /// <inheritdoc/>
    public override async Task<string> RunAsync(KubernetesClient client, IProgress<string>? progress = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        await MergeAsync(
            client,
            Target.Path("scale"),
            Json(json =>
            {
                json.WriteStartObject("spec"u8);
                json.WriteNumber("replicas"u8, Replicas);
                json.WriteEndObject();
            }),
            ct
        );
        return string.Create(CultureInfo.InvariantCulture, $"{Target.Name}{Place} is scaled to {Replicas}");
    }
}
