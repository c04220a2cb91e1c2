using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Validation;
using Vigia.Testing;

namespace Vigia.Simulator.Tests.Cluster;

/// <summary>
/// A cluster whose clock is moved by hand: what takes minutes takes milliseconds, and always goes the same way.
/// </summary>
internal sealed class ClusterFixture : IAsyncDisposable
{
    public ClusterFixture(int pods = 20, double rate = 0, int seed = 1, int nodes = 4, bool stamp = false)
    {
        Store = new ObjectStore(Time, seed);
        Store.Subscribe(null, change => Written++);
        Cluster = new SimulatedCluster(
            Store,
            new SimulatedClusterOptions
            {
                Pods = pods,
                Nodes = nodes,
                Rate = rate,
                Seed = seed,
                StampSentAt = stamp,
            },
            Time
        );
        Cluster.Seed();
    }

    public ManualTimeProvider Time { get; } = new();

    public ObjectStore Store { get; }

    public SimulatedCluster Cluster { get; }

    public long Written { get; private set; }

    /// <summary>Moves the clock second by second, and lets everything due happen.</summary>
    public void Run(TimeSpan duration)
    {
        for (var left = duration; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(1))
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Cluster.RunDue(Time.GetUtcNow());
        }
    }

    public void Seconds(double seconds) => Run(TimeSpan.FromSeconds(seconds));

    /// <summary>
    /// Runs until a condition holds; fails with <paramref name="what"/> after so many virtual seconds.
    /// </summary>
    public void Until(string what, Func<bool> holds, int seconds = 300)
    {
        for (var i = 0; i < seconds; i++)
        {
            if (holds())
            {
                return;
            }

            Seconds(1);
        }

        Assert.Fail($"not within {seconds} virtual seconds: {what}");
    }

    public StoredObject Create(ResourceType type, string json)
    {
        var obj = JsonNode.Parse(json)!.AsObject();
        obj["metadata"]!["namespace"] ??= "default";
        Defaults.Apply(type, obj);
        return Store.Create(type.Gvr, obj, "test");
    }

    public JsonObject Read(ResourceType type, string ns, string name) =>
        Store.Get(type.Gvr, new ObjectKey(ns, name))?.ToJson() ?? throw new InvalidOperationException($"no {type.Kind} {ns}/{name}");

    public int Number(ResourceType type, string ns, string name, string field) => (int?)Read(type, ns, name)["status"]?[field] ?? 0;

    public List<JsonObject> PodsWith(string label, string value) =>
        [.. Store.List(BuiltInTypes.Pods.Gvr).Where(p => p.Labels.TryGetValue(label, out var v) && v == value).Select(p => p.ToJson())];

    public JsonObject? MainState(string pod, string ns = "default") =>
        Store.Get(BuiltInTypes.Pods.Gvr, new ObjectKey(ns, pod))?.ToJson()["status"]?["containerStatuses"]?[0]?.AsObject();

    public string WaitingReason(string pod) => (string?)MainState(pod)?["state"]?["waiting"]?["reason"] ?? "";

    public const string Web = """
        {"metadata":{"name":"web"},"spec":{"replicas":4,"selector":{"matchLabels":{"app":"web"}},
         "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"nginx:1.25"}]}}}}
        """;

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
