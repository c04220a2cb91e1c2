using System.Net;
using System.Text.Json.Nodes;
using Vigia.Gateway.Endpoints.Metrics;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Http;
using Vigia.Gateway.Telemetry;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests;

/// <summary>A simulated API server, gateways before it, and clients of them, for one test.</summary>
internal sealed class GatewayFixture : IAsyncDisposable
{
    public static readonly GroupVersionResource Pods = new("", "v1", "pods");

    private readonly List<IAsyncDisposable> _owned = [];

    private readonly bool _takeover;

    private GatewayFixture(VigiaSimulator simulator, bool takeover) => (Simulator, _takeover) = (simulator, takeover);

    public VigiaSimulator Simulator { get; }

    /// <summary>What the gateways log.</summary>
    public CapturedLogs Logs { get; } = new();

    public HttpClient Http { get; } = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1000 }) { Timeout = TimeSpan.FromSeconds(30) };

    public static async Task<GatewayFixture> StartAsync(SimulatorOptions? options = null, bool takeover = true)
    {
        var simulator = await VigiaSimulator.StartAsync(
            options ?? new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(200) },
            TestContext.Current.CancellationToken
        );
        return new GatewayFixture(simulator, takeover);
    }

    public async Task<GatewayServer> GatewayAsync(
        DeltaLogOptions? log = null,
        StreamOptions? streams = null,
        string? token = null,
        bool waitReady = true,
        SocketOptions? sockets = null,
        MetricsOptions? metrics = null,
        OtlpOptions? otlp = null,
        EventHistoryOptions? events = null,
        bool kubernetes = false
    )
    {
        var client = new KubernetesClient(
            new ClusterConfiguration
            {
                Context = "sim",
                Cluster = "sim",
                Server = new Uri(Simulator.Url),
                Credentials = new StaticCredential(new Credential(token is null ? null : $"Bearer {token}", null)),
            }
        );
        var gateway = await GatewayServer.StartAsync(
            new GatewayOptions
            {
                Listen = new Uri("http://127.0.0.1:0"),
                KubernetesListen = kubernetes ? new Uri("http://127.0.0.1:0") : null,
                Clusters = [new KubernetesClusterSource(client)],
                Informers = new SharedInformerOptions { Log = log ?? new DeltaLogOptions() },
                Streams = (streams ?? new StreamOptions()) with { Takeover = _takeover },
                Sockets = sockets ?? new SocketOptions(),
                Metrics = metrics ?? new MetricsOptions(),
                Otlp = otlp ?? new OtlpOptions(),
                Events = events ?? new(),
                Loggers = Logs,
            },
            TestContext.Current.CancellationToken
        );
        _owned.Add(gateway);
        _owned.Add(client);
        if (waitReady)
        {
            await Eventually.TrueAsync(
                async () => (await Http.GetAsync(new Uri(gateway.Url, "readyz"))).IsSuccessStatusCode,
                "the gateway is ready"
            );
        }

        return gateway;
    }

    public void Put(string name, string ns = "default", string app = "web", string phase = "Running", string? annotation = null)
    {
        var key = new ObjectKey(ns, name);
        if (Simulator.Store.Get(Pods, key) is not null)
        {
            Simulator.Store.Mutate(
                Pods,
                key,
                o =>
                {
                    o["metadata"]!["labels"] = new JsonObject { ["app"] = app };
                    o["metadata"]!.AsObject().Remove("annotations");
                    if (annotation is not null)
                    {
                        o["metadata"]!["annotations"] = new JsonObject { ["note"] = annotation };
                    }

                    o["status"] = new JsonObject { ["phase"] = phase };
                },
                "test"
            );
            return;
        }

        Simulator.Store.Create(
            Pods,
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["namespace"] = ns,
                    ["labels"] = new JsonObject { ["app"] = app },
                },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = "nginx" }) },
                ["status"] = new JsonObject { ["phase"] = phase },
            },
            "test"
        );
    }

    public void Delete(string name, string ns = "default") => Simulator.Store.Delete(Pods, new ObjectKey(ns, name));

    public Task<SseClient> OpenAsync(
        GatewayServer gateway,
        string path = "api/v1/pods/stream",
        string? cursor = null,
        bool keepData = true
    ) => SseClient.OpenAsync(Http, new Uri(gateway.Url, path), cursor, keepData);

    public async Task<(HttpStatusCode Status, JsonObject Body)> GetAsync(GatewayServer gateway, string path)
    {
        using var response = await Http.GetAsync(new Uri(gateway.Url, path), TestContext.Current.CancellationToken);
        return (
            response.StatusCode,
            JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject()
        );
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        await Simulator.DisposeAsync();
        Logs.Dispose();
    }
}
