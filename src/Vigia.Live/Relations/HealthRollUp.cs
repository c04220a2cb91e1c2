using System.Globalization;
using Vigia.Catalog;
using Vigia.Catalog.Paths;
using Vigia.Catalog.Relations;
using Vigia.Kubernetes;

namespace Vigia.Live.Relations;

/// <summary>
/// The health of an object including the objects that it depends on, as far as the caller may see them.
/// </summary>
internal sealed class HealthRollUp(ClusterView view)
{
    private readonly Dictionary<string, NodeHealth> _known = new(StringComparer.Ordinal);

    public async Task<NodeHealth> OfAsync(GraphNode node)
    {
        if (!_known.TryGetValue(node.Id, out var health))
        {
            _known[node.Id] = health = await ComputeAsync(node);
        }

        return health;
    }

    private async Task<NodeHealth> ComputeAsync(GraphNode node)
    {
        var own = node.Entry.RowOf(node.Object).Health;
        switch (node.Entry.Name)
        {
            case "pods":
                return own == RowHealth.Ok ? new(own, null) : new(own, await PodAsync(node.Object));
            case "deployments":
                var pods = new List<RawObject>();
                foreach (var set in await view.OwnedAsync("replicasets", node.Object.Uid))
                {
                    pods.AddRange(await view.OwnedAsync("pods", set.Uid));
                }

                return await WorkloadAsync(node, own, pods);
            case "replicasets" or "statefulsets" or "daemonsets" or "jobs":
                return await WorkloadAsync(node, own, await view.OwnedAsync("pods", node.Object.Uid));
            case "services":
                return await ServiceAsync(node.Object);
            case "ingresses" or "horizontalpodautoscalers":
                return await FirstNamedAsync(node);
            default:
                return new(own, own == RowHealth.Ok ? null : Condition(node.Object));
        }
    }

    private async Task<NodeHealth> WorkloadAsync(GraphNode node, RowHealth own, IReadOnlyList<RawObject> pods)
    {
        var (worst, health) = Worst(pods);
        if (own == RowHealth.Ok && health != RowHealth.Bad)
        {
            return new(own, null);
        }

        // Enough of its pods serve, and yet one of them fails: worth a look, no outage.
        var state = own == RowHealth.Ok ? RowHealth.Warning : own;
        var cause = worst is null || health == RowHealth.Ok ? Condition(node.Object) : $"pod {worst.Name} {await PodAsync(worst)}";
        return new(state, Join(Counts(node), cause));
    }

    private async Task<NodeHealth> ServiceAsync(RawObject service)
    {
        if (References.Selector(service) is not { } selector)
        {
            return new(RowHealth.Ok, null);
        }

        var pods = (await view.ListAsync("pods", service.Namespace)).Where(pod => References.Selects(selector, pod.Labels)).ToArray();
        var ready = pods.Count(IsReady);
        var (worst, health) = Worst(pods);
        if (ready > 0)
        {
            if (health != RowHealth.Bad)
            {
                return new(RowHealth.Ok, null);
            }

            var cause = await PodAsync(worst!);
            return new(
                RowHealth.Warning,
                string.Create(CultureInfo.InvariantCulture, $"{ready} of {pods.Length} endpoints ready: pod {worst!.Name} {cause}")
            );
        }

        // Of pods that may not be seen nothing is known: then nothing is claimed.
        if (view.Missing.ContainsKey("pods") || !await view.SeesAsync("pods", service.Namespace))
        {
            return new(RowHealth.Ok, null);
        }

        return new(
            RowHealth.Bad,
            worst is null
                ? $"no ready endpoints: no pod has {string.Join(',', selector.Select(label => $"{label.Key}={label.Value}"))}"
                : $"no ready endpoints: pod {worst.Name} {await PodAsync(worst)}"
        );
    }

