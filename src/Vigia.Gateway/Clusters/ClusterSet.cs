using Vigia.Catalog;
using Vigia.Gateway.Queries;

namespace Vigia.Gateway.Clusters;

/// <summary>Every cluster behind the gateway, and the catalog that says what can be asked of them.</summary>
/// <param name="Catalog">The resources.</param>
/// <param name="Sessions">The clusters.</param>
public sealed record ClusterSet(ResourceCatalog Catalog, IReadOnlyList<ClusterSession> Sessions)
{
    /// <summary>The feeds of a resource in the clusters that a query wants; they are asked for, so that they load if nobody had.</summary>
    public IReadOnlyList<ResourceFeed> Feeds(ResourceEntry entry, LiveQuery query)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(query);
        var feeds = Sessions.Where(session => query.MatchesCluster(session.Name)).Select(session => session.Find(entry.Name)).OfType<ResourceFeed>().ToArray();
        foreach (var feed in feeds)
        {
            feed.Want();
        }

        return feeds;
    }
}
