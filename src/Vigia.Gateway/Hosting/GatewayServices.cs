using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Access;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Endpoints.Describe;
using Vigia.Gateway.Endpoints.Events;
using Vigia.Gateway.Endpoints.KubernetesApi;
using Vigia.Gateway.Endpoints.Lists;
using Vigia.Gateway.Endpoints.Metrics;
using Vigia.Gateway.Endpoints.OpenApi;
using Vigia.Gateway.Endpoints.Presets;
using Vigia.Gateway.Endpoints.Relations;
using Vigia.Gateway.Endpoints.Sse;
using Vigia.Gateway.Endpoints.Status;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.Http;
using Vigia.Gateway.Metrics;
using Vigia.Gateway.OpenApi;
using Vigia.Gateway.Streaming;
using Vigia.Gateway.Telemetry;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Health;
using Vigia.Live.Notifications;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Hosting;

/// <summary>
/// The services of a gateway. The container makes one of each, and ends them in reverse order of their creation.
/// </summary>
internal static class GatewayServices
{
    /// <summary>Adds everything that the options describe.</summary>
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options) =>
        services.AddOptions(options).AddTelemetry(options).AddLive(options).AddRequests(options).AddEndpoints(options);

    private static IServiceCollection AddOptions(this IServiceCollection services, GatewayOptions options) =>
        services
            .AddSingleton(options.Loggers)
            .AddSingleton(options.Time)
            .AddSingleton(options.Access)
            .AddSingleton(options.Streams)
            .AddSingleton(options.Sockets)
            .AddSingleton(options.Health)
            .AddSingleton(options.Metrics);

    private static IServiceCollection AddTelemetry(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton<GatewayInstruments>().AddSingleton<RequestTimes>().AddSingleton<MetricsEndpoint>();
        services.AddSingleton(all => new Lazy<MetricsEndpoint>(all.GetRequiredService<MetricsEndpoint>));
        if (options.Audit is { } audit)
        {
            services.AddSingleton(all => new AuditLog(audit, options.Time, all.Logger<AuditLog>())).AddSingleton<AuditTrail>();
        }

        if (options.Otlp.IsOn)
        {
            services.AddSingleton(all =>
            {
                // Ended after what it reports on: it needs the instruments, and everything else is created after it.
                _ = all.GetRequiredService<GatewayInstruments>();
                var metrics = all.GetRequiredService<Lazy<MetricsEndpoint>>();
                return new OtlpExport(options.Otlp, () => metrics.Value.CollectState(), all.Logger<OtlpExport>());
            });
        }

        return services;
    }

    private static IServiceCollection AddLive(this IServiceCollection services, GatewayOptions options) =>
        services
            .AddSingleton(_ =>
            {
                var clusters = new ClusterSet(options.Catalog, options.ClusterCare, options.Informers, options.Time, options.Loggers);
                foreach (var source in options.Clusters)
                {
                    clusters.Add(source);
                }

                return clusters;
            })
            .AddSingleton(all => new HealthMonitor(
                all.GetRequiredService<ClusterSet>(),
                options.Health,
                options.Informers.Reflector.Backoff.CircuitThreshold,
                options.Time,
                options.Loggers
            ))
            .AddSingleton(all => new EventHistoryRecorder(
                all.GetRequiredService<ClusterSet>(),
                options.Events,
                options.Time,
                all.Logger<EventHistoryRecorder>()
            ))
            .AddSingleton(all => all.GetRequiredService<EventHistoryRecorder>().Memory)
            .AddSingleton(all => new ChangeNotifier(options.Time, all.Logger<ChangeNotifier>()))
            .AddSingleton(_ => new CoalescingTimer(options.Streams.Heartbeat / 32, options.Time));

    private static IServiceCollection AddRequests(this IServiceCollection services, GatewayOptions options)
    {
        if (options.Tls is { } tls)
        {
            services.AddSingleton(all => ServerCertificate.Open(tls, options.Time, all.Logger<ServerCertificate>()));
        }

        return services
            .AddSingleton(all =>
                AccessControl.Create(options, all.GetRequiredService<ClusterSet>(), all.GetRequiredService<GatewayInstruments>())
            )
            .AddSingleton(all => new RefusalLog(all.Logger<RefusalLog>(), options.Time))
            .AddSingleton<RefusalAnswers>()
            .AddSingleton(all => new ConnectionLimiter(
                options.Streams,
                FileLimit.Connections(options.Streams, all.Logger<ConnectionLimiter>()),
                all.GetRequiredService<RefusalLog>(),
                options.Time
            ))
            .AddSingleton(all => new StreamRegistry(
                options.Streams,
                options.DrainTimeout,
                new StreamCounters(all.GetRequiredService<GatewayInstruments>().Delivered),
                new Random()
            ))
            .AddSingleton<ParameterCheck>()
            .AddSingleton<IHostLifetime, NoHostLifetime>()
            .AddHostedService<GatewayLifetime>();
    }

    private static IServiceCollection AddEndpoints(this IServiceCollection services, GatewayOptions options) =>
        services
            .AddSingleton(new KubernetesListener(options.KubernetesListen))
            .AddSingleton<OpenApiDocuments>()
            .AddSingleton<WatchSockets>()
            .AddSingleton(all => new KubernetesObjects(
                all.GetRequiredService<StreamRegistry>(),
                options.Streams,
                all.GetRequiredService<WatchSockets>(),
                options.Time,
                new Random(),
                all.Logger<KubernetesObjects>(),
                all.GetRequiredService<IHostApplicationLifetime>()
            ))
            .AddSingleton<KubernetesApi>()
            .AddSingleton<FeedOrders>()
            .AddSingleton<UnmatchedEndpoint>()
            .AddSingleton<ListEndpoint>()
            .AddSingleton(all => new StatusEndpoints(
                all.GetRequiredService<ClusterSet>(),
                all.GetRequiredService<EventHistory>(),
                all.GetRequiredService<StreamRegistry>(),
                options.Access.Mode == AuthMode.None,
                json => OperationReport.Write(json, all.GetService<ServerCertificate>(), all.GetService<AuditLog>()),
                options.Time
            ))
            .AddSingleton<HealthEndpoints>()
            .AddSingleton<StreamEndpoints>()
            .AddSingleton<SocketEndpoint>()
            .AddSingleton<PresetEndpoints>()
            .AddSingleton<RelationEndpoints>()
            .AddSingleton<ObjectEventEndpoint>()
            .AddSingleton<DescribeEndpoint>()
            .AddSingleton<ApiEndpoint>();

    private static ILogger<T> Logger<T>(this IServiceProvider services) => services.GetRequiredService<ILogger<T>>();
}
