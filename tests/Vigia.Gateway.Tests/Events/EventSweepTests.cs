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
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var uid = fixture.Simulator.Store.Get(GatewayFixture.Pods, new("default", "a"))!.Uid;
        var time = new JumpingTime();
        await using var client = new KubernetesClient(
            new ClusterConfiguration
            {
                Context = "sim",
                Cluster = "sim",
                Server = new Uri(fixture.Simulator.Url),
                Credentials = new StaticCredential(new Credential(null, null)),
            }
        );
        await using var gateway = await GatewayServer.StartAsync(
            new GatewayOptions
            {
                Listen = new Uri("http://127.0.0.1:0"),
                Clusters = [new KubernetesClusterSource(client)],
                Events = new EventHistoryOptions { Grace = TimeSpan.FromMilliseconds(400) },
                Loggers = fixture.Logs,
                Time = time,
            },
            TestContext.Current.CancellationToken
        );
        await Eventually.TrueAsync(
            async () => (await fixture.Http.GetAsync(new Uri(gateway.Url, "readyz"))).IsSuccessStatusCode,
            "the gateway is ready"
        );
        fixture.Simulator.Store.Create(
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
        fixture.Simulator.Store.Delete(new GroupVersionResource("", "v1", "events"), new ObjectKey("default", "backoff"));
        fixture.Delete("a");
        await Eventually.TrueAsync(async () => await KeptAsync() == 0, "nothing is kept of what is gone");
        Assert.Empty(fixture.Logs.Faults);

        async Task<int> KeptAsync() => (int)(await fixture.GetAsync(gateway, "api/v1/stats/overview")).Body["keptEvents"]!["total"]!;
    }

    /// <summary>The system's clock, whose time of day is set by somebody.</summary>
    private sealed class JumpingTime : TimeProvider
    {
        private TimeSpan _off;

        public void Jump(TimeSpan by) => _off = by;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _off;
    }
}
