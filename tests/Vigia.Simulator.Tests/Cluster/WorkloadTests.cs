using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Cluster;

public sealed class WorkloadTests
{
    [Fact]
    public async Task The_seeded_cluster_is_settled_and_its_pods_are_as_heavy_as_real_ones()
    {
        await using var fixture = new ClusterFixture(pods: 60);
        var pods = fixture.Store.List(BuiltInTypes.Pods.Gvr);
        Assert.InRange(pods.Count, 60, 66);
        Assert.All(pods, p => Assert.Equal("Running", p.Field("status.phase")));
        var average = pods.Average(p => p.Utf8.Length);
        Assert.InRange(average, 14_000, 30_000);
        Assert.All(pods, p => Assert.DoesNotContain("@@", System.Text.Encoding.UTF8.GetString(p.Utf8.Span), StringComparison.Ordinal));

        var before = fixture.Store.Revision;
        fixture.Seconds(20);
        Assert.Equal(before, fixture.Store.Revision);
    }

    [Fact]
    public async Task A_deployment_rolls_out_new_pods_within_its_bounds_and_rolls_back()
    {
        await using var fixture = new ClusterFixture();
        fixture.Create(BuiltInTypes.Deployments, ClusterFixture.Web);
        fixture.Until("4 available", () => fixture.Number(BuiltInTypes.Deployments, "default", "web", "availableReplicas") == 4);

        var key = new ObjectKey("default", "web");
        fixture.Store.Mutate(
            BuiltInTypes.Deployments.Gvr,
            key,
            d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "nginx:1.26",
            "test"
        );
        var least = int.MaxValue;
        fixture.Until(
            "rolled out",
            () =>
            {
                least = Math.Min(
                    least,
                    fixture
                        .PodsWith("app", "web")
                        .Count(p =>
                            p["metadata"]!["deletionTimestamp"] is null
                            && p["status"]!["conditions"]!
                                .AsArray()
                                .Any(c => (string?)c!["type"] == "Ready" && (string?)c["status"] == "True")
                        )
                );
                var pods = fixture.PodsWith("app", "web");
                return pods.Count == 4
                    && pods.TrueForAll(p => (string?)p["spec"]!["containers"]![0]!["image"] == "nginx:1.26")
                    && fixture.Number(BuiltInTypes.Deployments, "default", "web", "availableReplicas") == 4;
            }
        );
        Assert.True(least >= 3, $"at one time only {least} of 4 served");
        var done = fixture.Read(BuiltInTypes.Deployments, "default", "web");
        Assert.Equal((long)done["metadata"]!["generation"]!, (long)done["status"]!["observedGeneration"]!);
        Assert.Equal("2", (string?)done["metadata"]!["annotations"]!["deployment.kubernetes.io/revision"]);
        Assert.Contains(done["status"]!["conditions"]!.AsArray(), c => (string?)c!["reason"] == "NewReplicaSetAvailable");

        fixture.Store.Mutate(
            BuiltInTypes.Deployments.Gvr,
            key,
            d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "nginx:1.25",
            "test"
        );
        fixture.Until(
            "rolled back",
            () => fixture.PodsWith("app", "web").TrueForAll(p => (string?)p["spec"]!["containers"]![0]!["image"] == "nginx:1.25")
        );
        Assert.Equal(
            "3",
            (string?)
                fixture.Read(BuiltInTypes.Deployments, "default", "web")["metadata"]!["annotations"]!["deployment.kubernetes.io/revision"]
        );
        Assert.Equal(2, fixture.Store.List(BuiltInTypes.ReplicaSets.Gvr, "default").Count);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task A_deployment_is_scaled(int to)
    {
        await using var fixture = new ClusterFixture();
        fixture.Create(BuiltInTypes.Deployments, ClusterFixture.Web);
        fixture.Until("4 available", () => fixture.Number(BuiltInTypes.Deployments, "default", "web", "availableReplicas") == 4);
        fixture.Store.Mutate(BuiltInTypes.Deployments.Gvr, new ObjectKey("default", "web"), d => d["spec"]!["replicas"] = to, "test");
        fixture.Until(
            $"{to} pods",
            () =>
                fixture.PodsWith("app", "web").Count == to
                && fixture.Number(BuiltInTypes.Deployments, "default", "web", "availableReplicas") == to
        );
        fixture.Store.Delete(BuiltInTypes.Deployments.Gvr, new ObjectKey("default", "web"));
        fixture.Until(
            "all gone",
            () => fixture.PodsWith("app", "web").Count == 0 && fixture.Store.List(BuiltInTypes.ReplicaSets.Gvr, "default").Count == 0
        );
    }
}
