using System.Net;
using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Rest;

public sealed class RestTests
{
    [Fact]
    public async Task Lists_are_paged_filtered_searched_and_sorted()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        for (var i = 0; i < 25; i++)
        {
            fixture.Put($"p{i:00}", app: i % 5 == 0 ? "five" : "web", phase: i == 7 ? "Failed" : "Running");
        }

        var gateway = await fixture.GatewayAsync();
        var (_, page) = await fixture.GetAsync(gateway, "api/v1/pods?page=3&limit=10");
        Assert.Equal((25, 3, 10, 5), ((int)page["total"]!, (int)page["page"]!, (int)page["limit"]!, page["items"]!.AsArray().Count));
        Assert.Equal("p20", (string)page["items"]![0]!["name"]!);
        Assert.Equal("live", (string)page["freshness"]!["state"]!);
        Assert.Equal(
            fixture.Simulator.Store.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture),
            (string)page["revision"]!
        );

        Assert.Equal(5, await TotalAsync("api/v1/pods?labelSelector=app%3Dfive"));
        Assert.Equal(20, await TotalAsync("api/v1/pods?labelSelector=app%20notin%20(five)"));
        Assert.Equal(1, await TotalAsync("api/v1/pods?fieldSelector=status.phase!%3DRunning"));
        Assert.Equal(1, await TotalAsync("api/v1/pods?search=FAILED"));
        Assert.Equal(10, await TotalAsync("api/v1/pods?search=p1"));
        Assert.Equal(9, await TotalAsync("api/v1/pods?search=p1+!p15"));
        Assert.Equal(0, await TotalAsync("api/v1/namespace/kube-system/pods"));
        Assert.Equal(25, await TotalAsync("api/v1/namespace/default/po"));
        var (_, sorted) = await fixture.GetAsync(gateway, "api/v1/pods?sort=status,-name&limit=2");
        Assert.Equal(["p07", "p24"], sorted["items"]!.AsArray().Select(item => (string)item!["name"]!));

        async Task<int> TotalAsync(string path) => (int)(await fixture.GetAsync(gateway, path)).Body["total"]!;
    }

    [Fact]
    public async Task An_object_is_found_by_its_uid_and_served_as_it_is()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var uid = (string)(await fixture.GetAsync(gateway, "api/v1/pods")).Body["items"]![0]!["uid"]!;
        var (_, found) = await fixture.GetAsync(gateway, $"api/v1/pods/{uid}");

        Assert.Equal("nginx", (string)found["object"]!["spec"]!["containers"]![0]!["image"]!);
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.GetAsync(gateway, "api/v1/pods/no-such-uid")).Status);
    }

    [Theory]
    [InlineData("api/v1/nope", 404, "'nope' is not a resource of this gateway; it has configmaps")]
    [InlineData("api/v1/nope/stream", 404, "'nope' is not a resource")]
    [InlineData("api/v1/stream", 400, "name one or more")]
    [InlineData("api/v1/pods?page=0", 400, "'0' is not a number of at least 1")]
    [InlineData("api/v1/pods?page=x", 400, "'x' is not a number")]
    [InlineData("api/v1/pods?limit=100000", 400, "from 1 to 1000")]
    [InlineData("api/v1/pods?sort=colour", 400, "'colour' is not a column of pods; it has cluster, namespace, name, ready")]
    [InlineData("api/v1/pods?labelSelector=a+b", 400, "unable to parse the selector 'a b'")]
    [InlineData("api/v1/pods?fieldSelector=a", 400, "unable to parse the field selector 'a'")]
    [InlineData("api/v1/pods/stream?last_event_id=xyz", 400, "'xyz' is not a cursor")]
    [InlineData("api/v1/pods/stream?shape=round", 400, "not one of summary, full, diff")]
    [InlineData("api/v1/pods?cluster=moon", 404, "it has sim")]
    [InlineData("events/ide?project=p&kind=emacs", 400, "'emacs' is not a kind of session; expected one of jupyterlab, rstudio, vscode")]
    [InlineData("events/clusters", 400, "the parameter project is missing")]
    [InlineData("events/nothing?project=p", 404, "there is no preset /events/nothing")]
    [InlineData("nothing/here", 404, "no route matches")]
    public async Task What_is_asked_wrongly_is_one_clear_problem_document(string path, int status, string detail)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var (code, problem) = await fixture.GetAsync(gateway, path);

        Assert.Equal(status, (int)code);
        Assert.Contains(detail, (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.Equal((string)problem["detail"]!, (string)problem["error"]!);
        Assert.Equal(status, (int)problem["status"]!);
        Assert.Equal("OK", (await fixture.GetAsync(gateway, "api/v1/pods")).Status.ToString());
    }

    [Fact]
    public async Task A_kind_without_rights_is_denied_with_the_right_that_is_missing_and_the_others_work()
    {
        var user = new SimulatedUser
        {
            Name = "partial",
            Token = "partial-token",
            Rules =
            [
                new PolicyRule
                {
                    Verbs = ["list", "watch", "get"],
                    ApiGroups = [""],
                    Resources = ["pods", "namespaces"],
                },
            ],
        };
        await using var fixture = await GatewayFixture.StartAsync(
            new SimulatorOptions { Users = [SimulatedUser.Admin, user], AnonymousRules = [] }
        );
        fixture.Simulator.Store.Create(
            GatewayFixture.Pods,
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = "default" },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i" }) },
            },
            "t"
        );
        var gateway = await fixture.GatewayAsync(token: "partial-token");
        await Eventually.TrueAsync(
            () => FeedState.Of(gateway.Clusters.Sessions[0].Find("deployments")!).Word == "denied",
            "deployments are denied"
        );

        Assert.Equal(1, (int)(await fixture.GetAsync(gateway, "api/v1/pods")).Body["total"]!);
        var (status, problem) = await fixture.GetAsync(gateway, "api/v1/deployments");
        Assert.Equal(503, (int)status);
        Assert.Contains("cannot list resource \"deployments\"", (string)problem["detail"]!, StringComparison.Ordinal);
        var resources = (await fixture.GetAsync(gateway, "api/v1/resources")).Body["items"]!.AsArray();
        Assert.Equal("denied", (string)resources.Single(r => (string)r!["name"]! == "deployments")!["clusters"]![0]!["state"]!);
        Assert.Equal("synced", (string)resources.Single(r => (string)r!["name"]! == "namespaces")!["clusters"]![0]!["state"]!);
        Assert.Equal("degraded", (string)(await fixture.GetAsync(gateway, "api/v1/health")).Body["status"]!);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_at_the_start_is_said_and_loads_when_it_comes()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        await fixture.Simulator.Faults.GoDarkAsync(cancellationToken: TestContext.Current.CancellationToken);
        var gateway = await fixture.GatewayAsync(waitReady: false);
        var (status, problem) = await fixture.GetAsync(gateway, "api/v1/pods");
        Assert.Equal(503, (int)status);
        Assert.Contains("refused", (string)problem["detail"]!, StringComparison.Ordinal);
        using var ready = await fixture.Http.GetAsync(new Uri(gateway.Url, "readyz"), TestContext.Current.CancellationToken);
        Assert.Equal(503, (int)ready.StatusCode);

        await fixture.Simulator.Faults.ComeBackAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(
            async () => (await fixture.Http.GetAsync(new Uri(gateway.Url, "readyz"))).IsSuccessStatusCode,
            "ready",
            TimeSpan.FromSeconds(20)
        );
        Assert.Equal(1, (int)(await fixture.GetAsync(gateway, "api/v1/pods")).Body["total"]!);
    }

    [Fact]
    public async Task A_kind_that_times_out_keeps_nobody_else_from_loading()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Simulator.Faults.Hang("list", "deployments");
        var gateway = await fixture.GatewayAsync();
        await Eventually.TrueAsync(
            () => FeedState.Of(gateway.Clusters.Sessions[0].Find("services")!).Word == "synced",
            "services are loaded"
        );

        Assert.Equal("syncing", FeedState.Of(gateway.Clusters.Sessions[0].Find("deployments")!).Word);
        Assert.Equal(503, (int)(await fixture.GetAsync(gateway, "api/v1/deployments")).Status);
        fixture.Simulator.Faults.Clear();
    }

    [Fact]
    public async Task A_connection_cut_during_the_first_list_is_told_and_the_list_begun_anew()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Simulator.Faults.Hang("list", "pods");
        var gateway = await fixture.GatewayAsync(waitReady: false);
        var pods = gateway.Clusters.Sessions[0].Find("pods")!;
        await Eventually.TrueAsync(() => FeedState.Of(pods).Word == "syncing", "syncing");
        await Eventually.TrueAsync(
            () => fixture.Simulator.Faults.CutConnections() > 0 && pods.Informer!.Status.Retries > 0,
            "the cut was noticed"
        );
        Assert.NotNull(FeedState.Of(pods).Reason);
        fixture.Simulator.Faults.Clear();
        await Eventually.TrueAsync(() => FeedState.Of(pods).IsLive, "loaded and live");

        Assert.Equal(1, (int)(await fixture.GetAsync(gateway, "api/v1/pods")).Body["total"]!);
        Assert.True(pods.Informer!.Status.Lists >= 2);
    }

    [Fact]
    public async Task A_port_in_use_is_one_sentence()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var client = new KubernetesClient(
            new ClusterConfiguration
            {
                Context = "x",
                Cluster = "x",
                Server = new Uri(fixture.Simulator.Url),
                Credentials = StaticCredential.None,
            }
        );

        var error = await Assert.ThrowsAsync<IOException>(() =>
            GatewayServer.StartAsync(
                new GatewayOptions { Listen = gateway.Url, Clusters = [new KubernetesClusterSource(client)] },
                TestContext.Current.CancellationToken
            )
        );

        Assert.Contains(
            $"cannot listen on {gateway.Url.GetLeftPart(UriPartial.Authority)}: Address already in use; choose another address with "
                + $"--listen",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Statistics_count_by_health_status_and_namespace()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b", phase: "Failed");
        var gateway = await fixture.GatewayAsync();
        var pods = (await fixture.GetAsync(gateway, "api/v1/stats/overview")).Body["resources"]!["pods"]!;

        Assert.Equal((2, 1, 1), ((int)pods["total"]!, (int)pods["bad"]!, (int)pods["byStatus"]!["Failed"]!));
        Assert.Equal(2, (int)pods["byNamespace"]!["default"]!);
    }
}
