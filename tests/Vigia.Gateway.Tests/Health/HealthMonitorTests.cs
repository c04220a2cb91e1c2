using System.Text.Json.Nodes;
using Vigia.Gateway.Tests.Clusters;
using Vigia.Informers;
using Vigia.Live.Health;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Health;

public sealed class HealthMonitorTests
{
    [Fact]
    public async Task The_circuit_opens_after_five_failures_and_a_single_probe_brings_everything_back_at_once()
    {
        await using var fixture = await ClustersFixture.StartAsync("one");
        fixture.Put("one", "a");

        // Backoff so long that only the probe can explain a quick return.
        var gateway = await fixture.GatewayAsync(
            health: new HealthOptions { Interval = TimeSpan.FromMilliseconds(200), ProbeTimeout = TimeSpan.FromSeconds(1) },
            backoff: new BackoffOptions
            {
                First = TimeSpan.FromMilliseconds(1),
                Longest = TimeSpan.FromMinutes(10),
                Quiet = TimeSpan.FromMinutes(2),
            }
        );
        await Eventually.TrueAsync(async () => (string)(await fixture.HealthAsync(gateway, "one"))["status"]! == "healthy", "healthy");
        await fixture["one"].Faults.GoDarkAsync(cancellationToken: TestContext.Current.CancellationToken);
        JsonObject open = [];
        await Eventually.TrueAsync(
            async () =>
                (string)(open = await fixture.HealthAsync(gateway, "one"))["circuit"]! != "closed" && (int)open["failedProbes"]! > 0,
            "the circuit is open",
            TimeSpan.FromSeconds(20)
        );
        Assert.Equal("failing", (string)open["status"]!);
        Assert.Contains("refused", (string)open["reason"]!, StringComparison.Ordinal);
        Assert.NotNull(open["nextProbe"]);
        Assert.Contains(
            open["resources"]!.AsArray(),
            resource => (int)resource!["failures"]! >= 5 && (string)resource["circuit"]! == "open"
        );

        // What is held goes on being served, as stale.
        var (_, pods) = await fixture.GetAsync(gateway, "api/v1/pods");
        Assert.Equal((1, "stale"), ((int)pods["total"]!, (string)pods["freshness"]!["state"]!));

        // Waits longer than the patience below lie before every informer by now.
        await Eventually.TrueAsync(
            () =>
                gateway.Clusters.Sessions[0].Find("pods")!.Informer!.Freshness.NextTry is { } next
                && next > TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(10),
            "backed off for long",
            TimeSpan.FromSeconds(60)
        );
        fixture.Put("one", "b");
        await fixture["one"].Faults.ComeBackAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(
            async () => (string)(await fixture.HealthAsync(gateway, "one"))["status"]! == "healthy",
            "healthy again",
            TimeSpan.FromSeconds(8)
        );
        var health = await fixture.HealthAsync(gateway, "one");
        Assert.Equal(("closed", 1), ((string)health["circuit"]!, (int)health["recoveries"]!));
        Assert.Equal(2, (int)(await fixture.GetAsync(gateway, "api/v1/pods")).Body["total"]!);
    }

    [Fact]
    public async Task A_resource_without_rights_has_a_circuit_of_its_own_and_the_cluster_stays_closed()
    {
        await using var fixture = await ClustersFixture.StartAsync("one");
        fixture["one"].Faults.Hang("list", "deployments");
        var gateway = await fixture.GatewayAsync(health: new HealthOptions { Interval = TimeSpan.FromMilliseconds(100) });
        await Eventually.TrueAsync(
            async () => (await fixture.HealthAsync(gateway, "one"))["resources"]!.AsArray().Count(resource => (bool)resource!["live"]!) > 5,
            "the others are live"
        );
        var health = await fixture.HealthAsync(gateway, "one");

        Assert.Equal(("loading", "closed", 0), ((string)health["status"]!, (string)health["circuit"]!, (int)health["recoveries"]!));
        Assert.True(gateway.Monitor.Checks >= 0);
        fixture["one"].Faults.Clear();
    }
}
