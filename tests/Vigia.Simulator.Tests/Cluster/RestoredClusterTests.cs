using System.Text.Json.Nodes;
using Vigia.Kubernetes.Objects;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator.Tests.Cluster;

/// <summary>A living cluster whose store goes back to an earlier state under its feet.</summary>
public sealed class RestoredClusterTests
{
    [Fact]
    public async Task Controllers_go_on_from_the_state_that_was_put_back()
    {
        await using var rig = new ClusterRig();
        rig.Create(BuiltInTypes.Deployments, ClusterRig.Web);
        rig.Until("four run", () => rig.Number(BuiltInTypes.Deployments, "default", "web", "readyReplicas") == 4);
        var backup = rig.Store.Snapshot();
        rig.Store.Mutate(BuiltInTypes.Deployments.Gvr, new ObjectKey("default", "web"), o => o["spec"]!["replicas"] = 7, "test");
        rig.Until("seven run", () => rig.Number(BuiltInTypes.Deployments, "default", "web", "readyReplicas") == 7);

        rig.Store.Restore(backup);
        Assert.Equal(4, rig.PodsWith("app", "web").Count);
        rig.Seconds(30);
        Assert.Equal(4, rig.PodsWith("app", "web").Count(p => (string?)p["status"]?["phase"] == "Running"));

        rig.Store.Mutate(BuiltInTypes.Deployments.Gvr, new ObjectKey("default", "web"), o => o["spec"]!["replicas"] = 2, "test");
        rig.Until("two are left", () => rig.PodsWith("app", "web").Count == 2);
        rig.Store.Mutate(BuiltInTypes.Deployments.Gvr, new ObjectKey("default", "web"), o => o["spec"]!["template"]!["metadata"]!["annotations"] = new JsonObject { ["again"] = "1" }, "test");
        rig.Until("both are new", () => rig.PodsWith("app", "web") is { Count: 2 } pods && pods.All(p => (string?)p["metadata"]!["annotations"]?["again"] == "1" && (string?)p["status"]?["phase"] == "Running"));
    }
}