    /// <summary>An ingress has the health of the services behind it, an autoscaler that of its target.</summary>
    private async Task<NodeHealth> FirstNamedAsync(GraphNode node)
    {
        var result = new NodeHealth(RowHealth.Ok, null);
        foreach (
            var reference in References.Of(view.Catalog, node.Entry, node.Object).Where(reference => reference.Kind is "routes" or "scales")
        )
        {
            var entry = view.Catalog.Find(reference.Resource)!;
            if (
                await view.GetAsync(reference.Resource, new(reference.Namespace, reference.Name)) is { } target
                && await OfAsync(new(entry, target)) is var health
                && health.State > result.State
            )
            {
                result = new(health.State, $"{entry.Kind.ToLowerInvariant()} {target.Name}: {health.Reason}");
            }
        }

        return result;
    }

    /// <summary>The node first: what pods on a dead one say is not the cause.</summary>
    private async Task<string> PodAsync(RawObject pod)
    {
        var node = References.Of(view.Catalog, view.Catalog.Find("pods")!, pod).FirstOrDefault(reference => reference.Resource == "nodes");
        return
            node is not null
            && await view.GetAsync("nodes", new("", node.Name)) is { } found
            && view.Catalog.Find("nodes")!.RowOf(found).Health == RowHealth.Bad
            ? $"is on node {node.Name}, which is not ready"
            : PodCause.Of(pod).Line;
    }

    private (RawObject? Pod, RowHealth Health) Worst(IReadOnlyList<RawObject> pods)
    {
        var entry = view.Catalog.Find("pods")!;

        // One that is being deleted explains nothing where another fails.
        var worst = pods.OrderByDescending(pod => entry.RowOf(pod).Health)
            .ThenBy(pod => pod.DeletionTimestamp is not null)
            .ThenBy(pod => pod.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        return (worst, worst is null ? RowHealth.Ok : entry.RowOf(worst).Health);
    }

    private static bool IsReady(RawObject pod)
    {
        using var lease = pod.Open();
        foreach (var condition in new JsonView(lease.Span)["status"u8]["conditions"u8].Items())
        {
            if (condition["type"u8].TextEquals("Ready"u8))
            {
                return condition["status"u8].TextEquals("True"u8);
            }
        }

        return false;
    }

    private static string? Counts(GraphNode node)
    {
        using var lease = node.Object.Open();
        var json = new JsonView(lease.Span);
        var spec = json["spec"u8];
        var status = json["status"u8];
        var wanted = spec["replicas"u8].IsAbsent ? 1 : spec["replicas"u8].Number;
        return node.Entry.Name switch
        {
            "deployments" => string.Create(CultureInfo.InvariantCulture, $"{status["availableReplicas"u8].Number} of {wanted} available"),
            "daemonsets" => string.Create(
                CultureInfo.InvariantCulture,
                $"{status["numberReady"u8].Number} of {status["desiredNumberScheduled"u8].Number} ready"
            ),
            "jobs" => null,
            _ => string.Create(CultureInfo.InvariantCulture, $"{status["readyReplicas"u8].Number} of {wanted} ready"),
        };
    }

    /// <summary>The object's own status: the first condition that reports a failure, or its phase.</summary>
    private static string? Condition(RawObject o)
    {
        using var lease = o.Open();
        var json = new JsonView(lease.Span);
        foreach (var condition in json["status"u8]["conditions"u8].Items())
        {
            var type = condition["type"u8].Text ?? "";
            var isFailure =
                type.EndsWith("Failure", StringComparison.Ordinal)
                || type.EndsWith("Failed", StringComparison.Ordinal)
                || type.EndsWith("Pressure", StringComparison.Ordinal);
            var isWrong = isFailure ? condition["status"u8].TextEquals("True"u8) : !condition["status"u8].TextEquals("True"u8);
            if (isWrong && (isFailure || type is "Ready" or "Available" or "Progressing"))
            {
                return condition["message"u8].Text is { Length: > 0 } message ? message : condition["reason"u8].Text ?? type;
            }
        }

        return json["status"u8]["phase"u8].Text ?? json["message"u8].Text;
    }

    private static string? Join(string? counts, string? cause) =>
        counts is null ? cause
        : cause is null ? counts
        : $"{counts}: {cause}";
}
