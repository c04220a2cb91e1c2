using System.Text.Json.Nodes;

namespace Vigia.Simulator.Tests.Cluster;

public sealed class SessionTests
{
    // As src/Vigia.Catalog/Entries/presets.yaml has them: which label tells the kind, and where the user stands.
    [Theory]
    [InlineData("app", "jupyterhub", "annotations", "hub.jupyter.org/username")]
    [InlineData("launcher-instance-id", "workbench-1", "annotations", "user")]
    [InlineData("app.kubernetes.io/name", "coder-workspace", "labels", "com.coder.user.username")]
    [InlineData("app.kubernetes.io/name", "rstudio", "labels", "onyxia.sh/user")]
    [InlineData("app.kubernetes.io/name", "vscode-python", "labels", "onyxia.sh/user")]
    public async Task Sessions_run_and_have_the_shape_the_presets_look_for(string label, string value, string where, string user)
    {
        await using var fixture = new ClusterFixture();
        fixture.Cluster.OpenSessions();
        fixture.Until("running", () => fixture.PodsWith(label, value).Any(p => (string?)p["status"]?["phase"] == "Running"));
        fixture.Seconds(60);
        var pod = Assert.Single(fixture.PodsWith(label, value));
        Assert.Equal("Running", (string?)pod["status"]!["phase"]);
        Assert.StartsWith("project-", (string)pod["metadata"]!["namespace"]!, StringComparison.Ordinal);
        Assert.NotEmpty((string?)pod["metadata"]![where]![user] ?? "");
        var presets = typeof(Catalog.ResourceCatalog).Assembly;
        var name = presets.GetManifestResourceNames().Single(n => n.EndsWith("presets.yaml", StringComparison.Ordinal));
        using var reader = new StreamReader(presets.GetManifestResourceStream(name)!);
        var text = await reader.ReadToEndAsync(Fixture.Token);
        Assert.Contains(value == "workbench-1" ? label : value, text, StringComparison.Ordinal);
        Assert.Contains(user, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dask_cluster_goes_through_its_phases_and_follows_its_worker_count()
    {
        await using var fixture = new ClusterFixture();
        var phases = new List<string>();
        using var watch = fixture.Store.Subscribe(
            BuiltInTypes.DaskClusters.Gvr,
            c => phases.Add((string?)c.Item.ToJson()["status"]?["phase"] ?? "")
        );
        fixture.Cluster.OpenSessions();
        fixture.Until("Running", () => phases.Contains("Running"));
        Assert.Equal(["", "Created", "Pending", "Running"], phases.Distinct());
        var cluster = Assert.Single(fixture.Store.List(BuiltInTypes.DaskClusters.Gvr));
        Assert.Single(fixture.PodsWith("dask.org/component", "scheduler"));
        Assert.Equal(
            cluster.Key.Name,
            (string?)Assert.Single(fixture.Store.List(BuiltInTypes.DaskAutoscalers.Gvr)).ToJson()["spec"]!["cluster"]
        );
        foreach (var count in (int[])[5, 2])
        {
            fixture.Store.Mutate(BuiltInTypes.DaskClusters.Gvr, cluster.Key, c => c["spec"]!["worker"]!["replicas"] = count, "test");
            fixture.Until(
                $"{count} workers",
                () => fixture.PodsWith("dask.org/component", "worker").Count(p => (string?)p["status"]!["phase"] == "Running") == count
            );
        }

        Assert.All(
            fixture.PodsWith("dask.org/component", "worker"),
            (JsonObject p) => Assert.Equal(cluster.Key.Name, (string?)p["metadata"]!["labels"]!["dask.org/cluster-name"])
        );
        fixture.Store.Delete(BuiltInTypes.DaskClusters.Gvr, cluster.Key);
        fixture.Until(
            "all gone",
            () =>
                fixture.PodsWith("dask.org/cluster-name", cluster.Key.Name).Count == 0
                && fixture.Store.List(BuiltInTypes.DaskWorkerGroups.Gvr).Count == 0
        );
    }
}
