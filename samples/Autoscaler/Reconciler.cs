using System.Globalization;
using Vigia.Controllers;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Autoscaler;

/// <summary>
/// Brings one deployment to the number of replicas that its annotation and the number of usable nodes come to. Reads
/// from the informers' stores alone; writes the scale subresource.
/// </summary>
internal sealed class Reconciler(KubernetesClient client, Store deployments, Store nodes, EventRecorder events, TextWriter output)
{
    public const string Annotation = "autoscale.example.com/per-node";

    /// <summary>
    /// The key that stands for "the number of nodes has changed"; no deployment has it, since deployments have a
    /// namespace.
    /// </summary>
    public static readonly ObjectKey AllNodes = new("", "nodes");

    private readonly TypedLister<Deployment> _deployments = deployments.As(Models.Default.Deployment);

    /// <summary>Asks for a key to be looked at.</summary>
    public Action<ObjectKey>? Again { get; set; }

    /// <summary>
    /// Deployments without the annotation are nobody's business, unless they have just lost it: then too there is
    /// nothing to do.
    /// </summary>
    public static bool Concerns(Delta delta) =>
        delta.NewAs(Models.Default.Deployment)?.Value.Metadata.Annotations?.ContainsKey(Annotation) == true;

    /// <summary>
    /// Of what happens to nodes (a heartbeat every ten seconds) only this changes how many can be used.
    /// </summary>
    public static bool ChangesCapacity(Delta delta) => IsUsable(delta.Old) != IsUsable(delta.New);

    public async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (key == AllNodes)
        {
            foreach (var one in deployments.List())
            {
                Again?.Invoke(one.Key);
            }

            return ReconcileResult.Done;
        }

        if (
            deployments.Get(key) is not { } raw
            || _deployments.Get(key) is not { } deployment
            || deployment.Metadata.Annotations?.TryGetValue(Annotation, out var text) != true
        )
        {
            return ReconcileResult.Done;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var perNode))
        {
            events.Record(
                EventSubject.Of(raw),
                EventType.Warning,
                "BadAnnotation",
                $"{Annotation} is \"{text}\": write a whole number, as \"2\""
            );
            return ReconcileResult.Done;
        }

        var usable = nodes.List().Count(IsUsable);
        var wanted = perNode * usable;
        if (wanted == deployment.Spec.Replicas)
        {
            return ReconcileResult.Done;
        }

        try
        {
            await client.MergePatchAsync(
                KnownResources.Deployments,
                key,
                $$$"""{"spec":{"replicas":{{{wanted}}}}}""",
                "scale",
                cancellationToken
            );
        }
        catch (KubernetesApiException gone) when (gone.IsNotFound)
        {
            return ReconcileResult.Done; // deleted since it was read; other errors are the controller's: logged, counted, tried again
        }

        events.Record(
            EventSubject.Of(raw),
            EventType.Normal,
            "Scaled",
            $"{deployment.Spec.Replicas} replicas became {wanted}: {perNode} for each of {usable} nodes"
        );
        await output.WriteLineAsync($"{key}: {deployment.Spec.Replicas} -> {wanted}");
        return ReconcileResult.Done;
    }

    private static bool IsUsable(RawObject? node) =>
        node?.As(Models.Default.Node) is { Spec: not { Unschedulable: true }, Status.Conditions: { } conditions }
        && conditions.Any(condition => condition is { Type: "Ready", Status: "True" });
}
