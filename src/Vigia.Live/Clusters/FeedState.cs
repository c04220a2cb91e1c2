using Vigia.Informers;

namespace Vigia.Live.Clusters;

/// <summary>A feed's state in the words that every surface uses.</summary>
/// <param name="Word">
/// <c>waiting</c>, <c>syncing</c>, <c>synced</c>, <c>denied</c>, <c>failing</c> or <c>absent</c>.
/// </param>
/// <param name="Reason">Why it is not synced and live; null if it is.</param>
/// <param name="Status">The informer's own words; null if there is none.</param>
internal sealed record FeedState(string Word, string? Reason, InformerStatus? Status)
{
    /// <summary>True if the cache is complete and live.</summary>
    public bool IsLive => Status is { HasSynced: true, Freshness.IsLive: true };

    public static FeedState Of(ResourceFeed feed)
    {
        if (feed.Informer is not { } informer)
        {
            return feed.IsAbsent ? new("absent", feed.Unavailable, null)
                : feed.Unavailable is { } reason ? new("failing", reason, null)
                : new("waiting", null, null);
        }

        var status = informer.Status;
        var word = status.State switch
        {
            InformerState.Waiting => "waiting",
            InformerState.Syncing => "syncing",
            InformerState.Synced => "synced",
            InformerState.Denied => "denied",
            InformerState.Failing => "failing",
            _ => "stopped",
        };
        return new(word, status.Freshness.Reason, status);
    }
}
