using Vigia.Simulator;

namespace Vigia.Samples.Tests;

public sealed class AutoscalerTests
{
    [Fact]
    public async Task It_follows_nodes_and_annotations_leaves_others_alone_and_records_what_it_does()
    {
        await using var cluster = await VigiaSimulator.StartAsync();
        await NodeAsync(cluster, "n1", ready: true);
        await NodeAsync(cluster, "n2", ready: true);
        await DeploymentAsync(cluster, "web", "2");
        await DeploymentAsync(cluster, "plain", null);
        await DeploymentAsync(cluster, "wrong", "two");
        await using var autoscaler = SampleProcess.Start("Autoscaler", cluster.KubeconfigPath);

        await ReplicasAsync(cluster, "web", 4);
        await cluster.Objects.WaitForAsync("deployments", "web", d => (int?)d["spec"]!["replicas"] == 4);
        await NodeAsync(cluster, "n3", ready: true);
        await ReplicasAsync(cluster, "web", 6);
        await NodeAsync(cluster, "n1", ready: false);
        await ReplicasAsync(cluster, "web", 4);
        await cluster.Objects.PatchAsync("nodes", "n2", """{"spec":{"unschedulable":true}}""");
        await ReplicasAsync(cluster, "web", 2);
        await cluster.Objects.PatchAsync("deployments", "web", """{"metadata":{"annotations":{"autoscale.example.com/per-node":"5"}}}""");
        await ReplicasAsync(cluster, "web", 5);

        await autoscaler.LineAsync("default/web: 2 -> 5");
        Assert.Equal(0, await autoscaler.SignalAsync("TERM"));
        Assert.Equal(1, (int?)cluster.Objects.Get("deployments", "plain")!["spec"]!["replicas"]);
        Assert.Equal(1, (int?)cluster.Objects.Get("deployments", "wrong")!["spec"]!["replicas"]);
        var events = cluster
            .Objects.List("events")
            .Select(e => $"{e["type"]} {e["reason"]} {e["involvedObject"]!["name"]}: {e["message"]}")
            .ToList();
        Assert.Contains("Normal Scaled web: 1 replicas became 4: 2 for each of 2 nodes", events);
        Assert.Contains("Normal Scaled web: 2 replicas became 5: 5 for each of 1 nodes", events);
        Assert.Contains(events, e => e.StartsWith("Warning BadAnnotation wrong", StringComparison.Ordinal));
        Assert.DoesNotContain(events, e => e.Contains(" plain:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_write_that_fails_is_tried_again()
    {
        await using var cluster = await VigiaSimulator.StartAsync();
        await NodeAsync(cluster, "n1", ready: true);
        cluster.Faults.Add(
            new()
            {
                Kind = FaultKind.Error,
                Verb = "patch",
                Resource = "deployments",
                Code = 500,
                Count = 2,
            }
        );
        await DeploymentAsync(cluster, "web", "3");
        await using var autoscaler = SampleProcess.Start("Autoscaler", cluster.KubeconfigPath);

        await ReplicasAsync(cluster, "web", 3);
        Assert.Equal(2, cluster.Faults.Counts.Values.Sum());
    }

    private static Task ReplicasAsync(VigiaSimulator cluster, string name, int replicas) =>
        cluster.Objects.WaitForAsync("deployments", name, d => (int?)d["spec"]!["replicas"] == replicas, TimeSpan.FromSeconds(30));

    private static async Task NodeAsync(VigiaSimulator cluster, string name, bool ready)
    {
        await cluster.Objects.ApplyAsync($$$"""{"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{name}}}"}}""");
        await cluster.Objects.PatchAsync(
            "nodes",
            name,
            $$$"""{"status":{"conditions":[{"type":"Ready","status":"{{{ready}}}"}]}}""",
            "status"
        );
    }

    private static Task DeploymentAsync(VigiaSimulator cluster, string name, string? perNode)
    {
        var annotation = perNode is null ? "a: b" : $"autoscale.example.com/per-node: \"{perNode}\"";
        return cluster.Objects.CreateAsync(
            $"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: {name}
              annotations:
                {annotation}
            spec:
              selector:
                matchLabels:
                  app: {name}
              template:
                metadata:
                  labels:
                    app: {name}
                spec:
                  containers:
                  - name: a
                    image: a
            """
        );
    }
}
