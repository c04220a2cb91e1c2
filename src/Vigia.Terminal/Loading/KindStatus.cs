using Vigia.Informers;
using Vigia.Live.Clusters;

namespace Vigia.Terminal.Loading;

/// <summary>How far a kind is, in the words of every surface.</summary>
internal enum LoadWord
{
    /// <summary>Nobody asked for it, or it waits for its turn.</summary>
    Waiting,

    /// <summary>Its first list is coming in.</summary>
    Loading,

    /// <summary>All there, and live.</summary>
    Live,

    /// <summary>All there, or what had come of it, but no longer known to be so.</summary>
    Stale,

    /// <summary>A right is missing.</summary>
    Denied,

    /// <summary>It cannot be loaded.</summary>
    Failed,

    /// <summary>The server does not have it.</summary>
    Absent,
}

/// <summary>A kind of a cluster at a moment.</summary>
/// <param name="Name">The resource's name.</param>
/// <param name="Word">In a word.</param>
/// <param name="Count">Objects held.</param>
/// <param name="Reason">Why it is not live; null where it is.</param>
/// <param name="Since">Live or not since then.</param>
/// <param name="NextTry">When it is tried again; null where it is being tried.</param>
/// <param name="OnlyNamespace">The one namespace it is read in, since all of them may not be; null for all.</param>
internal sealed record KindStatus(
    string Name,
    LoadWord Word,
    int Count,
    string? Reason,
    DateTimeOffset Since,
    DateTimeOffset? NextTry,
    string? OnlyNamespace = null
)
{
    /// <summary>A feed at this moment.</summary>
    public static KindStatus Of(ResourceFeed feed)
    {
        if (feed.Informer is not { } informer)
        {
            var (missing, reason) =
                feed.IsAbsent
                    ? (
                        LoadWord.Absent,
                        $"the server does not have {feed.Entry.Name} ({string.Join(", ", feed.Entry.Versions.Select(v => v.ApiVersion))})"
                    )
                : feed.Unavailable is null ? (LoadWord.Waiting, null)
                : (LoadWord.Failed, ClusterStatus.WithoutName(feed.Unavailable, feed.Cluster));
            return new(feed.Entry.Name, missing, 0, reason, default, null);
        }

        var status = informer.Status;
        var word = status switch
        {
            { Freshness.IsLive: true, HasSynced: true } => LoadWord.Live,
            { State: InformerState.Denied } => LoadWord.Denied,
            { HasSynced: true } => LoadWord.Stale,
            { Failures: 0 } => LoadWord.Loading,
            _ => LoadWord.Failed,
        };
        var freshness = status.Freshness;
        return new(feed.Entry.Name, word, status.Objects, freshness.Reason, freshness.Since, freshness.NextTry, feed.Namespace);
    }

    /// <summary>A feed of a resource that the server no longer has; what was loaded stays on the screen.</summary>
    public static KindStatus Lost(ResourceFeed feed, DateTimeOffset since) =>
        new(feed.Entry.Name, LoadWord.Stale, feed.Informer?.Store.Count ?? 0, feed.Retired, since, null, feed.Namespace);
}

/// <summary>A cluster at a moment.</summary>
/// <param name="Name">The context.</param>
/// <param name="Server">Host and port.</param>
/// <param name="User">As whom; null for nobody.</param>
/// <param name="Version">The server's version; null while it is not known.</param>
/// <param name="Fault">Why it cannot be asked what it has; null where it can.</param>
/// <param name="Kinds">Kind by kind, in the order of loading.</param>
internal sealed record ClusterStatus(
    string Name,
    string Server,
    string? User,
    string? Version,
    string? Fault,
    IReadOnlyList<KindStatus> Kinds
)
{
    /// <summary>A reason without the cluster's name in front, which stands on the screen already.</summary>
    public static string? WithoutName(string? reason, string cluster) =>
        reason?.StartsWith(cluster + ": ", StringComparison.Ordinal) == true ? reason[(cluster.Length + 2)..] : reason;
}
