using System.Text.Json.Nodes;
using Vigia.Informers.Tests.Reflecting;
using Vigia.Kubernetes;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Auditing;

/// <summary>An informer of config maps over real sockets to a simulated API server.</summary>
internal sealed class SimulatedFixture : IAsyncDisposable
{
    public static readonly GroupVersionResource Maps = BuiltInTypes.ConfigMaps.Gvr;

    private readonly KubernetesClient _client;

    private SimulatedFixture(VigiaSimulator simulator, SharedInformerOptions options)
    {
        Simulator = simulator;
        _client = new KubernetesClient(
            KubeconfigLoader.Load(simulator.KubeconfigPath, null),
            new KubernetesClientOptions { RequestTimeout = TimeSpan.FromSeconds(1) }
        );
        Source = new LossySource(new ResourceListerWatcher(_client, "simulator", Maps));
        Informer = new SharedInformer(Source, options);
        Informer.AddHandler(new InformerRecorder(Seen));
    }

    public VigiaSimulator Simulator { get; }

    public ObjectStore Store => Simulator.Store;

    public LossySource Source { get; }

    public SharedInformer Informer { get; }

    public System.Collections.Concurrent.ConcurrentQueue<string> Seen { get; } = new();

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<SimulatedFixture> StartAsync(
        int objects,
        SimulatorOptions? simulator = null,
        ReflectorOptions? reflector = null
    )
    {
        var fixture = new SimulatedFixture(
            await VigiaSimulator.StartAsync(
                simulator ?? new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(100) },
                Cancellation
            ),
            new SharedInformerOptions
            {
                Reflector = reflector ?? new ReflectorOptions(),
                Audit = new AuditOptions { Patience = TimeSpan.FromSeconds(20) },
            }
        );
        for (var i = 0; i < objects; i++)
        {
            fixture.Put($"m{i}");
        }

        fixture.Informer.Start();
        await fixture.LiveAsync(1);
        await Eventually.TrueAsync(() => fixture.Seen.Count == objects, "the handler has the first list");
        return fixture;
    }

    public Task LiveAsync(int watches) =>
        Eventually.TrueAsync(() => Informer.Status.Watches >= watches && Informer.Freshness.IsLive, $"watch {watches} stands");

    /// <summary>Creates a config map, or changes it.</summary>
    public void Put(string name, string value = "1")
    {
        if (Store.Get(Maps, new("default", name)) is not null)
        {
            Store.Mutate(Maps, new("default", name), o => o["data"]!["v"] = value, "test");
            return;
        }

        Store.Create(
            Maps,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
                ["data"] = new JsonObject { ["v"] = value },
            },
            "test"
        );
    }

    public void Delete(string name) => Store.Delete(Maps, new("default", name));

    /// <summary>Waits until the informer has seen all that is in the store.</summary>
    public Task CaughtUpAsync() =>
        Eventually.TrueAsync(() => (long)Informer.Log.Revision.Number >= Store.Revision, "the informer has caught up");

    /// <summary>What is held, as <c>name=value@version</c>.</summary>
    public IEnumerable<string> Held() =>
        Informer.Store.List().Select(o => Text(JsonNode.Parse(Read(o))!.AsObject())).Order(StringComparer.Ordinal);

    /// <summary>What the server has, in the same form.</summary>
    public IEnumerable<string> Stored() => Store.List(Maps).Select(o => Text(o.ToJson())).Order(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await Informer.DisposeAsync();
        await _client.DisposeAsync();
        await Simulator.DisposeAsync();
    }

    private static byte[] Read(RawObject o)
    {
        using var json = o.Open();
        return json.Span.ToArray();
    }

    private static string Text(JsonObject o) =>
        $"{(string)o["metadata"]!["name"]!}={(string)o["data"]!["v"]!}@{(string)o["metadata"]!["resourceVersion"]!}";
}
