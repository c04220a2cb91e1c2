using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.WebUtilities;
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
using Vigia.Gateway.Pages;
using Vigia.Gateway.Streaming;
using Vigia.Gateway.Telemetry;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Health;
using Vigia.Live.Notifications;
using Vigia.Live.Queries;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Hosting;

/// <summary>A running gateway: clusters on one side, HTTP on the other.</summary>
/// <remarks><b>Guarantees.</b> Disposing it tells open streams, waits for them within the drain timeout, and leaves no task, timer or socket.</remarks>
public sealed class GatewayServer : IAsyncDisposable
{
    /// <summary>The longest body of a request, in bytes.</summary>
    internal const int MaxBody = 64 * 1024;

    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopping;
    private readonly StreamRegistry _streams;
    private readonly GatewayOptions _options;
    private int _disposed;

    private GatewayServer(WebApplication app, ClusterSet clusters, HealthMonitor monitor, StreamRegistry streams, GatewayOptions options, CancellationTokenSource stopping)
        => (_app, Clusters, Monitor, _streams, _options, _stopping) = (app, clusters, monitor, streams, options, stopping);

    /// <summary>The clusters and their feeds.</summary>
    public ClusterSet Clusters { get; }

    /// <summary>Watches over the clusters.</summary>
    public HealthMonitor Monitor { get; }

    /// <summary>Where it listens.</summary>
    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Where the Kubernetes API alone is served; null where it has no address of its own.</summary>
    public Uri? KubernetesUrl => KubernetesAddress.Url;

    /// <summary>The certificate that it shows; null without TLS.</summary>
    internal ServerCertificate? Certificate { get; private init; }

    private AuditLog? Audit { get; init; }

    /// <summary>What holds the connections within bounds.</summary>
    internal ConnectionLimiter Limiter { get; private init; } = null!;

    private GatewayInstruments Instruments { get; init; } = null!;

    private MetricsEndpoint Metrics { get; init; } = null!;

    private OtlpExport? Otlp { get; init; }

    private KubernetesListener KubernetesAddress { get; init; } = null!;

    private OpenApiDocuments Documents { get; init; } = null!;

    private EventKeeper Keeper { get; init; } = null!;

    private AccessControl Access { get; init; } = null!;

    /// <summary>Closes the audit log's file and opens it again, for those who renamed it; false where there is none.</summary>
    public bool ReopenAuditLog()
    {
        Audit?.Reopen();
        return Audit is not null;
    }

    /// <summary>What is wrong with the address of the Kubernetes API, a sentence each; empty where nothing is.</summary>
    public static IEnumerable<string> KubernetesFaults(Configuration.GatewayConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return KubernetesListener.Faults(configuration.Listen, configuration.KubernetesListen, configuration.Access, configuration.Tls is not null);
    }

