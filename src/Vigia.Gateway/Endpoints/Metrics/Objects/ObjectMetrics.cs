using System.IO.Pipelines;
using Vigia.Gateway.Access;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.Metrics.Objects;

/// <summary>The state of objects under kube-state-metrics' names, for dashboards and alerts that use it.</summary>
internal static class ObjectMetrics
{
    /// <summary>The resources that have metrics.</summary>
    public static IReadOnlyList<ObjectResource> Resources { get; } =
    [
        PodFamilies.Resource,
        WorkloadFamilies.Deployments,
        WorkloadFamilies.ReplicaSets,
        WorkloadFamilies.StatefulSets,
        WorkloadFamilies.DaemonSets,
        WorkloadFamilies.Jobs,
        WorkloadFamilies.CronJobs,
        WorkloadFamilies.Autoscalers,
        ClusterFamilies.Nodes,
        ClusterFamilies.Namespaces,
        ClusterFamilies.Services,
        ClusterFamilies.Claims,
        ClusterFamilies.Volumes,
    ];

    /// <summary>Requests the resources that have metrics.</summary>
    public static void Want(IEnumerable<ClusterSession> sessions)
    {
        foreach (var session in sessions)
        {
            foreach (var resource in Resources)
            {
                session.Find(resource.Name)?.Want();
            }
        }
    }

    /// <summary>Writes the current state that a caller may see.</summary>
    /// <param name="output">The response.</param>
    /// <param name="feeds">The feeds that hold objects.</param>
    /// <param name="scopes">The caller's scopes of them.</param>
    /// <param name="hasClusters">
    /// True to add a label with the cluster: with a single cluster it is left out, so that existing queries work.
    /// </param>
    /// <param name="cancellationToken">The client left.</param>
    public static async Task WriteAsync(
        PipeWriter output,
        IReadOnlyList<ResourceFeed> feeds,
        FeedScopes scopes,
        bool hasClusters,
        CancellationToken cancellationToken
    )
    {
        using var scrape = new ObjectScrape(output);
        foreach (var resource in Resources)
        {
            var parts = feeds
                .Where(feed =>
                    feed.Entry.Name == resource.Name
                    && feed.Entry.Versions.Any(static version => IsBuiltIn(version.Group))
                    && scopes.SeesAny(feed)
                )
                .Select(feed =>
                    (
                        hasClusters ? feed.Cluster : null,
                        (IReadOnlyCollection<RawObject>)(scopes.SeesAll(feed) ? feed.Informer!.Store.List() : [.. scopes.Objects(feed)])
                    )
                )
                .ToArray();
            await scrape.WriteAsync(resource, parts, cancellationToken);
        }
    }

    // A custom resource may be called as a built-in one.
    private static bool IsBuiltIn(string group) => group is "" or "apps" or "batch" or "autoscaling";
}
