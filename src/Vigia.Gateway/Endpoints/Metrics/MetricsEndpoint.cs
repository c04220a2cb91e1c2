using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Gateway.Access;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Endpoints.Metrics.Objects;
using Vigia.Gateway.Endpoints.Status;
using Vigia.Gateway.Http;
using Vigia.Gateway.Metrics;
using Vigia.Gateway.Streaming;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Health;

namespace Vigia.Gateway.Endpoints.Metrics;

/// <summary><c>GET /metrics</c>: Prometheus' text format, computed at each scrape from existing counters.</summary>
/// <remarks>
/// A caller that may get the path (<see cref="AccessNeed"/>) sees the gateway's own metrics; those of a resource and
/// its objects require the right to list it.
/// </remarks>
internal sealed class MetricsEndpoint(
    ClusterSet clusters,
    HealthMonitor monitor,
    StreamRegistry streams,
    GatewayInstruments instruments,
    ConnectionLimiter connections,
    EventHistory events,
    MetricsOptions options,
    TimeProvider time,
    AuditLog? audit = null
) : IDisposable
{
    private readonly DateTimeOffset _started = time.GetUtcNow();

    // The instruments of queues and controllers are the process', whichever gateway's hooks they work for.
    private readonly MeterReader _meters = new(meter =>
        ReferenceEquals(meter, instruments.Meter) || meter.Name is ControllerMeters.WorkQueues or ControllerMeters.Controllers
    );

    /// <summary>Adds the route.</summary>
    public void Map(IEndpointRouteBuilder app) => app.MapRead("/metrics", ScrapeAsync).WithMetadata(StatusOperations.Metrics);

    /// <summary>Listens no longer.</summary>
    public void Dispose() => _meters.Dispose();

    /// <summary>Values computed at a scrape, for all feeds; instruments are read separately.</summary>
    public MetricText CollectState() => CollectState(Feeds());

    private MetricText CollectState(IEnumerable<ResourceFeed> feeds)
    {
        var text = new MetricText();
        ProcessMetrics.Write(text);
        WriteProcess(text);
        WriteClusters(text);
        connections.Write(text);
        text.Gauge("vigia_kept_events", "Kubernetes events in the event history.").Set(events.Count);
        text.Counter("vigia_kept_events_dropped_total", "Kubernetes events that were dropped because of the limits per object and in all.")
            .Set(events.Dropped);
        StreamMetrics.Write(text, streams.Counters.Read());
        FeedMetrics.Write(text, feeds, time.GetUtcNow());
        return text;
    }

    private ResourceFeed[] Feeds() => [.. clusters.Sessions.SelectMany(session => session.Feeds).Where(feed => feed.Informer is not null)];

    private async Task ScrapeAsync(HttpContext context)
    {
        if (options.Objects)
        {
            // Feeds of the last tier start to load at the first scrape; the next one has them.
            ObjectMetrics.Want(clusters.Sessions);
        }

        var feeds = Feeds();
        var scopes = await FeedScopes.OfAsync(context, feeds);
        var text = CollectState(feeds.Where(scopes.SeesAll));
        _meters.Write(text);
        context.Response.ContentType = MetricText.ContentType;
        Encoding.UTF8.GetBytes(text.ToString(), context.Response.BodyWriter);
        if (await AnswerPace.FlushAsync(context) && options.Objects)
        {
            await ObjectMetrics.WriteAsync(context.Response.BodyWriter, feeds, scopes, clusters.Sessions.Count > 1, context.RequestAborted);
        }
    }

    private void WriteProcess(MetricText text)
    {
        text.Gauge("vigia_build_info", "The version of this gateway; always 1.")
            .Set(1, ("version", typeof(MetricsEndpoint).Assembly.GetName().Version?.ToString(3) ?? ""));
        text.Gauge("vigia_start_time_seconds", "When the gateway was started, in seconds since 1970.")
            .Set(_started.ToUnixTimeMilliseconds() / 1000d);
        if (audit is not null)
        {
            text.Counter("vigia_audit_log_dropped_lines_total", "Lines that the audit log dropped because the disk was too slow or full.")
                .Set(audit.Dropped);
        }
    }

    private void WriteClusters(MetricText text)
    {
        var up = text.Gauge("vigia_cluster_up", "1 if discovery of the cluster works and its circuit is closed, else 0.");
        var ready = text.Gauge("vigia_cluster_ready", "1 once the cluster's pods are loaded, else 0.");
        var circuit = text.Gauge("vigia_cluster_circuit_state", "The state of the cluster's circuit: 1 for the current one.");
        var probes = text.Gauge("vigia_cluster_failed_probes", "Probes of the cluster that failed in a row.");
        var recoveries = text.Counter("vigia_cluster_recoveries_total", "Number of times that the cluster's circuit was closed again.");
        foreach (var session in clusters.Sessions)
        {
            ready.Set(session.IsReady ? 1 : 0, ("cluster", session.Name));
        }

        foreach (var health in monitor.Look())
        {
            up.Set(health.Status is not "failing" && health.Circuit == CircuitState.Closed ? 1 : 0, ("cluster", health.Cluster));
            foreach (var state in Enum.GetValues<CircuitState>())
            {
                circuit.Set(health.Circuit == state ? 1 : 0, ("cluster", health.Cluster), ("state", state.ToString().ToLowerInvariant()));
            }

            probes.Set(health.Failures, ("cluster", health.Cluster));
            recoveries.Set(health.Recoveries, ("cluster", health.Cluster));
        }
    }
}
