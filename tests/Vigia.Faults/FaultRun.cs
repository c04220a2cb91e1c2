using System.Diagnostics;
using System.Globalization;
using Vigia.Faults.Scenarios;
using Vigia.Faults.Servers;
using Vigia.Testing;

namespace Vigia.Faults;

/// <summary>One fault: a server with steady writes, two replicas of the gateway before it, clients that resume at the other one, and what all of them saw.</summary>
internal sealed class FaultRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Scenario _scenario;
    private readonly string _folder = Directory.CreateTempSubdirectory("vigia-faults-").FullName;
    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private readonly List<Replica> _replicas = [];
    private readonly List<ResumingClient> _clients = [];
    private readonly List<FreshnessWatch> _watches = [];
    private readonly Writer _writer;

    private FaultRun(Scenario scenario, IFaultyServer server, FaultOptions options)
    {
        (_scenario, Server, Options) = (scenario, server, options);
        _writer = new Writer(server, options.Rate, options.Seed);
    }

    public IFaultyServer Server { get; }

    public FaultOptions Options { get; }

    public IReadOnlyList<Replica> Replicas => _replicas;

    public IReadOnlyList<ResumingClient> Clients => _clients;

    public IReadOnlyList<FreshnessWatch> Watches => _watches;

    /// <summary>For gateways: whatever certificate they show.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = 2000,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    }) { Timeout = TimeSpan.FromSeconds(15) };

    /// <summary>Seconds since the run began.</summary>
    public double Now => _watch.Elapsed.TotalSeconds;

    /// <summary>When the fault began, and when it was taken away.</summary>
    public double FaultAt { get; private set; }

    public double HealedAt { get; private set; }

    /// <summary>When the server was ready again: where it takes time to start, later than <see cref="HealedAt"/>.</summary>
    public double BackAt { get; private set; }

    /// <summary>Runs a fault on a server, which is disposed with it.</summary>
    public static async Task<FaultReport> RunAsync(Scenario scenario, IFaultyServer server, FaultOptions options, CancellationToken cancellationToken)
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

    public static Task HoldAsync(TimeSpan time, CancellationToken cancellationToken) => Task.Delay(time, TimeProvider.System, cancellationToken);

    /// <summary>Waits for a condition, and fails with what it waited for.</summary>
    public static Task UntilAsync(Func<bool> condition, string what, CancellationToken cancellationToken) => Eventually.TrueAsync(condition, what, Patience, cancellationToken);

    /// <summary>Writes a file that gateways read: <c>ca.crt</c>, <c>gateway.token</c>, <c>tls.crt</c>, <c>tls.key</c>; whole, or not at all.</summary>
    public void Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _clients.Cast<IAsyncDisposable>().Concat(_watches).Append(_writer).Concat(_replicas))
        {
            await owned.DisposeAsync();
        }

        Http.Dispose();
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var user in new[] { "gateway", "admin", "reader" })
        {
            Renew(user);
        }

        Write("ca.crt", Server.AuthorityPem);
        Write("gateway.token", TokenOf("gateway"));
        Write("tokens.csv", $"{TokenOf("admin")},admin,1\n{TokenOf("reader")},reader,2\n");
        Write("kubeconfig", $"""
            apiVersion: v1
            kind: Config
            current-context: faults
            clusters:
            - name: faults
              cluster:
                server: {Server.Address.GetLeftPart(UriPartial.Authority)}
                certificate-authority: ca.crt
            contexts:
            - name: faults
              context:
                cluster: faults
                user: gateway
            users:
            - name: gateway
              user:
                tokenFile: gateway.token
            """);
        Write("vigia.yaml", Configuration());
        if (_scenario.Tls)
        {
            var (certificate, key) = Certificates.Create("one");
            Write("tls.crt", certificate);
            Write("tls.key", key);
        }

        _writer.Start();
        foreach (var name in new[] { "A", "B" })
        {
            var replica = Replica.Create(name, _scenario.Tls, "--kubeconfig", Path.Combine(_folder, "kubeconfig"), "--config", Path.Combine(_folder, "vigia.yaml"));
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

        await UntilAsync(() => _clients.TrueForAll(client => client.Has(e => e.Kind == "synced")), "every client has its first snapshot", cancellationToken);
    }

    private async Task LiveAgainAsync(CancellationToken cancellationToken)
    {
        await UntilAsync(() => _clients.TrueForAll(client => client.IsOpen), "every client is connected again", cancellationToken);
        await UntilAsync(() => _watches.TrueForAll(watch => watch.IsLive), $"both replicas are live again; {string.Join(" | ", _watches.Select(watch => $"{watch.Replica.Name}: {watch.Looks[^1]} {watch.Replica.Tail}"))}", cancellationToken);
    }

    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        await _writer.StopAsync();
        var last = await _writer.MarkAsync("the-end", cancellationToken);
        try
        {
            await UntilAsync(() => _clients.TrueForAll(client => client.Has(e => e.Sequence == last)), "every client has the last write", cancellationToken);
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
        foreach (var client in _clients.OrderByDescending(client => report.Violations.Any(text => text.StartsWith($"client {client.Number}:", StringComparison.Ordinal))).Take(3))
        {
            await File.WriteAllLinesAsync(Path.Combine(folder, $"{report.Fault}-client-{client.Number}.txt"), [.. client.Events.Select(e => e.ToString()), .. client.Refusals.Select(refusal => refusal.ToString())]);
        }

        await File.WriteAllLinesAsync(Path.Combine(folder, $"{report.Fault}-truth.txt"), Server.Truth.Epochs.SelectMany((epoch, i) => epoch.Select(step => $"{i} {step}")));
        foreach (var replica in _replicas)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{report.Fault}-gateway-{replica.Name}.txt"), replica.Log);
        }
    }

    private string Configuration()
    {
        var text = new System.Text.StringBuilder();
        text.AppendLine("log: warning");
        text.AppendLine(CultureInfo.InvariantCulture, $"access: {{mode: {(_scenario.Reviews ? "kubernetes" : "token, tokenFile: tokens.csv")}{(Options.Quick ? ", cacheFor: 1s, keepFor: 30s" : "")}}}");
        text.AppendLine(CultureInfo.InvariantCulture, $"informers: {{{(_scenario.ShortWatches ? $"watchTimeout: {(Options.Quick ? 1 : 5)}s" : "watchTimeout: 5m")}{(Options.Quick ? ", answerPatience: 1s, proofPatience: 2s, backoff: {first: 100ms, longest: 1s}" : "")}}}");
        if (_scenario.Tls)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"tls: {{certificate: tls.crt, key: tls.key{(Options.Quick ? ", look: 200ms" : "")}}}");
            text.AppendLine(CultureInfo.InvariantCulture, $"streams: {{lifetime: {(Options.Quick ? 2 : 5)}s}}");
        }

        if (Options.Quick)
        {
            text.AppendLine("client: {requestTimeout: 2s, connectTimeout: 2s, keepAlivePingDelay: 1s, keepAlivePingTimeout: 1s}");
            text.AppendLine("clusters: {poll: 200ms, firstRetry: 200ms, longestRetry: 1s}");
            text.AppendLine("health: {interval: 1s}");
        }

        return text.ToString();
    }
}
