using Microsoft.AspNetCore.Builder;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Endpoints.KubernetesApi;
using Vigia.Gateway.Endpoints.Lists;
using Vigia.Gateway.Endpoints.Metrics;
using Vigia.Gateway.Http;
using Vigia.Gateway.Metrics;
using Vigia.Gateway.Telemetry;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Health;
using Vigia.Live.Notifications;

namespace Vigia.Gateway.Hosting;

/// <summary>
/// The parts of a gateway that have to be ended. They are ended in one order, whether the gateway ran or its start
/// failed half-way.
/// </summary>
/// <remarks>A part that cannot be ended does not keep the others from being ended.</remarks>
internal sealed class GatewayParts : IAsyncDisposable
{
    public CancellationTokenSource Stopping { get; } = new();

    public ClusterSet? Clusters { get; set; }

    public OpenApiDocuments? Documents { get; set; }

    public GatewayInstruments? Instruments { get; set; }

    public AccessControl? Access { get; set; }

    public ServerCertificate? Certificate { get; set; }

    public AuditLog? Audit { get; set; }

    public ConnectionLimiter? Limiter { get; set; }

    public WebApplication? App { get; set; }

    public HealthMonitor? Monitor { get; set; }

    public EventHistoryRecorder? Recorder { get; set; }

    public CoalescingTimer? CoalescingTimer { get; set; }

    public FeedOrders? Orders { get; set; }

    public MetricsEndpoint? Metrics { get; set; }

    public OtlpExport? Otlp { get; set; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The web server first, so that the other parts have no more users; the exporter late, so that it reports how
        // the others ended.
        object?[] parts =
        [
            App,
            Limiter,
            CoalescingTimer,
            Orders,
            Monitor,
            Recorder,
            Access,
            Certificate,
            Audit,
            Clusters,
            Otlp,
            Metrics,
            Instruments,
            Documents,
            Stopping,
        ];
        List<Exception>? faults = null;
        foreach (var part in parts)
        {
            try
            {
                if (part is IAsyncDisposable ended)
                {
                    await ended.DisposeAsync();
                }
                else
                {
                    (part as IDisposable)?.Dispose();
                }
            }
            catch (Exception fault)
            {
                (faults ??= []).Add(fault);
            }
        }

        if (faults is not null)
        {
            throw new AggregateException("parts of the gateway could not be stopped", faults);
        }
    }
}
