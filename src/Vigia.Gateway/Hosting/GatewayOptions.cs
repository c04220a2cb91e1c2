using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Catalog;
using Vigia.Gateway.Access;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Endpoints.Metrics;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.Http;
using Vigia.Gateway.Telemetry;
using Vigia.Informers;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Health;

namespace Vigia.Gateway.Hosting;

/// <summary>The options of a gateway.</summary>
public sealed class GatewayOptions
{
    /// <summary>
    /// The address to listen on; port 0 for any free port. Default <c>http://127.0.0.1:8001</c>. With <see cref="Tls"/>
    /// it is https, whatever the scheme here.
    /// </summary>
    public Uri Listen { get; init; } = new("http://127.0.0.1:8001");

    /// <summary>
    /// A second address, at whose root the Kubernetes API alone is served, for clients that cannot be given a path;
    /// null (default) for none. Its port must be another than <see cref="Listen"/>'s; 0 for any free one.
    /// </summary>
    public Uri? KubernetesListen { get; init; }

    /// <summary>The clusters to begin with; others may be added while it runs (<see cref="ClusterSet.Add"/>).</summary>
    public required IReadOnlyList<IClusterSource> Clusters { get; init; }

    /// <summary>How clusters are looked after.</summary>
    public ClusterOptions ClusterCare { get; init; } = new();

    /// <summary>The resources. Default the built-in ones.</summary>
    public ResourceCatalog Catalog { get; init; } = ResourceCatalog.BuiltIn;

    /// <summary>Streams.</summary>
    public StreamOptions Streams { get; init; } = new();

    /// <summary>Authentication and authorization. Default: no authentication, and loopback addresses only.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>TLS, and with it HTTP/2; null for plain HTTP.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>The audit log of requests; null for none.</summary>
    public AuditLogOptions? Audit { get; init; }

    /// <summary>The contents of /metrics.</summary>
    public MetricsOptions Metrics { get; init; } = new();

    /// <summary>The collector of traces and metrics. Default none.</summary>
    public OtlpOptions Otlp { get; init; } = new();

    /// <summary>WebSockets, and the pages that may use them.</summary>
    public SocketOptions Sockets { get; init; } = new();

    /// <summary>The health monitor.</summary>
    public HealthOptions Health { get; init; } = new();

    /// <summary>How long Kubernetes events are kept.</summary>
    public EventHistoryOptions Events { get; init; } = new();

    /// <summary>
    /// Informers. By default clients can resume for up to five minutes and receive each step since, as with an API
    /// server.
    /// </summary>
    public SharedInformerOptions Informers { get; init; } = new() { Log = new() { MaxAge = History } };

    /// <summary>How far back clients may come by default.</summary>
    internal static TimeSpan History { get; } = TimeSpan.FromMinutes(5);

    /// <summary>How long open streams are waited for when the gateway stops. Default 1 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The logger factory.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;
}
