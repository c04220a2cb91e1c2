using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator;

namespace Vigia.Gateway.Tests.Presets;

public sealed class PresetTests
{
    private static readonly GroupVersionResource Clusters = new("kubernetes.dask.org", "v1", "daskclusters");

    [Theory]
    [InlineData(
        "jupyterlab",
        "ann@example.org",
        """{"app":"jupyterhub","component":"singleuser-server","hub.jupyter.org/username":"ann-example-org---1"}""",
        """{"hub.jupyter.org/username":"ann@example.org"}"""
    )]
    [InlineData(
        "jupyterlab",
        "ann-example-org---1",
        """{"app":"jupyterhub","component":"singleuser-server","hub.jupyter.org/username":"ann-example-org---1"}""",
        """{"hub.jupyter.org/username":"ann@example.org"}"""
    )]
    [InlineData("rstudio", "bob", """{"launcher-instance-id":"x1"}""", """{"user":"bob","name":"RStudio Session"}""")]
    [InlineData("vscode", "eve", """{"app.kubernetes.io/name":"coder-workspace","com.coder.user.username":"eve"}""", "{}")]
    public async Task A_user_s_sessions_of_a_kind_are_followed_in_a_project(string kind, string user, string labels, string annotations)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        Make(fixture, "session", labels, annotations);
        Make(
            fixture,
            "of-somebody-else",
            labels.Replace(user, "other", StringComparison.Ordinal).Replace("ann-", "zoe-", StringComparison.Ordinal),
            annotations.Replace(user, "other", StringComparison.Ordinal).Replace("ann@", "zoe@", StringComparison.Ordinal)
        );
        Make(fixture, "no-session", """{"app":"web"}""", annotations);
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(
            gateway,
            $"events/ide?kind={kind}&project=default&user={Uri.EscapeDataString(user)}"
        );
        await stream.SyncedAsync();

        Assert.Equal("reset:start +session", stream.Story);
    }

    [Fact]
    public async Task A_dask_cluster_is_followed_with_its_status_and_workers_and_what_shows_no_difference_is_not_sent()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        MakeCluster(fixture, "one", 2);
        MakeCluster(fixture, "two", 3);
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway, "events/clusters?project=default&target=one");
        await stream.SyncedAsync();
        fixture.Simulator.Store.Mutate(
            Clusters,
            new ObjectKey("default", "one"),
            o => o["metadata"]!["annotations"] = new JsonObject { ["seen"] = "1" },
            "t"
        );
        fixture.Simulator.Store.Mutate(Clusters, new ObjectKey("default", "two"), o => o["spec"]!["worker"]!["replicas"] = 9, "t");
        fixture.Simulator.Store.Mutate(Clusters, new ObjectKey("default", "one"), o => o["spec"]!["worker"]!["replicas"] = 5, "t");
        await stream.StoryAsync("reset:start +one ~one");

        var data = stream.Events[^1].Data;
        Assert.Equal(
            ("one", "updated", "default", 5),
            ((string)data["clusterName"]!, (string)data["kind"]!, (string)data["namespace"]!, (int)data["workers"]!)
        );
        Assert.True(data.ContainsKey("status"));
    }

    [Fact]
    public async Task A_watch_that_cannot_be_started_is_500_with_the_reason()
    {
        await using var fixture = await GatewayFixture.StartAsync(
            new SimulatorOptions { AnonymousRules = [], Users = [SimulatedUser.Limited] }
        );
        var gateway = await fixture.GatewayAsync(token: "limited-token", waitReady: false);
        var (status, problem) = await fixture.GetAsync(gateway, "events/clusters?project=default");

        Assert.Equal(500, (int)status);
        Assert.Contains("cannot list resource \"daskclusters\"", (string)problem["error"]!, StringComparison.Ordinal);
    }

    private static void Make(GatewayFixture fixture, string name, string labels, string annotations) =>
        fixture.Simulator.Store.Create(
            GatewayFixture.Pods,
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["namespace"] = "default",
                    ["labels"] = JsonNode.Parse(labels),
                    ["annotations"] = JsonNode.Parse(annotations),
                },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i" }) },
            },
            "t"
        );

    private static void MakeCluster(GatewayFixture fixture, string name, int workers) =>
        fixture.Simulator.Store.Create(
            Clusters,
            new JsonObject
            {
                ["apiVersion"] = "kubernetes.dask.org/v1",
                ["kind"] = "DaskCluster",
                ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
                ["spec"] = new JsonObject
                {
                    ["worker"] = new JsonObject { ["replicas"] = workers, ["spec"] = new JsonObject() },
                    ["scheduler"] = new JsonObject { ["spec"] = new JsonObject(), ["service"] = new JsonObject() },
                },
            },
            "t"
        );
}
