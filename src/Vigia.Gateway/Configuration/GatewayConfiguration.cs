using Microsoft.Extensions.Logging;
using Vigia.Catalog;
using Vigia.Gateway.Access;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Endpoints.Metrics;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Http;
using Vigia.Gateway.Telemetry;
using Vigia.Informers;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Health;

namespace Vigia.Gateway.Configuration;

/// <summary>The configuration of a gateway: files, overridden by flags. Immutable.</summary>
public sealed record GatewayConfiguration
{
    /// <summary>The address to listen on.</summary>
    public Uri Listen { get; init; } = new("http://127.0.0.1:8001");

    /// <summary>The address of the Kubernetes API alone; null for none.</summary>
    public Uri? KubernetesListen { get; init; }

    /// <summary>The log level on standard error.</summary>
    public LogLevel Log { get; init; } = LogLevel.Information;

    /// <summary>How it is logged.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>How long open streams are waited for when the gateway stops.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clusters.</summary>
    public KubeconfigOptions Kubeconfig { get; init; } = new();

    /// <summary>How they are looked after.</summary>
    public ClusterOptions Clusters { get; init; } = new();

    /// <summary>Listing and watching.</summary>
    public SharedInformerOptions Informers { get; init; } = new();

    /// <summary>Streams.</summary>
    public StreamOptions Streams { get; init; } = new();

    /// <summary>WebSockets and origins.</summary>
    public SocketOptions Sockets { get; init; } = new();

    /// <summary>Authentication and authorization.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>TLS; null for plain HTTP.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>The audit log of requests; null for none.</summary>
    public AuditLogOptions? Audit { get; init; }

    /// <summary>The health monitor.</summary>
    public HealthOptions Health { get; init; } = new();

    /// <summary>The contents of /metrics.</summary>
    public MetricsOptions Metrics { get; init; } = new();

    /// <summary>The export of traces and metrics; missing values are taken from the environment.</summary>
    public OtlpOptions Otlp { get; init; } = new() { UseEnvironment = true };

    /// <summary>Kubernetes events that are kept.</summary>
    public EventHistoryOptions Events { get; init; } = new();

    /// <summary>The resources.</summary>
    public ResourceCatalog Catalog { get; init; } = ResourceCatalog.BuiltIn;

    /// <summary>The options of a gateway.</summary>
    /// <param name="clusters">The clusters to begin with.</param>
    /// <param name="loggers">The logger factory.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public GatewayOptions ToOptions(IReadOnlyList<IClusterSource> clusters, ILoggerFactory loggers, TimeProvider? time = null) =>
        new()
        {
            Listen = Listen,
            KubernetesListen = KubernetesListen,
            Clusters = clusters,
            ClusterCare = Clusters,
            Catalog = Catalog,
            Streams = Streams,
            Sockets = Sockets,
            Access = Access,
            Tls = Tls,
            Audit = Audit,
            Health = Health,
            Events = Events,
            Metrics = Metrics,
            Otlp = Otlp,
            Informers = Informers,
            DrainTimeout = DrainTimeout,
            Loggers = loggers,
            Time = time ?? TimeProvider.System,
        };
}
