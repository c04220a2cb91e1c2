using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Simulator.Serving;

namespace Vigia.Simulator;

/// <summary>
/// A Kubernetes API server in memory, on a loopback port, which kubectl, client-go and Vigia itself accept: what
/// envtest is to Go, in milliseconds.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Ready when <see cref="StartAsync"/> returns. Disposing cuts open connections and ends within 2 s.
/// Thread-safe.
/// </remarks>
public sealed partial class VigiaSimulator : IAsyncDisposable
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(1);

    private readonly SimulatorOptions _options;
    private readonly ILogger _logger;
    private readonly List<X509Certificate2> _certificates = [];
    private readonly ApiServer _server;
    private readonly SemaphoreSlim _switching = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _returns = [];
    private volatile X509Certificate2? _certificate;
    private WebApplication? _host;
    private SimulatedCluster? _cluster;
    private bool _disposed;

    private VigiaSimulator(SimulatorOptions options)
    {
        _options = options;
        _logger = (options.Logging ?? NullLoggerFactory.Instance).CreateLogger<VigiaSimulator>();
        if (options.Tls)
        {
            _certificate = LoopbackCertificate.Create(options.Time);
            _certificates.Add(_certificate);
        }

        Store = options.Store ?? new ObjectStore(options.Time, options.Seed, options.History);
        Access = new AccessRules(options.Users, options.AnonymousRules, options.Time);
        Faults = new FaultInjector(options.Seed, Store, GoDarkAsync, ComeBackAsync);
        _server = new ApiServer(Store, options, Faults, Access, _logger);
        Objects = new ClusterObjects(_server, Store, options.Time);
    }

    /// <summary>The port; stays the same while the simulator goes dark and comes back.</summary>
    public int Port { get; private set; }

    /// <summary>The store. Writes made here are seen by every client at once.</summary>
    public ObjectStore Store { get; }

    /// <summary>The objects for a test: written from JSON or YAML text, read, and waited for.</summary>
    public ClusterObjects Objects { get; }

    /// <summary>Faults on demand.</summary>
    public FaultInjector Faults { get; }

    /// <summary>Users and their rights.</summary>
    public AccessRules Access { get; }

    /// <summary>Starts a simulator.</summary>
    /// <exception cref="IOException">The port is in use: the message says which.</exception>
    public static async Task<VigiaSimulator> StartAsync(SimulatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        var simulator = new VigiaSimulator(options ?? new());
        try
        {
            await simulator.ListenAsync(simulator._options.Port, cancellationToken);
            simulator.Populate();
            return simulator;
        }
        catch
        {
            await simulator.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes the whole state, to be put back by <see cref="Restore"/>.</summary>
    public StoreBackup Snapshot() => Store.Snapshot();

    /// <summary>
    /// Puts an earlier state back as a restored etcd does: revisions go back, connections are cut, history is empty.
    /// </summary>
    public void Restore(StoreBackup backup) => Faults.Restore(backup);

    /// <summary>
    /// Uses another certificate of another authority from now on, and cuts open connections: clients do not trust it
    /// until they receive the new authority (<see cref="Configuration"/>).
    /// </summary>
    /// <exception cref="InvalidOperationException">It serves without TLS.</exception>
    public void ChangeCertificate()
    {
        lock (_clientGate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_certificate is null)
            {
                throw new InvalidOperationException("the simulator serves plain http: start it with Tls = true");
            }

            // The one before may be in a handshake: kept until the end.
            _certificate = LoopbackCertificate.Create(_options.Time);
            _certificates.Add(_certificate);
        }

        Faults.CutConnections();
    }

    /// <summary>Cuts everything and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_clientGate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        await _stopping.CancelAsync();
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        await DisposeClientsAsync();
        await Task.WhenAll(_returns);
        await _switching.WaitAsync(CancellationToken.None);
        await StopListeningAsync();
        _switching.Release();
        _switching.Dispose();
        _stopping.Dispose();
        foreach (var certificate in _certificates)
        {
            certificate.Dispose();
        }
    }

    private void Populate()
    {
        if (_options.Nodes > 0)
        {
            _cluster = new SimulatedCluster(
                Store,
                new SimulatedClusterOptions
                {
                    Pods = 0,
                    Nodes = _options.Nodes,
                    Rate = 0,
                    Seed = _options.Seed,
                },
                _options.Time,
                _logger
            );
            _cluster.SeedNodes();
            _cluster.Start();
        }
    }

    private async Task ListenAsync(int port, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Vigia.Simulator" });
        builder.Services.AddSingleton(_options.Logging ?? NullLoggerFactory.Instance);
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = StopWithin);
        builder.WebHost.UseKestrelCore();
        if (_certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 16 << 20;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null; // a reader may stall for as long as a test wants it to
            kestrel.Limits.MaxConcurrentConnections = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Listen(
                IPAddress.Loopback,
                port,
                listen =>
                {
                    listen.Protocols = _certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                    listen.Use(next => connection => Faults.Connections.TrackAsync(connection, next));
                    if (_certificate is not null)
                    {
                        listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => _certificate);
                    }
                }
            );
        });

        var host = builder.Build();
        host.UseWebSockets();
        host.Run(_server.HandleAsync);
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException or SocketException)
        {
            await host.DisposeAsync();
            throw new IOException(
                $"the simulator cannot listen on 127.0.0.1:{port}: the port is in use; choose another, or 0 for any free port",
                e
            );
        }

        _host = host;
        Port = new Uri(host.Urls.First()).Port;
        Log.Listening(_logger, Url);
    }

    private async Task StopListeningAsync()
    {
        if (_host is not { } host)
        {
            return;
        }

        _host = null;
        using var now = new CancellationTokenSource();
        await now.CancelAsync(); // what is open is aborted, not drained
        try
        {
            await host.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // Expected: it was called with a cancelled token.
        }

        await host.DisposeAsync();
    }

    private async Task GoDarkAsync(TimeSpan? duration, CancellationToken cancellationToken)
    {
        await _switching.WaitAsync(cancellationToken);
        try
        {
            await StopListeningAsync();
        }
        finally
        {
            _switching.Release();
        }

        if (duration is { } time)
        {
            var back = ReturnAsync(time);
            lock (_returns)
            {
                _returns.Add(back);
            }
        }
    }

    private async Task ReturnAsync(TimeSpan after)
    {
        try
        {
            await Task.Delay(after, _options.Time, _stopping.Token);
            await ComeBackAsync(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped while dark.
        }
        catch (IOException e)
        {
            Log.CannotReturn(_logger, Port, e);
        }
    }

    private async Task ComeBackAsync(CancellationToken cancellationToken)
    {
        await _switching.WaitAsync(cancellationToken);
        try
        {
            if (_host is null && !_disposed)
            {
                await ListenAsync(Port, cancellationToken);
            }
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <summary>
    /// The process belongs to the program that embeds the simulator: Ctrl-C and SIGTERM are not handled.
    /// </summary>
    private sealed class EmbeddedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static partial class Log
    {
        [LoggerMessage(6010, LogLevel.Information, "The simulated API server listens on {Url}")]
        public static partial void Listening(ILogger logger, string url);

        [LoggerMessage(6011, LogLevel.Error, "The simulated API server cannot listen on port {Port} again")]
        public static partial void CannotReturn(ILogger logger, int port, Exception e);
    }
}
