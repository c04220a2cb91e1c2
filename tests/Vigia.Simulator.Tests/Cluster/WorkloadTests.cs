using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Cluster;

public sealed class WorkloadTests
{
    [Fact]
    public async Task The_seeded_cluster_is_settled_and_its_pods_are_as_heavy_as_real_ones()
    {
        await using var rig = new ClusterRig(pods: 60);
        var pods = rig.Store.List(BuiltInTypes.Pods.Gvr);
        Assert.InRange(pods.Count, 60, 66);
        Assert.All(pods, p => Assert.Equal("Running", p.Field("status.phase")));
        var average = pods.Average(p => p.Utf8.Length);
        Assert.InRange(average, 14_000, 30_000);
        Assert.All(pods, p => Assert.DoesNotContain("@@", System.Text.Encoding.UTF8.GetString(p.Utf8.Span), StringComparison.Ordinal));

        var before = rig.Store.Revision;
        rig.Seconds(20);
        Assert.Equal(before, rig.Store.Revision);
    }

    [Fact]
    public async Task A_deployment_rolls_out_new_pods_within_its_bounds_and_rolls_back()
    {
        await using var rig = new ClusterRig();
        rig.Create(BuiltInTypes.Deployments, ClusterRig.Web);
        rig.Until("4 available", () => rig.Number(BuiltInTypes.Deployments, "default", "web", "availableReplicas") == 4);

        var key = new ObjectKey("default", "web");
        rig.Store.Mutate(
            BuiltInTypes.Deployments.Gvr,
            key,
            d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "nginx:1.26",
            "test"
        );
        var least = int.MaxValue;
        rig.Until(
            "rolled out",
            () =>
            {
                least = Math.Min(
                    least,
                    rig.PodsWith("app", "web")
                        .Count(p =>
                            p["metadata"]!["deletionTimestamp"] is null
                            && p["status"]!["conditions"]!
                                .AsArray()
                                .Any(c => (string?)c!["type"] == "Ready" && (string?)c["status"] == "True")
                        )
                );
                var pods = rig.PodsWith("app", "web");
                return pods.Count == 4
                    && pods.TrueForAll(p => (string?)p["spec"]!["containers"]![0]!["image"] == "nginx:1.26")
                    && rig.Number(BuiltInTypes.Deployments, "default", "web", "availableReplicas") == 4;
            }
        );
        Assert.True(least >= 3, $"at one time only {least} of 4 served");
        var done = rig.Read(BuiltInTypes.Deployments, "default", "web");
        Assert.Equal((long)done["metadata"]!["generation"]!, (long)done["status"]!["observedGeneration"]!);
        Assert.Equal("2", (string?)done["metadata"]!["annotations"]!["deployment.kubernetes.io/revision"]);
        Assert.Contains(done["status"]!["conditions"]!.AsArray(), c => (string?)c!["reason"] == "NewReplicaSetAvailable");

        rig.Store.Mutate(
            BuiltInTypes.Deployments.Gvr,
            key,
            d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "nginx:1.25",
            "test"
        );
        rig.Until(
            "rolled back",
            () => rig.PodsWith("app", "web").TrueForAll(p => (string?)p["spec"]!["containers"]![0]!["image"] == "nginx:1.25")
        );
        Assert.Equal(
            "3",
            (string?)rig.Read(BuiltInTypes.Deployments, "default", "web")["metadata"]!["annotations"]!["deployment.kubernetes.io/revision"]
        );
        Assert.Equal(2, rig.Store.List(BuiltInTypes.ReplicaSets.Gvr, "default").Count);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task A_deployment_is_scaled(int to)
    {
        await using var rig = new ClusterRig();
        rig.Create(BuiltInTypes.Deployments, ClusterRig.Web);
        rig.Until("4 available", () => rig.Number(BuiltInTypes.Deployments, "default", "web", "availableReplicas") == 4);
        rig.Store.Mutate(BuiltInTypes.Deployments.Gvr, new ObjectKey("default", "web"), d => d["spec"]!["replicas"] = to, "test");
        rig.Until(
            $"{to} pods",
            () =>
                rig.PodsWith("app", "web").Count == to && rig.Number(BuiltInTypes.Deployments, "default", "web", "availableReplicas") == to
        );
        rig.Store.Delete(BuiltInTypes.Deployments.Gvr, new ObjectKey("default", "web"));
        rig.Until(
            "all gone",
            () => rig.PodsWith("app", "web").Count == 0 && rig.Store.List(BuiltInTypes.ReplicaSets.Gvr, "default").Count == 0
        );
    }
}
