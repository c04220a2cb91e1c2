using Vigia.Gateway.Metrics;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.Metrics;

/// <summary>
/// Informers, their caches and logs: one series per cluster and resource. The number depends on the catalog and the
/// definitions, never on the objects.
/// </summary>
internal static class FeedMetrics
{
    private static readonly (WatchEventType Type, string Word)[] Types =
    [
        (WatchEventType.Added, "added"),
        (WatchEventType.Modified, "modified"),
        (WatchEventType.Deleted, "deleted"),
        (WatchEventType.Bookmark, "bookmark"),
    ];

    /// <summary>Writes the families.</summary>
    public static void Write(MetricText text, IEnumerable<ResourceFeed> feeds, DateTimeOffset now)
    {
        var figures = InformerMeasurement
            .All.Select(figure =>
                (Figure: figure, Family: figure.IsCounter ? text.Counter(figure.Name, figure.Help) : text.Gauge(figure.Name, figure.Help))
            )
            .ToArray();
        var states = text.Gauge(
            "vigia_resource_state",
            "The state of the resource: 1 for the current one of waiting, syncing, synced, denied (a right is missing), failing, stopped."
        );
        var events = text.Counter(
            "vigia_informer_events_total",
            "Watch events that were applied, by type: added, modified, deleted, bookmark."
        );
        foreach (var feed in feeds)
        {
            if (feed.Informer is not { } informer)
            {
                continue;
            }

            // One status for all, so that they are of the same moment.
            var status = informer.Status;
            foreach (var (figure, family) in figures)
            {
                if (figure.Read(informer, status, now) is var value && !double.IsNaN(value))
                {
                    family.Set(value, ("cluster", feed.Cluster), ("resource", feed.Entry.Name));
                }
            }

            states.Set(1, ("cluster", feed.Cluster), ("resource", feed.Entry.Name), ("state", FeedState.Of(feed).Word));
            foreach (var (type, word) in Types)
            {
                events.Set(informer.Counters.EventsOf(type), ("cluster", feed.Cluster), ("resource", feed.Entry.Name), ("type", word));
            }
        }
    }
}
