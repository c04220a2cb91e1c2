using Vigia.Gateway.Metrics;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.Metrics;

/// <summary>The metrics of streams.</summary>
internal static class StreamMetrics
{
    /// <summary>Writes them.</summary>
    public static void Write(MetricText text, StreamMeasurements figures)
    {
        var open = text.Gauge("vigia_streams_open", "Open streams, by transport: server-sent events, WebSockets, Kubernetes watches.");
        var opened = text.Counter("vigia_streams_opened_total", "Streams that were opened.");
        var sent = text.Counter("vigia_stream_events_sent_total", "Changes that were sent, by open and ended streams.");
        var folded = text.Counter(
            "vigia_stream_events_folded_total",
            "Folded changes: the reader lagged and received the latest state instead of each step."
        );
        var resets = text.Counter(
            "vigia_stream_resets_total",
            "Resets sent to clients, by reason: start (new stream), filter (another filter), expired (a gap), restored (the API server "
                + "was restored)."
        );
        var pickUps = text.Counter(
            "vigia_stream_resumes_total",
            "Resumed clients per resource, by source: exact, log, history (of the API server), or reset if none reaches back far enough."
        );
        var refused = text.Counter(
            "vigia_streams_refused_total",
            "Streams that were refused: too many in all (limit) or of one caller (caller)."
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
