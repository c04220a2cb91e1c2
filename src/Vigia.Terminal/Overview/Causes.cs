using Vigia.Catalog;
using Vigia.Catalog.Paths;
using Vigia.Catalog.Relations;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Terminal.Loading;

namespace Vigia.Terminal.Overview;

/// <summary>Why what is not well is not: pods gathered under what made them, with the root reason in a line.</summary>
internal static class Causes
{
    public static IEnumerable<CauseLine> Of(IReadOnlyList<ClusterLink> links) =>
        links
            .SelectMany(link => Nodes(link, links.Count > 1).Concat(Workloads(link, links.Count > 1)))
            .OrderByDescending(cause => cause.IsBad);

    private static IEnumerable<CauseLine> Nodes(ClusterLink link, bool named)
    {
        if (link.Find("nodes") is not { Informer: { } informer } feed)
        {
            yield break;
        }

        foreach (var node in informer.Store.List().Where(node => feed.Entry.RowOf(node).Health == RowHealth.Bad))
        {
            using var json = ObjectJson.Parse(node);
            var ready = json.RootElement.At("status", "conditions").Items().FirstOrDefault(condition => condition.Text("type") == "Ready");
            yield return new(
                $"{Prefix(link, named)}node {node.Name}",
                $"NotReady since {ready.At("lastTransitionTime").Time()?.ToLocalTime():HH:mm}: "
                    + $"{ready.Text("message") ?? ready.Text("reason")}",
                true
            );
        }
    }

    private static IEnumerable<CauseLine> Workloads(ClusterLink link, bool named)
    {
        if (link.Find("pods") is not { Informer: { } informer } feed)
        {
            return [];
        }

        // Of 10,000 pods few are not well: only those are opened.
        var sick = informer.Store.List().Where(pod => feed.Entry.RowOf(pod).Health != RowHealth.Ok).ToArray();
        return sick.GroupBy(pod => Owner(link, pod))
            .Select(group =>
            {
                var worst = group.MaxBy(pod => feed.Entry.RowOf(pod).Health)!;
                var (reason, isBad) = Reason(link, feed, worst);
                return new CauseLine(
                    $"{Prefix(link, named)}{group.Key}",
                    $"{group.Count()} {(group.Count() == 1 ? "pod" : "pods")}: {reason}",
                    isBad
                );
            })
            .OrderByDescending(cause => cause.IsBad)
            .ThenBy(cause => cause.Object, StringComparer.Ordinal);
    }

    private static string Prefix(ClusterLink link, bool named) => named ? link.Name + " " : "";

    /// <summary>What made a pod: over a ReplicaSet to its Deployment.</summary>
    private static string Owner(ClusterLink link, RawObject pod)
    {
        var owner = pod.Owners.FirstOrDefault(owner => owner.IsController);
        if (owner is null)
        {
            return $"pod {pod.Key}";
        }

        if (
            owner is { Kind: "ReplicaSet" }
            && References.IsOf(link.Find("replicasets")!.Entry, owner.ApiVersion, owner.Kind)
            && link.Find("replicasets")
                ?.Informer?.Store.Get(new(pod.Namespace, owner.Name))
                ?.Owners.FirstOrDefault(above => above.IsController)
                is { } above
        )
        {
            owner = above;
        }

        return $"{owner.Kind.ToLowerInvariant()} {pod.Namespace}/{owner.Name}";
    }

    private static (string Reason, bool IsBad) Reason(ClusterLink link, ResourceFeed feed, RawObject pod)
    {
        // The node first: pods on a dead one say anything.
        var node = References.Of(link.Catalog, feed.Entry, pod).FirstOrDefault(reference => reference.Resource == "nodes");
        if (
            node is not null
            && link.Find("nodes") is { Informer: { } nodes } nodeFeed
            && nodes.Store.Get(new("", node.Name)) is { } found
            && nodeFeed.Entry.RowOf(found).Health == RowHealth.Bad
        )
        {
            return ($"its node {node.Name} is not ready", true);
        }

        var cause = PodCause.Of(pod);
        return (cause.Line, cause.IsKnown || feed.Entry.RowOf(pod).Health == RowHealth.Bad);
    }
}
