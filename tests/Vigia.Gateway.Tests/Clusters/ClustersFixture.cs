using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Gateway.Hosting;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Health;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Clusters;

/// <summary>Several simulated clusters in one kubeconfig, and gateways that follow it.</summary>
internal sealed class ClustersFixture : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-clusters");
    private readonly Dictionary<string, VigiaSimulator> _simulators = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (VigiaSimulator Simulator, string? Token)> _contexts = new(StringComparer.Ordinal);
    private readonly List<IAsyncDisposable> _owned = [];
    private int _edits;

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    public string Kubeconfig => Path.Combine(_folder.FullName, "config");

    public VigiaSimulator this[string cluster] => _simulators[cluster];

    public static async Task<ClustersFixture> StartAsync(params string[] clusters)
    {
        var fixture = new ClustersFixture();
        foreach (var cluster in clusters)
        {
            await fixture.AddAsync(cluster);
        }

        fixture.Write();
        return fixture;
    }

    public async Task<VigiaSimulator> AddAsync(string cluster, SimulatorOptions? options = null, string? token = null)
    {
        var simulator = await VigiaSimulator.StartAsync(
            options ?? new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(200) },
            TestContext.Current.CancellationToken
        );
        _simulators[cluster] = simulator;
        _contexts[cluster] = (simulator, token);
        return simulator;
    }

    public void Context(string name, string cluster, string? token) => _contexts[name] = (_simulators[cluster], token);

    public void Remove(string context) => _contexts.Remove(context);

    /// <summary>
    /// Writes the kubeconfig; each time with another length, so that a clock that is too coarse hides nothing.
    /// </summary>
    public void Write(string? instead = null)
    {
        var clusters = string.Join('\n', _contexts.Select(c => $"- {{name: '{c.Key}', cluster: {{server: '{c.Value.Simulator.Url}'}}}}"));
        var users = string.Join(
            '\n',
            _contexts.Where(c => c.Value.Token is not null).Select(c => $"- {{name: '{c.Key}', user: {{token: {c.Value.Token}}}}}")
        );
        var contexts = string.Join(
            '\n',
            _contexts.Select(c =>
                $"- {{name: '{c.Key}', context: {{cluster: '{c.Key}'{(c.Value.Token is null ? "" : $", user: {c.Key}")}}}}}"
            )
        );
        File.WriteAllText(
            Kubeconfig,
            (instead ?? $"kind: Config\nclusters:\n{clusters}\nusers:\n{users}\ncontexts:\n{contexts}\n") + new string('\n', ++_edits)
        );
    }

    public async Task<GatewayServer> GatewayAsync(
        ClusterOptions? care = null,
        HealthOptions? health = null,
        BackoffOptions? backoff = null,
        bool waitReady = true,
        params string[] contexts
    )
    {
        var clusters = await KubeconfigClusters.LoadAsync(
            new KubeconfigOptions
            {
                Path = Kubeconfig,
                AllContexts = contexts.Length == 0,
                Contexts = contexts,
                PollInterval = TimeSpan.FromMilliseconds(50),
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        var gateway = await GatewayServer.StartAsync(
            new GatewayOptions
            {
                Listen = new Uri("http://127.0.0.1:0"),
                Clusters = clusters.Sources,
                ClusterCare = care ?? new ClusterOptions(),
                Health = health ?? new HealthOptions(),
                Informers = new SharedInformerOptions { Reflector = new ReflectorOptions { Backoff = backoff ?? BackoffOptions.Default } },
            },
            TestContext.Current.CancellationToken
        );
        clusters.Follow(gateway.Clusters);
        _owned.Insert(0, gateway);
        _owned.Insert(0, clusters);
        if (waitReady)
        {
            await Eventually.TrueAsync(
                async () => (await Http.GetAsync(new Uri(gateway.Url, "readyz"))).IsSuccessStatusCode,
                "the gateway is ready"
            );
        }

        return gateway;
    }

    public void Put(string cluster, string name, string ns = "default", string phase = "Running") =>
        this[cluster]
            .Store.Create(
                GatewayFixture.Pods,
                new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "Pod",
                    ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
                    ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = "nginx" }) },
                    ["status"] = new JsonObject { ["phase"] = phase },
                },
                "test"
            );

    public void Delete(string cluster, string name, string ns = "default") =>
        this[cluster].Store.Delete(GatewayFixture.Pods, new ObjectKey(ns, name));

    public Task<SseClient> OpenAsync(GatewayServer gateway, string path, string? cursor = null) =>
        SseClient.OpenAsync(Http, new Uri(gateway.Url, path), cursor);

    public async Task<(HttpStatusCode Status, JsonObject Body)> GetAsync(GatewayServer gateway, string path)
    {
        using var response = await Http.GetAsync(new Uri(gateway.Url, path), TestContext.Current.CancellationToken);
        return (
            response.StatusCode,
            JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject()
        );
    }

    public async Task<JsonObject> HealthAsync(GatewayServer gateway, string cluster) =>
        (await GetAsync(gateway, "api/v1/health")).Body["clusters"]!.AsArray().Single(c => (string)c!["cluster"]! == cluster)!.AsObject();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        foreach (var clusters in _owned.OfType<KubeconfigClusters>())
        {
            await clusters.StopAsync();
        }

        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        foreach (var simulator in _simulators.Values)
        {
            await simulator.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }
}
