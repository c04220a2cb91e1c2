using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator;

namespace Vigia.Gateway.Tests.Faults;

/// <summary>
/// An etcd that is restored and has counted past what was seen before anybody could ask: its revisions look as if
/// nothing had happened.
/// </summary>
public sealed class RestoredServerTests
{
    private static readonly GroupVersionResource ConfigMaps = new("", "v1", "configmaps");

    [Theory]
    [InlineData("rewritten")]
    [InlineData("others")]
    public async Task A_server_that_has_counted_past_what_was_seen_is_found_out_by_what_its_revisions_were(string after)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        Config(fixture, "settled", 0);
        var backup = fixture.Simulator.Snapshot();
        var gateway = await fixture.GatewayAsync();
        await using var pods = await fixture.OpenAsync(gateway);
        await using var configs = await fixture.OpenAsync(gateway, "api/v1/configmaps/stream");
        await pods.SyncedAsync();
        await configs.SyncedAsync();
        fixture.Put("a", annotation: "lost");
        fixture.Put("lost");
        await pods.StoryAsync("reset:start +a ~a +lost");

        await RestoreAsync(
            fixture,
            pods,
            backup,
            () =>
            {
                // Written in the new history at revisions that the old one had given to others; and the pods again,
                // later than they were seen.
                Config(fixture, "settled", 1);
                Config(fixture, "new", 1);
                if (after == "rewritten")
                {
                    fixture.Put("lost", annotation: "again");
                    fixture.Put("a", annotation: "again");
                }

                for (var i = 0; i < 20; i++)
                {
                    Config(fixture, "noise", i);
                }
            }
        );

        await pods.UntilAsync(events => events.Any(e => e.Name == "reset" && (string?)e.Data["reason"] == "restored"), "pods are reset");
        await configs.UntilAsync(
            events => events.Any(e => e.Name == "reset" && (string?)e.Data["reason"] == "restored"),
            "what hardly ever changes is reset as well"
        );
        await configs.UntilAsync(
            events =>
                events.SkipWhile(e => e.Name != "reset" || (string?)e.Data["reason"] != "restored").Count(e => e.Name == "added") == 3,
            "and read again"
        );
        Assert.DoesNotContain(
            pods.Events.TakeWhile(e => e.Name != "reset" || (string?)e.Data["reason"] != "restored"),
            e => e.Name == "updated" && (string?)e.Data["annotation"] == "again"
        );
    }

    [Fact]
    public async Task A_server_that_was_only_away_is_not_taken_for_a_restored_one()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b");
        var gateway = await fixture.GatewayAsync();
        await using var pods = await fixture.OpenAsync(gateway);
        await pods.SyncedAsync();
        fixture.Put("b", annotation: "seen last");
        await pods.StoryAsync("reset:start +a +b ~b");

        // The one that changed last has changed again, then it is gone, then what was is compacted away.
        await AwayAsync(fixture, pods, () => fixture.Put("b", annotation: "changed"));
        await AwayAsync(fixture, pods, () => fixture.Delete("b"));
        await AwayAsync(
            fixture,
            pods,
            () =>
            {
                fixture.Put("a", annotation: "x");
                fixture.Simulator.Faults.ExpireHistory();
            }
        );
        fixture.Put("c");
        await pods.UntilAsync(events => events.Any(e => e.ObjectName == "c"), "it goes on");

        Assert.Equal("reset:start +a +b ~b ~b -b ~a +c", pods.Story);
    }

    private static async Task RestoreAsync(GatewayFixture fixture, SseClient stream, StoreBackup backup, Action then) =>
        await AwayAsync(
            fixture,
            stream,
            () =>
            {
                fixture.Simulator.Restore(backup);
                then();
            }
        );

    private static async Task AwayAsync(GatewayFixture fixture, SseClient stream, Action meanwhile)
    {
        var before = stream.Events.Count;
        await fixture.Simulator.Faults.GoDarkAsync(cancellationToken: TestContext.Current.CancellationToken);
        await stream.UntilAsync(events => events.Skip(before).Any(e => e.Name == "degraded"), "degraded");
        meanwhile();
        await fixture.Simulator.Faults.ComeBackAsync(TestContext.Current.CancellationToken);
        await stream.UntilAsync(events => events.Skip(before).Any(e => e.Name == "live"), "live");
    }

    private static void Config(GatewayFixture fixture, string name, int value)
    {
        var key = new ObjectKey("default", name);
        var data = new JsonObject { ["value"] = $"{value}" };
        if (fixture.Simulator.Store.Get(ConfigMaps, key) is null)
        {
            fixture.Simulator.Store.Create(
                ConfigMaps,
                new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "ConfigMap",
                    ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
                    ["data"] = data,
                },
                "test"
            );
        }
        else
        {
            fixture.Simulator.Store.Mutate(ConfigMaps, key, o => o["data"] = data, "test");
        }
    }
}
