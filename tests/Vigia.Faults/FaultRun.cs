using System.Diagnostics;
using Vigia.Faults.Scenarios;
using Vigia.Faults.Servers;
using Vigia.Testing;

namespace Vigia.Faults;

/// <summary>
/// One fault: a server with steady writes, two replicas of the gateway before it, clients that resume at the other one,
/// and what all of them saw.
/// </summary>
internal sealed class FaultRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Scenario _scenario;
    private readonly GatewayFiles _files;
    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private readonly List<Replica> _replicas = [];
    private readonly List<ResumingClient> _clients = [];
    private readonly List<FreshnessWatch> _watches = [];
    private Gate? _gate;
    private Replica? _core;

    private FaultRun(Scenario scenario, IFaultyServer server, FaultOptions options)
    {
        (_scenario, Server, Options) = (scenario, server, options);
        _files = new GatewayFiles(scenario, options);
        Writer = new Writer(server, options.Rate, options.Seed);
    }

    public IFaultyServer Server { get; }

    public FaultOptions Options { get; }

    public Writer Writer { get; }

    /// <summary>What gateways read.</summary>
    public GatewayFiles Files => _files;

    /// <summary>The network between the gateways and the server, in a scenario that has one.</summary>
    public Gate Gate => _gate ?? throw new InvalidOperationException($"{_scenario.Name} has no gate");

    /// <summary>The gateway that is the replicas' cluster, in a scenario that has one.</summary>
    public Replica Core => _core ?? throw new InvalidOperationException($"{_scenario.Name} has no core");

    public IReadOnlyList<Replica> Replicas => _replicas;

    public IReadOnlyList<ResumingClient> Clients => _clients;

    public IReadOnlyList<FreshnessWatch> Watches => _watches;

    /// <summary>For gateways: whatever certificate they show.</summary>
    public HttpClient Http { get; } =
        new(
            new SocketsHttpHandler
            {
                MaxConnectionsPerServer = 2000,
                ConnectTimeout = TimeSpan.FromSeconds(2),
                SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
            }
        )
        {
            Timeout = TimeSpan.FromSeconds(15),
        };

    /// <summary>Seconds since the run began.</summary>
    public double Now => _watch.Elapsed.TotalSeconds;

    /// <summary>When the fault began, and when it was taken away.</summary>
    public double FaultAt { get; private set; }

    public double HealedAt { get; private set; }

    /// <summary>
    /// When the server was ready again: where it takes time to start, later than <see cref="HealedAt"/>.
    /// </summary>
    public double BackAt { get; private set; }

    /// <summary>Runs a fault on a server, which is disposed with it.</summary>
    public static async Task<FaultReport> RunAsync(
        Scenario scenario,
        IFaultyServer server,
        FaultOptions options,
        CancellationToken cancellationToken
    )
    {
        await using var run = new FaultRun(scenario, server, options);
        await run.StartAsync(cancellationToken);
        await HoldAsync(options.Quiet, cancellationToken);
        string? never = null;
        try
        {
            await scenario.Act(run, cancellationToken);
            await run.LiveAgainAsync(cancellationToken);
        }
        catch (TimeoutException late)
        {
            // What was waited for never came: the report says so beside what came.
            never = late.Message;
        }

        var liveAt = run.Now;
        await HoldAsync(options.Quiet, cancellationToken);
        await run.FinishAsync(cancellationToken);
        var report = FaultReport.Of(run, scenario, liveAt, never);
        await run.TraceAsync(report);
        return report;
    }

    public string TokenOf(string user) => _tokens[user];

    /// <summary>A user gets the token that the server accepts now.</summary>
    public void Renew(string user) => _tokens[user] = Server.TokenOf(user);

    /// <summary>The fault begins now.</summary>
    public void Broken() => FaultAt = Now;

    /// <summary>The fault is taken away now: from here on nothing need be stale.</summary>
    public void Healed() => HealedAt = BackAt = Now;

    /// <summary>What was taken away has had its effect.</summary>
    public void Back() => BackAt = Now;

    public static Task HoldAsync(TimeSpan time, CancellationToken cancellationToken) =>
        Task.Delay(time, TimeProvider.System, cancellationToken);

    /// <summary>Waits for a condition, and fails with what it waited for.</summary>
    public static Task UntilAsync(Func<bool> condition, string what, CancellationToken cancellationToken) =>
        Eventually.TrueAsync(condition, what, Patience, cancellationToken: cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (
            var owned in _clients
                .Cast<IAsyncDisposable?>()
                .Concat(_watches)
                .Append(Writer)
                .Concat(_replicas)
                .Append(_core)
                .Append(_gate)
                .OfType<IAsyncDisposable>()
        )
        {
            await owned.DisposeAsync();
        }

        Http.Dispose();
        await Server.DisposeAsync();
        _files.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var user in new[] { "gateway", "admin", "reader" })
        {
            Renew(user);
        }

        _files.Write("ca.crt", Server.AuthorityPem);
        _files.Write("gateway.token", TokenOf("gateway"));
        if (_scenario.Tls)
        {
            var (certificate, key) = Certificates.Create("one");
            _files.Write("tls.crt", certificate);
            _files.Write("tls.key", key);
        }

        Writer.Start();
        var cluster = await ClusterAsync(cancellationToken);
        foreach (var name in new[] { "A", "B" })
        {
            var replica = Replica.Create(
                name,
                _scenario.Tls,
                _files.ArgumentsFor("vigia", cluster, $"{TokenOf("admin")},admin,1", $"{TokenOf("reader")},reader,2")
            );
            _replicas.Add(replica);
            replica.Start();
        }

        foreach (var replica in _replicas)
        {
            await replica.ReadyAsync(Http, cancellationToken);
            var watch = new FreshnessWatch(this, replica);
            _watches.Add(watch);
            watch.Start();
        }

        for (var i = 0; i < Options.Clients; i++)
        {
            var client = new ResumingClient(this, i, i % 4 < 2 ? "admin" : "reader");
            _clients.Add(client);
            client.Start();
        }

        await UntilAsync(
            () => _clients.TrueForAll(client => client.Has(e => e.Kind == "synced")),
            "every client has its first snapshot",
            cancellationToken
        );
    }

    /// <summary>What the replicas have for a cluster: the server, by way of a gate, or another gateway.</summary>
    private async Task<Uri> ClusterAsync(CancellationToken cancellationToken)
    {
        var server = new Uri(Server.Address.GetLeftPart(UriPartial.Authority));
        if (_scenario.Gated)
        {
            _gate = new Gate(server);
            server = _gate.Address;
        }

        if (!_scenario.Edge)
        {
            return server;
        }

        _core = Replica.Create("core", tls: false, _files.ArgumentsFor("core", server, $"{TokenOf("gateway")},gateway,1"));
        _core.Start();
        await _core.ReadyAsync(Http, cancellationToken);
        return new Uri(_core.Address, "kubernetes/faults");
    }

    private async Task LiveAgainAsync(CancellationToken cancellationToken)
    {
        await UntilAsync(() => _clients.TrueForAll(client => client.IsOpen), "every client is connected again", cancellationToken);
        await UntilAsync(
            () => _watches.TrueForAll(watch => watch.IsLive),
            $"both replicas are live again; "
                + $"{string.Join(" | ", _watches.Select(watch => $"{watch.Replica.Name}: {watch.Looks[^1]} {watch.Replica.Tail}"))}",
            cancellationToken
        );
    }

    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        await Writer.StopAsync();
        var last = await Writer.MarkAsync("the-end", exists: false, cancellationToken);
        try
        {
            await UntilAsync(
                () => _clients.TrueForAll(client => client.Has(e => e.Sequence == last)),
                "every client has the last write",
                cancellationToken
            );
        }
        catch (TimeoutException)
        {
            // The check says whose last write is missing.
        }

        await Task.WhenAll([.. _clients.Select(client => client.StopAsync()), .. _watches.Select(watch => watch.StopAsync())]);
    }

    /// <summary>What is needed to find out why.</summary>
    private async Task TraceAsync(FaultReport report)
    {
        if (Options.Trace is not { } folder || report.Violations.Count == 0)
        {
            return;
        }

        Directory.CreateDirectory(folder);
        foreach (
            var client in _clients
                .OrderByDescending(client =>
                    report.Violations.Any(text => text.StartsWith($"client {client.Number}:", StringComparison.Ordinal))
                )
                .Take(3)
        )
        {
            await File.WriteAllLinesAsync(
                Path.Combine(folder, $"{report.Fault}-client-{client.Number}.txt"),
                [.. client.Events.Select(e => e.ToString()), .. client.Refusals.Select(refusal => refusal.ToString())]
            );
        }

        await File.WriteAllLinesAsync(
            Path.Combine(folder, $"{report.Fault}-truth.txt"),
            Server.Truth.Epochs.SelectMany((epoch, i) => epoch.Select(step => $"{i} {step}"))
        );
        foreach (var replica in _core is null ? _replicas : [.. _replicas, _core])
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{report.Fault}-gateway-{replica.Name}.txt"), replica.Log);
        }
    }
}
