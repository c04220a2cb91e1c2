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
/// <remarks>
/// <b>Guarantees.</b> Disposing of it informs open streams, waits for them within the drain timeout, and leaves no
/// task, timer or socket.
/// </remarks>
public sealed class GatewayServer : IAsyncDisposable
{
    /// <summary>The longest body of a request, in bytes.</summary>
    internal const int MaxBody = 64 * 1024;

    private readonly GatewayParts _parts;
    private readonly WebApplication _app;
    private readonly StreamRegistry _streams;
    private readonly KubernetesListener _listener;
    private readonly GatewayOptions _options;
    private int _disposed;

    private GatewayServer(GatewayParts parts, StreamRegistry streams, KubernetesListener listener, GatewayOptions options) =>
        (_parts, _app, _streams, _listener, _options) = (parts, parts.App!, streams, listener, options);

    /// <summary>The clusters and their feeds.</summary>
    public ClusterSet Clusters => _parts.Clusters!;

    /// <summary>Watches over the clusters.</summary>
    public HealthMonitor Monitor => _parts.Monitor!;

    /// <summary>The address it listens on.</summary>
    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>The address of the Kubernetes API alone; null if it has none.</summary>
    public Uri? KubernetesUrl => _listener.Url;

    /// <summary>The certificate that it shows; null without TLS.</summary>
    internal ServerCertificate? Certificate => _parts.Certificate;

    /// <summary>Limits the connections.</summary>
    internal ConnectionLimiter Limiter => _parts.Limiter!;

    /// <summary>
    /// Closes the audit log's file and opens it again, after it was renamed; false without an audit log.
    /// </summary>
    public bool ReopenAuditLog()
    {
        _parts.Audit?.Reopen();
        return _parts.Audit is not null;
    }

    /// <summary>The errors in the address of the Kubernetes API, a sentence each; empty if there are none.</summary>
    public static IEnumerable<string> KubernetesFaults(Configuration.GatewayConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return KubernetesListener.Faults(
            configuration.Listen,
            configuration.KubernetesListen,
            configuration.Access,
            configuration.Tls is not null
        );
    }

    /// <summary>Every route there is, so that a test can try them all.</summary>
    internal IReadOnlyList<Microsoft.AspNetCore.Routing.RouteEndpoint> Routes =>
        [
            .. ((Microsoft.AspNetCore.Routing.IEndpointRouteBuilder)_app)
                .DataSources.SelectMany(source => source.Endpoints)
                .OfType<Microsoft.AspNetCore.Routing.RouteEndpoint>(),
        ];