    /// <summary>Every route there is, so that a test can try them all.</summary>
    internal IReadOnlyList<Microsoft.AspNetCore.Routing.RouteEndpoint> Routes
        => [.. ((Microsoft.AspNetCore.Routing.IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints).OfType<Microsoft.AspNetCore.Routing.RouteEndpoint>()];

    /// <summary>Starts to load the clusters and to listen.</summary>
    /// <exception cref="AccessOptionsException">What was said about access would leave the gateway open, or contradicts itself.</exception>
    /// <exception cref="TokenFileException">The file of tokens cannot be read or understood.</exception>
    /// <exception cref="TlsException">The certificate or key cannot be used.</exception>
    /// <exception cref="IOException">The address is in use, or is not this machine's: the message says which and what to do.</exception>
    public static async Task<GatewayServer> StartAsync(GatewayOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var clusters = new ClusterSet(options.Catalog, options.ClusterCare, options.Informers, options.Time, options.Loggers);
        foreach (var source in options.Clusters)
        {
            clusters.Add(source);
        }

        if (KubernetesListener.Faults(options.Listen, options.KubernetesListen, options.Access, options.Tls is not null).ToArray() is { Length: > 0 } faults)
        {
            throw new AccessOptionsException(string.Join("; ", faults));
        }

        var listener = new KubernetesListener(options.KubernetesListen);
        var documents = new OpenApiDocuments(options.Time);
        var instruments = new GatewayInstruments();
        var access = AccessControl.Create(options, clusters, instruments);
        var certificate = options.Tls is { } tls ? ServerCertificate.Open(tls, options.Time, options.Loggers.CreateLogger<ServerCertificate>()) : null;
        var audit = options.Audit is { } log ? new AuditLog(log, options.Time, options.Loggers.CreateLogger<AuditLog>()) : null;
        audit?.Start();
        var stopping = new CancellationTokenSource();
        var streams = new StreamRegistry(options.Streams, options.DrainTimeout, new StreamCounters(instruments.Delivered), new Random());
        var refusals = new RefusalLog(options.Loggers.CreateLogger<RefusalLog>(), options.Time);
        var limiter = new ConnectionLimiter(options.Streams, FileLimit.Connections(options.Streams, options.Loggers.CreateLogger<ConnectionLimiter>()), refusals, options.Time);
        var app = Build(options, certificate, limiter);
        refusals.Listen(app.Services.GetRequiredService<System.Diagnostics.DiagnosticListener>());
        var monitor = new HealthMonitor(clusters, options.Health, options.Informers.Reflector.Backoff.CircuitThreshold, options.Time, options.Loggers);
        app.Use(limiter.InvokeAsync);
        app.Use(refusals.InvokeAsync);
        var keeper = new EventKeeper(clusters, options.Events, options.Time, options.Loggers.CreateLogger<EventKeeper>());
        app.Use(new RequestTimes(instruments, options.Time).MeasureAsync);
        if (audit is not null)
        {
            app.Use(new AuditTrail(audit, options.Time).FollowAsync);
        }

        app.Use((context, next) => RefusalsAsync(context, next, refusals));
        var kubernetes = Kubernetes(clusters, streams, documents, listener, options, stopping.Token);
        Map(app, clusters, monitor, streams, keeper, access, kubernetes, json => OperationReport.Write(json, certificate, audit), options, stopping.Token);
        var metrics = new MetricsEndpoint(clusters, monitor, streams, instruments, limiter, keeper.Memory, audit, options.Metrics, options.Time);
        metrics.Map(app);
        var otlp = OtlpExport.Start(options.Otlp, metrics.CollectState, options.Loggers.CreateLogger<OtlpExport>());
        try
        {
            await app.StartAsync(cancellationToken);
            listener.Opened(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            await app.DisposeAsync();
            await access.DisposeAsync();
            await DisposeAsync(certificate, audit);
            await limiter.DisposeAsync();
            await DisposeAsync(otlp);
            metrics.Dispose();
            instruments.Dispose();
            documents.Dispose();
            stopping.Dispose();
            throw new IOException($"cannot listen on {Addresses(options)}: {(error.InnerException ?? error).Message.TrimEnd('.')}; choose another address with --listen{(options.KubernetesListen is null ? "" : " or --kubernetes-listen")}", error);
        }

        clusters.Start();
        monitor.Start();
        keeper.Start();
        access.Start();
        certificate?.Start();
        limiter.Start();
        return new GatewayServer(app, clusters, monitor, streams, options, stopping) { Access = access, Certificate = certificate, Audit = audit, Instruments = instruments, Metrics = metrics, Keeper = keeper, Limiter = limiter, Otlp = otlp, KubernetesAddress = listener, Documents = documents };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        // 1. Tell the streams, which say so to their clients; 2. wait a little; 3. close.
        await _stopping.CancelAsync();
        await Task.WhenAny(_streams.WhenDrained, Task.Delay(_options.DrainTimeout, _options.Time, CancellationToken.None));
        using (var now = new CancellationTokenSource(TimeSpan.Zero))
        {
            await _app.StopAsync(now.Token);
        }

        await _app.DisposeAsync();
        await Limiter.DisposeAsync();
        await Monitor.DisposeAsync();
        await Keeper.DisposeAsync();
        await Access.DisposeAsync();
        await DisposeAsync(Certificate, Audit);
        await Clusters.DisposeAsync();
        await DisposeAsync(Otlp);
        Metrics.Dispose();
        Instruments.Dispose();
        Documents.Dispose();
        _stopping.Dispose();
    }

    private static ValueTask DisposeAsync(OtlpExport? otlp) => otlp?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async ValueTask DisposeAsync(ServerCertificate? certificate, AuditLog? audit)
    {
        if (certificate is not null)
        {
            await certificate.DisposeAsync();
        }

        if (audit is not null)
        {
            await audit.DisposeAsync();
        }
    }

    private static WebApplication Build(GatewayOptions options, ServerCertificate? certificate, ConnectionLimiter limiter)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(options.Loggers);
        builder.Services.AddSingleton<IHostLifetime, NoHostLifetime>();
        builder.WebHost.UseUrls(Addresses(options));
        builder.WebHost.UseKestrelHttpsConfiguration();

        // What a stream writes goes to its socket on the same thread: with a thousand streams the hops between threads would cost more than the writes.
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.MaxWriteBufferSize = SseOutput.PipeIsEmptyAfterFlush;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Limits.RequestHeadersTimeout = options.Streams.HeadersTimeout;
            kestrel.Limits.KeepAliveTimeout = options.Streams.IdleTimeout;

            // A client that does not read costs a cursor and the response's buffer: no reason to cut it off. It is caught up when it reads again.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxResponseBufferSize = 64 * 1024;
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                // Browsers and proxies speak HTTP/2 over TLS only.
                endpoint.Use(limiter.Limit);
                endpoint.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                if (certificate is not null)
                {
                    endpoint.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(certificate.Handshake()) });
                }

