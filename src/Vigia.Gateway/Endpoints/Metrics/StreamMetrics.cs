using Vigia.Gateway.Metrics;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.Metrics;

/// <summary>The metrics of streams.</summary>
internal static class StreamMetrics
{
    /// <summary>Writes them.</summary>
    public static void Write(MetricText text, StreamMeasurements figures)
    {
        var open = text.Gauge(
            "vigia_streams_open",
            "Streams that are open now, by transport: server-sent events, WebSockets, Kubernetes watches."
        );
        var opened = text.Counter("vigia_streams_opened_total", "Streams that were opened.");
        var sent = text.Counter(
            "vigia_stream_events_sent_total",
            "Changes that were sent, by streams that are open and by those that have ended."
        );
        var folded = text.Counter(
            "vigia_stream_events_folded_total",
            "Changes that were sent in place of several: the reader lagged and was given the latest state."
        );
        var resets = text.Counter(
            "vigia_stream_resets_total",
            "Times that a client was told to forget a resource, by reason: start (it is new), filter (it asks for something else), "
                + "expired (a gap that cannot be filled), restored (the API server went back)."
        );
        var pickUps = text.Counter(
            "vigia_stream_resumes_total",
            "Clients that came back with a cursor, for each resource: exact, log, history (of the API server), or reset where nothing "
                + "reaches back so far."
        );
        var refused = text.Counter(
            "vigia_streams_refused_total",
            "Streams that were refused because there were too many, in all (limit) or of one caller (caller)."
        );
        foreach (var transport in figures.Transports)
        {
            open.Set(transport.Open, ("transport", transport.Word));
            opened.Set(transport.Opened, ("transport", transport.Word));
            sent.Set(transport.Changes, ("transport", transport.Word));
            folded.Set(transport.Folded, ("transport", transport.Word));
        }

        foreach (var (reason, count) in figures.Resets)
        {
            resets.Set(count, ("reason", EventMembers.Word(reason)));
        }

        foreach (var (how, count) in figures.PickUps)
        {
            pickUps.Set(count, ("from", how.ToString().ToLowerInvariant()));
        }

        refused.Set(figures.TooMany, ("reason", "limit"));
        refused.Set(figures.TooManyOfOne, ("reason", "caller"));
    }
}