    /// <summary>Starts to load the clusters and to listen.</summary>
    /// <exception cref="AccessOptionsException">
    /// The access options contradict each other, or would leave the gateway open to everyone.
    /// </exception>
    /// <exception cref="TokenFileException">The file of tokens cannot be read or understood.</exception>
    /// <exception cref="TlsException">The certificate or key cannot be used.</exception>
    /// <exception cref="IOException">
    /// The address is in use, or is not this machine's: the message says which and what to do.
    /// </exception>
    public static async Task<GatewayServer> StartAsync(GatewayOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var parts = new GatewayParts();
        try
        {
            return await StartAsync(parts, options, cancellationToken);
        }
        catch
        {
            // Whatever failed, nothing that was started before it keeps running.
            await parts.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        // 1. Inform the streams, which inform their clients; 2. wait a little; 3. close.
        await _parts.Stopping.CancelAsync();
        await _streams
            .WhenDrained.WaitAsync(_options.DrainTimeout, _options.Time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using (var now = new CancellationTokenSource(TimeSpan.Zero))
        {
            await _app.StopAsync(now.Token);
        }

        await _parts.DisposeAsync();
    }

    private static async Task<GatewayServer> StartAsync(GatewayParts parts, GatewayOptions options, CancellationToken cancellationToken)
    {
        // 1. Middleware that may refuse.
        if (
            KubernetesListener.Faults(options.Listen, options.KubernetesListen, options.Access, options.Tls is not null).ToArray() is
            { Length: > 0 } faults
        )
        {
            throw new AccessOptionsException(string.Join("; ", faults));
        }

        var clusters = parts.Clusters = new ClusterSet(
            options.Catalog,
            options.ClusterCare,
            options.Informers,
            options.Time,
            options.Loggers
        );
        foreach (var source in options.Clusters)
        {
            clusters.Add(source);
        }

        var listener = new KubernetesListener(options.KubernetesListen);
        parts.Documents = new OpenApiDocuments(options.Time);
        var instruments = parts.Instruments = new GatewayInstruments();
        parts.Access = AccessControl.Create(options, clusters, instruments);
        parts.Certificate = options.Tls is { } tls
            ? ServerCertificate.Open(tls, options.Time, options.Loggers.CreateLogger<ServerCertificate>())
            : null;
        parts.Audit = options.Audit is { } log ? new AuditLog(log, options.Time, options.Loggers.CreateLogger<AuditLog>()) : null;
        parts.Audit?.Start();

        // 2. The way of a request.
        var streams = new StreamRegistry(options.Streams, options.DrainTimeout, new StreamCounters(instruments.Delivered), new Random());
        var refusals = new RefusalLog(options.Loggers.CreateLogger<RefusalLog>(), options.Time);
        var limiter = parts.Limiter = new ConnectionLimiter(
            options.Streams,
            FileLimit.Connections(options.Streams, options.Loggers.CreateLogger<ConnectionLimiter>()),
            refusals,
            options.Time
        );
        var app = parts.App = Build(options, parts.Certificate, limiter);
        refusals.Listen(app.Services.GetRequiredService<System.Diagnostics.DiagnosticListener>());
        parts.Monitor = new HealthMonitor(
            clusters,
            options.Health,
            options.Informers.Reflector.Backoff.CircuitThreshold,
            options.Time,
            options.Loggers
        );
        app.Use(limiter.InvokeAsync);
        app.Use(refusals.InvokeAsync);
        var recorder = parts.Recorder = new EventHistoryRecorder(
            clusters,
            options.Events,
            options.Time,
            options.Loggers.CreateLogger<EventHistoryRecorder>()
        );
        app.Use(new RequestTimes(instruments, options.Time).MeasureAsync);
        if (parts.Audit is { } audit)
        {
            app.Use(new AuditTrail(audit, options.Time).FollowAsync);
        }

        app.Use((context, next) => RefusalsAsync(context, next, refusals));
        parts.Orders = new FeedOrders(options.Time);
        parts.CoalescingTimer = new CoalescingTimer(options.Streams.Heartbeat / 32, options.Time);
        Map(parts, streams, Kubernetes(parts, streams, listener, options), options);
        var metrics = parts.Metrics = new MetricsEndpoint(
            clusters,
            parts.Monitor,
            streams,
            instruments,
            limiter,
            recorder.Memory,
            parts.Audit,
            options.Metrics,
            options.Time
        );
        metrics.Map(app);

        // 3. All at once.
        parts.Otlp = OtlpExport.Start(options.Otlp, metrics.CollectState, options.Loggers.CreateLogger<OtlpExport>());
        await ListenAsync(app, listener, options, cancellationToken);
        clusters.Start();
        parts.Monitor.Start();
        recorder.Start();
        parts.Access.Start();
        parts.Certificate?.Start();
        limiter.Start();
        return new GatewayServer(parts, streams, listener, options);
    }

    private static async Task ListenAsync(
        WebApplication app,
        KubernetesListener listener,
        GatewayOptions options,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await app.StartAsync(cancellationToken);
            listener.Opened(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw new IOException(
                $"cannot listen on {Addresses(options)}: {(error.InnerException ?? error).Message.TrimEnd('.')}; choose another address "
                    + $"with --listen{(options.KubernetesListen is null ? "" : " or --kubernetes-listen")}",
                error
            );
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

        // A stream writes to its socket on the same thread: with a thousand streams, changing threads would cost more
        // than the writes.
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.MaxWriteBufferSize = SseOutput.PipeIsEmptyAfterFlush;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Otherwise each idle connection keeps the headers of its last request, up to 64 KiB of them, in case the
            // next has the same.
            kestrel.DisableStringReuse = true;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Limits.RequestHeadersTimeout = options.Streams.HeadersTimeout;
            kestrel.Limits.KeepAliveTimeout = options.Streams.IdleTimeout;

            // A client that does not read costs a cursor and the response's buffer: no reason to cut it off. It is
            // caught up when it reads again.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxResponseBufferSize = 64 * 1024;
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                // Browsers and proxies speak HTTP/2 over TLS only.
                endpoint.Use(limiter.Limit);
                endpoint.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                if (certificate is not null)
                {
                    endpoint.UseHttps(
                        new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(certificate.Handshake()) }
                    );
                }

                endpoint.Use(ConnectionTakeover.Offer);
            });
        });
        return builder.Build();
    }

    private static void Map(GatewayParts parts, StreamRegistry registry, KubernetesApi kubernetes, GatewayOptions options)
    {
        var (app, clusters, recorder, stopping) = (parts.App!, parts.Clusters!, parts.Recorder!, parts.Stopping.Token);
        var unmatched = new UnmatchedEndpoint(app);
        var lists = new ListEndpoint(clusters, parts.Orders!, unmatched, options.Time);
        var status = new StatusEndpoints(
            clusters,
            recorder.Memory,
            registry,
            options.Access.Mode == AuthMode.None,
            json => OperationReport.Write(json, parts.Certificate, parts.Audit),
            options.Time
        );
        var notifier = new ChangeNotifier(options.Time, options.Loggers.CreateLogger<ChangeNotifier>());
        var streams = new StreamEndpoints(
            clusters,
            registry,
            notifier,
            parts.CoalescingTimer!,
            options.Streams,
            options.Time,
            options.Loggers.CreateLogger<GatewayServer>(),
            stopping
        );
        var sockets = new SocketEndpoint(
            clusters,
            registry,
            notifier,
            options.Sockets,
            options.Streams,
            options.Time,
            options.Loggers.CreateLogger<SocketEndpoint>(),
            stopping
        );
        var presets = new PresetEndpoints(clusters, streams, options.Time);

        app.Use(
            (context, next) =>
            {
                // An answer is what its type says, whatever it looks like to a browser.
                context.Response.Headers.XContentTypeOptions = "nosniff";
                return next(context);
            }
        );
        app.Use(kubernetes.MarkAsync);
        if (HostPolicy.Create(options.Access, options.Listen) is { } hosts)
        {
            app.Use(hosts.InvokeAsync);
        }

        app.Use(ImpersonationPolicy.InvokeAsync);
        app.Use(new OriginPolicy(options.Sockets.AllowedOrigins).InvokeAsync);
        parts.Access!.Map(app);
        app.Use(kubernetes.InvokeAsync);
        app.Use(new ParameterCheck(clusters).InvokeAsync);
        app.MapRead("/", IndexPage.WriteAsync).WithMetadata(StatusOperations.Page);
        app.MapRead("/healthz", StatusEndpoints.AliveAsync).WithMetadata(StatusOperations.Alive);
        app.MapRead("/readyz", status.ReadyAsync).WithMetadata(StatusOperations.Ready);
        app.MapRead("/api/v1/resources", status.ResourcesAsync).WithMetadata(StatusOperations.Resources);
        app.MapRead("/api/v1/status", status.StatusAsync).WithMetadata(StatusOperations.Status);
        new HealthEndpoints(parts.Monitor!, clusters, status, options.Health, options.Time).Map(app);
        app.MapRead("/api/v1/stats/overview", status.OverviewAsync).WithMetadata(StatusOperations.Overview);
        app.MapRead("/api/v1/stream", context => streams.StreamAsync(context, null)).WithMetadata(StreamOperations.Several);
        app.MapMethods("/api/v1/ws", SocketHandshake.Methods, sockets.SubscribeAsync).WithMetadata(StreamOperations.Socket);
        app.MapMethods("/api/wds/logs", SocketHandshake.Methods, sockets.DeploymentLogAsync).WithMetadata(StreamOperations.DeploymentLog);
        app.MapRead("/api/v1/{resource}", context => lists.ListAsync(context, Value(context, "resource"), null))
            .WithMetadata(ResourceOperations.List);
        app.MapRead("/api/v1/{resource}/stream", context => streams.StreamAsync(context, Value(context, "resource")))
            .WithMetadata(StreamOperations.One);
        app.MapRead("/api/v1/{resource}/{uid}", context => lists.GetAsync(context, Value(context, "resource"), Value(context, "uid")))
            .WithMetadata(ResourceOperations.Get);
        RelationEndpoints.Map(app, clusters, options.Time);
        EventEndpoints.Map(app, streams);
        ObjectEventEndpoint.Map(app, clusters, recorder, options.Time);
        DescribeEndpoint.Map(app, clusters, recorder, options.Time);
        app.MapRead(
                "/api/v1/namespace/{ns}/{resource}",
                context => lists.ListAsync(context, Value(context, "resource"), Value(context, "ns"))
            )
            .WithMetadata(ResourceOperations.ListInNamespace);
        app.MapRead("/events/{preset}", context => presets.StreamAsync(context, Value(context, "preset")))
            .WithMetadata(StreamOperations.Presets);
        ApiEndpoint.Map(app, clusters, options.Access.Mode);
        app.MapFallback("{**path}", unmatched.AnswerAsync);
    }

    private static KubernetesApi Kubernetes(
        GatewayParts parts,
        StreamRegistry registry,
        KubernetesListener listener,
        GatewayOptions options
    )
    {
        var sockets = new WatchSockets(options.Sockets, options.Time);
        var objects = new KubernetesObjects(
            registry,
            options.Streams,
            sockets,
            options.Time,
            new Random(),
            options.Loggers.CreateLogger<KubernetesObjects>(),
            parts.Stopping.Token
        );
        return new KubernetesApi(parts.Clusters!, objects, parts.Documents!, listener.IsMeant);
    }

    /// <summary>
    /// The addresses, with the scheme that is really spoken; that of the Kubernetes API alone is the second.
    /// </summary>
    private static string Addresses(GatewayOptions options) =>
        string.Join(
            ';',
            new[] { options.Listen, options.KubernetesListen }
                .OfType<Uri>()
                .Select(listen =>
                    options.Tls is null ? listen.GetLeftPart(UriPartial.Authority) : $"{Uri.UriSchemeHttps}://{listen.Authority}"
                )
        );

    private static string Value(HttpContext context, string name) => context.Request.RouteValues[name]?.ToString() ?? "";

    /// <summary>An invalid request is answered with a problem document; nothing else is affected.</summary>
    private static async Task RefusalsAsync(HttpContext context, RequestDelegate next, RefusalLog refusals)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentType: null } bare)
            {
                await Problem.WriteAsync(
                    context,
                    bare.StatusCode,
                    ReasonPhrases.GetReasonPhrase(bare.StatusCode),
                    bare.StatusCode == 405
                        ? $"{context.Request.Path} does not accept {context.Request.Method}; it accepts {bare.Headers.Allow}"
                        : $"no route matches {context.Request.Method} {context.Request.Path}; see /api/v1/resources"
                );
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
            await Problem.WriteAsync(context, 500, "Internal error", "this is a bug in the gateway; its log has the details");
        }
    }

    /// <summary>The process' signals belong to the command, not to a web server within it.</summary>
    private sealed class NoHostLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
