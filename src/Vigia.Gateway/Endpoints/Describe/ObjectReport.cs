using Vigia.Catalog.Describing;
using Vigia.Catalog.Relations;
using Vigia.Gateway.Endpoints.Events;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Relations;

namespace Vigia.Gateway.Endpoints.Describe;

/// <summary>An object that is related to the one described.</summary>
/// <param name="Relation">Its relation to the object, for example <c>owned by</c> or <c>mounts</c>.</param>
/// <param name="Node">The object.</param>
/// <param name="Health">How it is doing.</param>
internal sealed record RelatedObject(string Relation, GraphNode Node, NodeHealth Health);

/// <summary>A resource that is not shown, or not all of it.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Text">
/// The right that the caller lacks, as <c>list pods in namespace a</c>, or why it is not known.
/// </param>
/// <param name="IsRight">True if it is a right.</param>
internal sealed record MissingPart(string Resource, string Text, bool IsRight);

/// <summary>Everything that one caller may see of an object and its surroundings, at one moment.</summary>
internal sealed record ObjectReport
{
    public required ResourceFeed Feed { get; init; }

    public required RawObject Object { get; init; }

    public required NodeHealth Health { get; init; }

    /// <summary>The freshness of the object itself.</summary>
    public required Freshness Freshness { get; init; }

    public required IReadOnlyList<RelatedObject> Related { get; init; }

    /// <summary>True if there are more than listed.</summary>
    public required bool IsTruncated { get; init; }

    public required IReadOnlyList<KeptEvent> Events { get; init; }

    public required IReadOnlyList<MissingPart> Missing { get; init; }

    /// <summary>For the description.</summary>
    public required Surroundings Around { get; init; }

    public static async Task<ObjectReport> MakeAsync(
        ClusterView view,
        ResourceFeed feed,
        RawObject o,
        EventHistory memory,
        int most,
        CancellationToken cancellationToken
    )
    {
        var root = new GraphNode(feed.Entry, o);
        var graph = new RelationGraph(view, most);
        await graph.WalkAsync(root, 1, cancellationToken);
        var health = new HealthRollUp(view);
        var related = new List<RelatedObject>();
        foreach (var node in graph.Nodes.Where(node => node.Id != root.Id && node.Entry.Name != KubernetesEvents.Resource))
        {
            foreach (
                var edge in graph.Edges.Where(edge =>
                    edge.From == root.Id && edge.To == node.Id || edge.To == root.Id && edge.From == node.Id
                )
            )
            {
                related.Add(new(edge.From == root.Id ? edge.Kind : Reverse(edge.Kind), node, await health.OfAsync(node)));
            }
        }

        // Events about objects of the cluster are in a namespace all the same.
        var lacking = (
            await view.LackingAsync(graph.Asked.Where(resource => resource != KubernetesEvents.Resource), o.Namespace)
        ).ToDictionary();
        var eventsLacking = await view.LackingAsync([KubernetesEvents.Resource], ObjectEventEndpoint.NamespaceOf(o));
        var missing = lacking
            .Concat(eventsLacking)
            .Select(pair => new MissingPart(pair.Key, pair.Value, true))
            .Concat(view.Missing.Where(pair => graph.Asked.Contains(pair.Key)).Select(pair => new MissingPart(pair.Key, pair.Value, false)))
            .OrderBy(part => part.Resource, StringComparer.Ordinal)
            .ToArray();
        var note = missing.FirstOrDefault(part => part.Resource == KubernetesEvents.Resource) is { } part
            ? part.IsRight
                ? $"not shown: you may not {part.Text}"
                : $"not known: {part.Text}"
            : null;
        var events = note is null ? memory.Of(feed.Cluster, feed.Entry.Kind, o) : [];
        return new()
        {
            Feed = feed,
            Object = o,
            Health = await health.OfAsync(root),
            Freshness = feed.Informer!.Freshness,
            Related = related,
            IsTruncated = graph.IsTruncated,
            Events = events,
            Missing = missing,
            Around = new()
            {
                Owned = Of(related, "owns", feed.Entry.Name == "cronjobs" ? "jobs" : "replicasets"),
                Pods = missing.Any(part => part.Resource == "pods") ? null : PodsOf(root, related),
                Events = note is null ? [.. events.Select(e => e.Record)] : null,
                EventsNote = note,
            },
        };
    }

    private static IReadOnlyList<Neighbour>? PodsOf(GraphNode root, List<RelatedObject> related) =>
        root.Entry.Name switch
        {
            "replicasets" or "statefulsets" or "daemonsets" or "jobs" => Of(related, "owns", "pods"),
            "services" when References.Selector(root.Object) is not null => Of(related, "selects", "pods"),
            "nodes" => Of(related, Reverse("runs-on"), "pods"),
            "persistentvolumeclaims" => Of(related, Reverse("mounts"), "pods"),
            _ => null,
        };

    private static IReadOnlyList<Neighbour> Of(List<RelatedObject> related, string relation, string resource) =>
        [
            .. related
                .Where(other => other.Relation == relation && other.Node.Entry.Name == resource)
                .Select(other => new Neighbour(other.Node.Entry, other.Node.Object)),
        ];

    /// <summary>The relation from the other end.</summary>
    private static string Reverse(string kind) =>
        kind switch
        {
            "owns" => "owned by",
            "selects" => "selected by",
            "mounts" => "mounted by",
            "reads" => "read by",
            "runs-on" => "runs",
            "routes" => "routed by",
            "scales" => "scaled by",
            "bound" => "bound by",
            "governed-by" => "governs",
            _ => "used by",
        };
}
