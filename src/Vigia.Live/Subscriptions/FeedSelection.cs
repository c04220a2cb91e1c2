using Vigia.Live.Clusters;
using Vigia.Live.Queries;
using Vigia.Live.Rights;

namespace Vigia.Live.Subscriptions;

/// <summary>The feeds that a question is about, as clusters and resources come and go under it.</summary>
/// <remarks>
/// <b>Guarantees.</b> One reader, not thread-safe. All <see cref="Feeds"/> were requested, so they load.
/// </remarks>
/// <param name="clusters">The clusters.</param>
/// <param name="resources">The entries' names; one that has no entry now may have one later.</param>
/// <param name="query">The query, for its clusters.</param>
/// <param name="rights">The caller's rights: clusters that they do not cover are left out. Null for all.</param>
public sealed class FeedSelection(ClusterSet clusters, IReadOnlyList<string> resources, LiveQuery query, IViewRights? rights = null)
{
    private List<ResourceFeed> _feeds = [];
    private Task? _seen;

    /// <summary>The feeds as of the last <see cref="Refresh"/>.</summary>
    public IReadOnlyList<ResourceFeed> Feeds => _feeds;

    /// <summary>The key of <see cref="NextChange"/>: equal for all that watch the same clusters.</summary>
    public object Source => clusters;

    /// <summary>Ends when <see cref="Refresh"/> may find a change. Take it before.</summary>
    public Task NextChange => clusters.NextChange;

    /// <summary>Looks again; false if nothing changed.</summary>
    /// <param name="joined">Feeds that were not there before.</param>
    /// <param name="left">
    /// Feeds that are retired, or were replaced by others of the same name; <see cref="ResourceFeed.Retired"/> has the
    /// reason.
    /// </param>
    public bool Refresh(out IReadOnlyList<ResourceFeed> joined, out IReadOnlyList<ResourceFeed> left)
    {
        // A stream handles every change of its objects; clusters rarely change.
        if (_seen is { IsCompleted: false })
        {
            (joined, left) = ([], []);
            return false;
        }

        _seen = clusters.NextChange;
        var now = new List<ResourceFeed>();
        foreach (var resource in resources)
        {
            foreach (var session in clusters.Sessions)
            {
                if (
                    query.MatchesCluster(session.Name)
                    && rights?.Covers(session.Name) != false
                    && session.Find(resource) is { Retired: null } feed
                )
                {
                    feed.Want();
                    now.Add(feed);
                }
            }
        }

        joined = now.FindAll(feed => !_feeds.Contains(feed));
        left = _feeds.FindAll(feed => !now.Contains(feed));
        _feeds = now;
        return joined.Count > 0 || left.Count > 0;
    }
}
