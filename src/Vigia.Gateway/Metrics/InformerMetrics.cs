using Vigia.Gateway.Clusters;
using Vigia.Informers.Informing;
using Vigia.Kubernetes.Watching;

namespace Vigia.Gateway.Metrics;

/// <summary>Informers, their caches and logs: a series per cluster and resource, of which there are as many as the catalog and the definitions have, never one per object.</summary>
internal static class InformerMetrics
{
    private static readonly (WatchEventType Type, string Word)[] Types =
        [(WatchEventType.Added, "added"), (WatchEventType.Modified, "modified"), (WatchEventType.Deleted, "deleted"), (WatchEventType.Bookmark, "bookmark")];

    /// <summary>Writes the families.</summary>
    public static void Write(MetricText text, IEnumerable<ResourceFeed> feeds, DateTimeOffset now)
    {
        // client-go's names where it has any, so that dashboards for controllers know them.
        Action<ResourceFeed, SharedInformer, InformerStatus>[] families =
        [
            Counter("reflector_lists_total", "Lists that were begun; 1 for a resource that never had to be listed again.", (_, status) => status.Lists),
            Counter("vigia_informer_relists_total", "Lists after the first: each is a gap that was filled from a list.", (_, status) => Math.Max(0, status.Lists - 1)),
            Counter("reflector_watches_total", "Watches that stood.", (_, status) => status.Watches),
            Counter("vigia_informer_retries_total", "Requests to list or watch that failed and were tried again.", (_, status) => status.Retries),
            Gauge("vigia_informer_failures", "Requests to list or watch that failed in a row.", (_, status) => status.Failures),
            Gauge("vigia_informer_synced", "1 once the first list is complete, else 0.", (_, status) => status.HasSynced ? 1 : 0),
            Gauge("vigia_informer_live", "1 while a watch stands, 0 while what is held may be stale.", (_, status) => status.Freshness.IsLive ? 1 : 0),
            Gauge("vigia_informer_stale_seconds", "For how long what is held may have been stale; 0 while it is live.", (_, status) => status.Freshness.IsLive ? 0 : Math.Max(0, (now - status.Freshness.Since).TotalSeconds)),
            Gauge("vigia_informer_objects", "Objects that are held.", (_, status) => status.Objects),
            Gauge("vigia_informer_last_event_timestamp_seconds", "When the last event was read, in seconds since 1970.", (_, status) => Seconds(status.LastEvent)),
            Gauge("vigia_informer_last_bookmark_timestamp_seconds", "When the last bookmark was read, in seconds since 1970.", (_, status) => Seconds(status.LastBookmark)),
            Gauge("vigia_informer_last_list_timestamp_seconds", "When the last list was complete, in seconds since 1970.", (_, status) => Seconds(status.LastList)),
            Counter("vigia_informer_stale_reads_total", "Versions that were refused because a newer one was held.", (informer, _) => informer.Counters.StaleReads),
            Counter("vigia_informer_undecodable_total", "Events and lists that could not be read.", (informer, _) => informer.Counters.Undecodable),
            Counter("vigia_informer_resets_total", "Times that the API server was found restored to an older state.", (informer, _) => informer.Counters.Resets),
            Counter("vigia_informer_silences_total", "Watches that were opened again because neither an event nor a bookmark came.", (informer, _) => informer.Counters.Silences),
            Counter("vigia_informer_handler_failures_total", "Calls of handlers that threw.", (informer, _) => informer.Counters.HandlerFailures),
            Counter("vigia_informer_transform_failures_total", "Objects whose transform failed.", (informer, _) => informer.Counters.TransformFailures),
            Counter("vigia_informer_audits_total", "Audits of the cache against the server that came to a verdict.", (informer, _) => informer.Counters.Audits),
            Counter("vigia_informer_audit_differences_total", "Objects over which an audit found cache and server to differ: alert on any.", (informer, _) => informer.Counters.AuditDifferences),
            Counter("vigia_informer_audits_late_total", "Audits that found the cache behind the server though it was said to be live.", (informer, _) => informer.Counters.LateAudits),
            Counter("vigia_informer_audits_incomplete_total", "Audits that came to no verdict.", (informer, _) => informer.Counters.IncompleteAudits),
            Counter("vigia_log_deltas_total", "Changes that were appended to the log.", (informer, _) => informer.Log.Appended),
            Gauge("vigia_log_deltas_kept", "Changes that the log keeps for streams that lag or come back.", (informer, _) => informer.Log.Kept),
            Counter("vigia_log_catch_ups_total", "Streams and handlers that lagged behind the log and were caught up from the store.", (informer, _) => informer.Log.CatchUps),
        ];
        var states = text.Gauge("vigia_resource_state", "1 for the state that the resource is in: waiting, syncing, synced, denied (a right is missing), failing, stopped.");
        var events = text.Counter("vigia_informer_events_total", "Watch events that were applied, by type: added, modified, deleted, bookmark.");
        foreach (var feed in feeds)
        {
            if (feed.Informer is { } informer)
            {
                // One status for all, so that they are of the same moment.
                var status = informer.Status;
                foreach (var family in families)
                {
                    family(feed, informer, status);
                }

                states.Set(1, ("cluster", feed.Cluster), ("resource", feed.Entry.Name), ("state", FeedState.Of(feed).Word));
                foreach (var (type, word) in Types)
                {
                    events.Set(informer.Counters.EventsOf(type), ("cluster", feed.Cluster), ("resource", feed.Entry.Name), ("type", word));
                }
            }
        }

        Action<ResourceFeed, SharedInformer, InformerStatus> Counter(string name, string help, Func<SharedInformer, InformerStatus, double> read) => Fill(text.Counter(name, help), read);

        Action<ResourceFeed, SharedInformer, InformerStatus> Gauge(string name, string help, Func<SharedInformer, InformerStatus, double> read) => Fill(text.Gauge(name, help), read);
    }

    private static Action<ResourceFeed, SharedInformer, InformerStatus> Fill(MetricFamily family, Func<SharedInformer, InformerStatus, double> read)
        => (feed, informer, status) =>
        {
            // What has not happened yet has no time: no series, rather than 1970.
            if (read(informer, status) is var value && !double.IsNaN(value))
            {
                family.Set(value, ("cluster", feed.Cluster), ("resource", feed.Entry.Name));
            }
        };

    private static double Seconds(DateTimeOffset? time) => time is { } t ? t.ToUnixTimeMilliseconds() / 1000d : double.NaN;
}
