using System.Diagnostics;
using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Cluster;

public sealed class ChurnTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_same_seed_writes_the_same_and_another_does_not()
    {
        var (first, second, other) = (await SequenceAsync(7), await SequenceAsync(7), await SequenceAsync(8));
        Assert.True(first.Count > 500, $"only {first.Count} writes");
        for (var i = 0; i < Math.Min(first.Count, second.Count); i++)
        {
            Assert.True(first[i] == second[i], $"write {i}: {first[i]} and {second[i]}");
        }

        Assert.Equal(first.Count, second.Count);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public async Task An_hour_at_fifty_writes_a_second_leaves_the_cluster_as_large_as_it_was()
    {
        await using var fixture = new ClusterFixture(pods: 150, rate: 50, seed: 3, nodes: 8);
        fixture.Run(TimeSpan.FromMinutes(10));
        var (writes, early, clock) = (fixture.Written, Counts(fixture.Store), Stopwatch.StartNew());
        fixture.Run(TimeSpan.FromMinutes(50));
        var late = Counts(fixture.Store);
        var rate = (fixture.Written - writes) / 3000.0;
        output.WriteLine(
            $"seed 3: {rate:0.0} writes/s, {clock.Elapsed.TotalSeconds:0.0} s of real time; "
                + $"{string.Join(", ", late.Where(c => c.Value > 0).Select(c => $"{c.Key} {early[c.Key]}->{c.Value}"))}"
        );
        Assert.InRange(rate, 35, 65);
        foreach (var (type, count) in late)
        {
            Assert.True(count <= (early[type] * 1.5) + 40, $"{type}: {early[type]} after ten minutes, {count} after an hour");
        }

        Assert.True(late["pods"] > 100, "the pods went");
    }

    [Fact]
    public async Task A_lost_node_is_told_its_pods_go_and_it_returns()
    {
        await using var fixture = new ClusterFixture(pods: 40, nodes: 4);
        var before = fixture.Store.List(BuiltInTypes.Pods.Gvr).Count;
        Assert.True(fixture.Cluster.LoseNode("node-02", TimeSpan.FromSeconds(60)));
        fixture.Seconds(2);
        Assert.Contains(
            fixture.Store.Get(BuiltInTypes.Nodes.Gvr, new ObjectKey("", "node-02"))!.ToJson()["status"]!["conditions"]!.AsArray(),
            c => (string?)c!["type"] == "Ready" && (string?)c["status"] == "Unknown"
        );
        var stricken = fixture
            .Store.List(BuiltInTypes.Pods.Gvr)
            .Where(p => p.Field("spec.nodeName") == "node-02")
            .Select(p => p.Uid)
            .ToHashSet();
        Assert.NotEmpty(stricken);
        Assert.Contains(fixture.Store.List(BuiltInTypes.Events.Gvr), e => e.Field("reason") == "NodeNotReady");
        fixture.Seconds(40);
        Assert.Contains(fixture.Store.List(BuiltInTypes.Pods.Gvr), p => stricken.Contains(p.Uid) && p.IsDeleting);
        fixture.Seconds(60);
        Assert.Contains(
            fixture.Store.Get(BuiltInTypes.Nodes.Gvr, new ObjectKey("", "node-02"))!.ToJson()["status"]!["conditions"]!.AsArray(),
            c => (string?)c!["type"] == "Ready" && (string?)c["status"] == "True"
        );
        var daemons = fixture.Store.List(BuiltInTypes.Pods.Gvr).Where(p => stricken.Contains(p.Uid)).ToList();
        Assert.All(daemons, p => Assert.Contains("DaemonSet", System.Text.Encoding.UTF8.GetString(p.Utf8.Span), StringComparison.Ordinal));
        Assert.Equal(before, fixture.Store.List(BuiltInTypes.Pods.Gvr).Count);
    }

    [Fact]
    public async Task Stamped_pods_tell_when_they_were_touched()
    {
        await using var fixture = new ClusterFixture(pods: 30, rate: 20, stamp: true);
        fixture.Seconds(60);
        var stamps = fixture
            .Store.List(BuiltInTypes.Pods.Gvr)
            .Select(p => (string?)p.ToJson()["metadata"]!["annotations"]?["bench/sent-at"])
            .OfType<string>()
            .ToList();
        Assert.True(stamps.Count > 10, $"{stamps.Count} stamped");
        var now = (fixture.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        Assert.All(stamps, s => Assert.InRange(now - long.Parse(s, System.Globalization.CultureInfo.InvariantCulture), 0, 61_000_000_000));
    }

    [Theory]
    [InlineData(300)]
    [InlineData(10_000)]
    public async Task Seeding_makes_as_many_pods_as_asked_for(int pods)
    {
        var clock = Stopwatch.StartNew();
        await using var fixture = new ClusterFixture(pods: pods, nodes: 40);
        output.WriteLine($"{pods} pods: {clock.Elapsed.TotalSeconds:0.00} s");
        Assert.InRange(fixture.Store.List(BuiltInTypes.Pods.Gvr).Count, pods * 0.95, pods * 1.1);
    }

    private static async Task<List<string>> SequenceAsync(int seed)
    {
        await using var fixture = new ClusterFixture(pods: 40, rate: 10, seed: seed);
        var list = new List<string>();
        using var watch = fixture.Store.Subscribe(null, c => list.Add($"{c.Kind} {c.Item.Type.Plural} {c.Item.Key}"));
        fixture.Run(TimeSpan.FromMinutes(3));
        return list;
    }

    private static SortedDictionary<string, int> Counts(ObjectStore store) =>
        new(
            store.Types.ToDictionary(t => t.Plural + (t.Group.Length > 0 && t.Plural == "events" ? "2" : ""), t => store.List(t.Gvr).Count),
            StringComparer.Ordinal
        );
}
