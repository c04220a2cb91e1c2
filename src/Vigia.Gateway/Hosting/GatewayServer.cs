using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Access;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Endpoints.KubernetesApi;
using Vigia.Gateway.Http;
using Vigia.Gateway.Streaming;
using Vigia.Gateway.Telemetry;
using Vigia.Live.Clusters;
using Vigia.Live.Health;

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

    private readonly WebApplication _app;
    private readonly GatewayOptions _options;
    private int _disposed;

    private GatewayServer(WebApplication app, GatewayOptions options) => (_app, _options) = (app, options);

    /// <summary>The clusters and their feeds.</summary>
    public ClusterSet Clusters => _app.Services.GetRequiredService<ClusterSet>();

    /// <summary>Watches over the clusters.</summary>
    public HealthMonitor Monitor => _app.Services.GetRequiredService<HealthMonitor>();

    /// <summary>The address it listens on.</summary>
    public Uri Url => new(Listening.First());

    /// <summary>The address of the Kubernetes API alone; null if it has none.</summary>
    public Uri? KubernetesUrl => _app.Services.GetRequiredService<KubernetesListener>().Url;

    /// <summary>The certificate that it shows; null without TLS.</summary>
    internal ServerCertificate? Certificate => _app.Services.GetService<ServerCertificate>();

    /// <summary>Limits the connections.</summary>
    internal ConnectionLimiter Limiter => _app.Services.GetRequiredService<ConnectionLimiter>();

    /// <summary>Every route there is, so that a test can try them all.</summary>
    internal IReadOnlyList<RouteEndpoint> Routes =>
        [.. _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    private ICollection<string> Listening => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;

    /// <summary>
    /// Closes the audit log's file and opens it again, after it was renamed; false without an audit log.
    /// </summary>
    public bool ReopenAuditLog()
    {
        var audit = _app.Services.GetService<AuditLog>();
        audit?.Reopen();
        return audit is not null;
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
        var faults = KubernetesListener.Faults(options.Listen, options.KubernetesListen, options.Access, options.Tls is not null);
        if (string.Join("; ", faults) is { Length: > 0 } wrong)
        {
            throw new AccessOptionsException(wrong);
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGateway(options);
        builder.WebHost.UseGatewayKestrel(options);
        var server = new GatewayServer(builder.Build(), options);
        try
        {
            await server.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            // Whatever failed, nothing that was started before it keeps running.
            await server.DisposeAsync();
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

        try
        {
            // 1. Inform the streams, which inform their clients; 2. wait a little; 3. close.
            _app.Lifetime.StopApplication();
            await _app
                .Services.GetRequiredService<StreamRegistry>()
                .WhenDrained.WaitAsync(_options.DrainTimeout, _options.Time, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var now = new CancellationTokenSource(TimeSpan.Zero);
            await _app.StopAsync(now.Token);
        }
        finally
        {
            // The parts end in reverse order of their creation.
            await _app.DisposeAsync();
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        // The exporter first: it ends after what it reports on.
        _ = _app.Services.GetService<OtlpExport>();
        _app.UseGateway(_options);
        _app.MapGateway();
        try
        {
            await _app.StartAsync(cancellationToken);
            _app.Services.GetRequiredService<KubernetesListener>().Opened(Listening);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw new IOException(
                $"cannot listen on {KestrelSetup.Addresses(_options)}: {(error.InnerException ?? error).Message.TrimEnd('.')}; choose "
                    + $"another address with --listen{(_options.KubernetesListen is null ? "" : " or --kubernetes-listen")}",
                error
            );
        }
    }
}
