using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Events;

/// <summary>Kept events are swept by a clock that only goes on, whatever happens to the time of day.</summary>
public sealed class EventSweepTests
{
    [Theory]
    [InlineData(-200)]
    [InlineData(-1)]
    [InlineData(+200)]
    public async Task A_time_of_day_that_jumps_by_days_stops_no_sweep(int days)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Put("a");
        var uid = rig.Simulator.Store.Get(GatewayRig.Pods, new("default", "a"))!.Uid;
        var time = new JumpingTime();
        await using var client = new KubernetesClient(
            new ClusterConfiguration
            {
                Context = "sim",
                Cluster = "sim",
                Server = new Uri(rig.Simulator.Url),
                Credentials = new StaticCredential(new Credential(null, null)),
            }
        );
        await using var gateway = await GatewayServer.StartAsync(
            new GatewayOptions
            {
                Listen = new Uri("http://127.0.0.1:0"),
                Clusters = [new KubernetesClusterSource(client)],
                Events = new EventKeepingOptions { Grace = TimeSpan.FromMilliseconds(400) },
                Loggers = rig.Logs,
                Time = time,
            },
            TestContext.Current.CancellationToken
        );
        await Eventually.TrueAsync(
            async () => (await rig.Http.GetAsync(new Uri(gateway.Url, "readyz"))).IsSuccessStatusCode,
            "the gateway is ready"
        );
        rig.Simulator.Store.Create(
            new GroupVersionResource("", "v1", "events"),
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Event",
                ["metadata"] = new JsonObject { ["name"] = "backoff", ["namespace"] = "default" },
                ["reason"] = "BackOff",
                ["lastTimestamp"] = TimeProvider
                    .System.GetUtcNow()
                    .ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
                ["involvedObject"] = JsonNode.Parse(
                    $$"""{"kind":"Pod","apiVersion":"v1","namespace":"default","name":"a","uid":"{{uid}}"}"""
                ),
            },
            "test"
        );
        await Eventually.TrueAsync(async () => await KeptAsync() == 1, "the event is kept");

        time.Jump(TimeSpan.FromDays(days));
        rig.Simulator.Store.Delete(new GroupVersionResource("", "v1", "events"), new ObjectKey("default", "backoff"));
        rig.Delete("a");
        await Eventually.TrueAsync(async () => await KeptAsync() == 0, "nothing is kept of what is gone");
        Assert.Empty(rig.Logs.Faults);

        async Task<int> KeptAsync() => (int)(await rig.GetAsync(gateway, "api/v1/stats/overview")).Body["keptEvents"]!["total"]!;
    }

    /// <summary>The system's clock, whose time of day is set by somebody.</summary>
    private sealed class JumpingTime : TimeProvider
    {
        private TimeSpan _off;

        public void Jump(TimeSpan by) => _off = by;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _off;
    }
}
