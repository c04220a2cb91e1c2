using Vigia.Informers;

namespace Vigia.Live.Subscriptions;

/// <summary>Reports to one client when a resource's data becomes stale and when it is live again.</summary>
internal sealed class FreshnessNotifier(FeedView view, TimeProvider time)
{
    private Freshness? _told;
    private Freshness? _unasked;

    /// <summary>Reports that there is no informer, and why; once for each reason.</summary>
    public bool TellUnavailable(LiveSubscription source, IStreamSink sink)
    {
        if (view.Feed.Unavailable is not { } reason || _told?.Reason == reason)
        {
            return false;
        }

        _told = new Freshness(false, time.GetUtcNow(), reason, null);
        sink.Freshness(source, _told);
        return true;
    }

    /// <summary>
    /// Degraded and live, once per change; a new time of the next try is reported too, since a client may show it.
    /// </summary>
    public bool Tell(LiveSubscription source, SharedInformer informer, IStreamSink sink)
    {
        var freshness = informer.Freshness;
        if (freshness.IsLive && view.Problem is { } problem)
        {
            // The objects are live; whether they may be seen is as of the last answer.
            freshness = _unasked = _unasked?.Reason == problem ? _unasked : new Freshness(false, time.GetUtcNow(), problem, null);
        }

        if (
            ReferenceEquals(freshness, _told)
            || (_told is null && (freshness.IsLive || !informer.HasSynced && informer.Status.Failures == 0))
        )
        {
            return false;
        }

        var first = _told is null;
        _told = freshness;
        if (first && freshness.IsLive)
        {
            return false;
        }

        sink.Freshness(source, freshness);
        return true;
    }
}