                endpoint.Use(Handover.Offer);
            });
        });
        return builder.Build();
    }

    private static void Map(WebApplication app, ClusterSet clusters, HealthMonitor monitor, StreamRegistry registry, EventKeeper keeper, AccessControl access, KubernetesApi kubernetes, Action<System.Text.Json.Utf8JsonWriter> writeMore, GatewayOptions options, CancellationToken stopping)
    {
        var lists = new ListEndpoint(clusters, options.Time);
        var status = new StatusEndpoints(clusters, keeper.Memory, registry, options.Access.Mode == AuthMode.None, writeMore, options.Time);
        var wakers = new Wakers(options.Time);
        var streams = new StreamEndpoints(clusters, registry, wakers, options.Streams, options.Time, options.Loggers.CreateLogger<GatewayServer>(), stopping);
        var sockets = new SocketEndpoint(clusters, registry, wakers, options.Sockets, options.Streams, options.Time, options.Loggers.CreateLogger<SocketEndpoint>(), stopping);
        var presets = new PresetEndpoints(clusters, streams, options.Time);

        app.Use((context, next) =>
        {
            // An answer is what its type says, whatever it looks like to a browser.
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return next(context);
        });
        if (HostPolicy.Create(options.Access, options.Listen) is { } hosts)
        {
            app.Use(hosts.InvokeAsync);
        }

        app.Use(ImpersonationPolicy.InvokeAsync);
        app.Use(new OriginPolicy(options.Sockets.AllowedOrigins).InvokeAsync);
        access.Map(app);
        app.Use(kubernetes.InvokeAsync);
        app.Use(new ParameterCheck(clusters).InvokeAsync);
        app.MapRead("/", IndexPage.WriteAsync).WithMetadata(StatusOperations.Page);
        app.MapRead("/healthz", StatusEndpoints.AliveAsync).WithMetadata(StatusOperations.Alive);
        app.MapRead("/readyz", status.ReadyAsync).WithMetadata(StatusOperations.Ready);
        app.MapRead("/api/v1/resources", status.ResourcesAsync).WithMetadata(StatusOperations.Resources);
        app.MapRead("/api/v1/status", status.StatusAsync).WithMetadata(StatusOperations.Status);
        new HealthEndpoints(monitor, clusters, status, options.Health, options.Time).Map(app);
        app.MapRead("/api/v1/stats/overview", status.OverviewAsync).WithMetadata(StatusOperations.Overview);
        app.MapRead("/api/v1/stream", context => streams.StreamAsync(context, null)).WithMetadata(StreamOperations.Several);
        app.MapMethods("/api/v1/ws", SocketHandshake.Methods, sockets.SubscribeAsync).WithMetadata(StreamOperations.Socket);
        app.MapMethods("/api/wds/logs", SocketHandshake.Methods, sockets.DeploymentLogAsync).WithMetadata(StreamOperations.DeploymentLog);
        app.MapRead("/api/v1/{resource}", context => lists.ListAsync(context, Value(context, "resource"), null)).WithMetadata(ResourceOperations.List);
        app.MapRead("/api/v1/{resource}/stream", context => streams.StreamAsync(context, Value(context, "resource"))).WithMetadata(StreamOperations.One);
        app.MapRead("/api/v1/{resource}/{uid}", context => lists.GetAsync(context, Value(context, "resource"), Value(context, "uid"))).WithMetadata(ResourceOperations.Get);
        RelationEndpoints.Map(app, clusters, options.Time);
        EventEndpoints.Map(app, streams);
        ObjectEventEndpoint.Map(app, clusters, keeper, options.Time);
        DescribeEndpoint.Map(app, clusters, keeper, options.Time);
        app.MapRead("/api/v1/namespace/{ns}/{resource}", context => lists.ListAsync(context, Value(context, "resource"), Value(context, "ns"))).WithMetadata(ResourceOperations.ListInNamespace);
        app.MapRead("/events/{preset}", context => presets.StreamAsync(context, Value(context, "preset"))).WithMetadata(StreamOperations.Presets);
        ApiEndpoint.Map(app, clusters, options.Access.Mode);
        app.MapFallback("{**path}", new UnmatchedEndpoint(app).AnswerAsync);
    }

    private static KubernetesApi Kubernetes(ClusterSet clusters, StreamRegistry registry, OpenApiDocuments documents, KubernetesListener listener, GatewayOptions options, CancellationToken stopping)
    {
        var objects = new KubernetesObjects(registry, options.Streams, new WatchSockets(options.Sockets, options.Time), options.Time, new Random(), options.Loggers.CreateLogger<KubernetesObjects>(), stopping);
        return new KubernetesApi(clusters, objects, documents, listener.IsMeant);
    }

    /// <summary>The addresses, with the scheme that is really spoken; that of the Kubernetes API alone is the second.</summary>
    private static string Addresses(GatewayOptions options)
        => string.Join(';', new[] { options.Listen, options.KubernetesListen }.OfType<Uri>().Select(listen => options.Tls is null ? listen.GetLeftPart(UriPartial.Authority) : $"{Uri.UriSchemeHttps}://{listen.Authority}"));

    private static string Value(HttpContext context, string name) => context.Request.RouteValues[name]?.ToString() ?? "";

    /// <summary>What a request asks wrongly is told as a problem document; nothing else is disturbed.</summary>
    private static async Task RefusalsAsync(HttpContext context, RequestDelegate next, RefusalLog refusals)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentType: null } bare)
            {
                await Problem.WriteAsync(context, bare.StatusCode, ReasonPhrases.GetReasonPhrase(bare.StatusCode), bare.StatusCode == 405
                    ? $"{context.Request.Path} does not accept {context.Request.Method}; it accepts {bare.Headers.Allow}"
                    : $"no route matches {context.Request.Method} {context.Request.Path}; see /api/v1/resources");
            }
        }
        catch (QueryException refused) when (!context.Response.HasStarted)
        {
            await Problem.WriteAsync(context, refused.Status, refused.Title, refused.Message);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException refused) when (!context.Response.HasStarted)
        {
            await Problem.WriteAsync(context, refused.StatusCode, "Bad request", refused.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left.
        }
        catch (Exception fault) when (!context.Response.HasStarted)
        {
            refusals.TellFault(context, fault);
            await Problem.WriteAsync(context, 500, "A fault of the gateway", "this is a fault of the gateway, and in its log; whether the same request works later cannot be said");
        }
    }

    /// <summary>The process' signals belong to the command, not to a web server within it.</summary>
    private sealed class NoHostLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
