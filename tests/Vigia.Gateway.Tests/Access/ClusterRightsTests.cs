using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Vigia.Gateway.Access;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

/// <summary>Two clusters behind one gateway: each is asked about its own.</summary>
public sealed class ClusterRightsTests
{
    [Fact]
    public async Task Each_cluster_says_what_is_seen_of_it()
    {
        await using var east = await SimulatorAsync("e1", "anna", "both");
        await using var west = await SimulatorAsync("w1", "both");
        await using var gateway = await GatewayAsync(["east", "west"], ("east", east), ("west", west));

        Assert.Equal("e1 w1", await NamesAsync(gateway, "admin-token"));
        Assert.Equal("e1 w1", await NamesAsync(gateway, "both-token"));

        // The west does not know her token: it shows her nothing, and the east goes on to.
        Assert.Equal("e1", await NamesAsync(gateway, "anna-token"));
    }

    [Fact]
    public async Task A_cluster_that_cannot_be_asked_is_left_out_of_an_answer_and_the_answer_says_so()
    {
        await using var east = await SimulatorAsync("e1", "both");
        await using var west = await SimulatorAsync("w1", "both");
        await using var gateway = await GatewayAsync(["east", "west"], ("east", east), ("west", west));
        west.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Error,
                Code = 500,
                Verb = "create",
            }
        );

        using var response = await SendAsync(gateway, "both-token", "api/v1/pods");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains(
            "access reviews fail at cluster west",
            response.Headers.GetValues("X-Vigia-Incomplete").Single(),
            StringComparison.Ordinal
        );
        Assert.Equal("e1", Names(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));

        // Asked for alone it is refused, not shown empty.
        using var alone = await SendAsync(gateway, "both-token", "api/v1/pods?cluster=west");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, alone.StatusCode);
        west.Faults.Clear();
        await Eventually.TrueAsync(async () => await NamesAsync(gateway, "both-token") == "e1 w1", "the west comes back");
    }

    /// <summary>
    /// A comma in a context's name is written <c>\,</c>: that is one cluster, of which what may not be seen is refused
    /// and not left out.
    /// </summary>
    [Fact]
    public async Task A_cluster_with_a_comma_in_its_name_is_the_only_one_that_is_named()
    {
        await using var east = await SimulatorAsync("e1", "both");
        await using var west = await SimulatorAsync("w1", "both");
        await using var gateway = await GatewayAsync(["east", "west,1"], ("east", east), ("west,1", west));
        await Eventually.TrueAsync(async () => await NamesAsync(gateway, "both-token") == "e1 w1", "both are there");
        using var refused = await SendAsync(gateway, "both-token", "api/v1/pods?cluster=west%5C,1&namespace=kube-system");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

        // A Kubernetes client names one cluster always, so there it may stand as it is.
        foreach (var cluster in new[] { "west%5C,1", "west,1" })
        {
            using var raw = await SendAsync(gateway, "both-token", $"api/v1/namespaces/default/pods?cluster={cluster}");
            Assert.Equal((HttpStatusCode.OK, cluster), (raw.StatusCode, cluster));
            Assert.Contains("\"w1\"", await raw.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    private static async Task<VigiaSimulator> SimulatorAsync(string pod, params string[] users)
    {
        var simulator = await VigiaSimulator.StartAsync(
            new SimulatorOptions
            {
                Users = [SimulatedUser.Admin, .. users.Select(user => AccessFixture.Tenant(user, "default"))],
                AnonymousRules = [],
            },
            TestContext.Current.CancellationToken
        );
        simulator.Store.Create(
            GatewayFixture.Pods,
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["metadata"] = new JsonObject { ["name"] = pod, ["namespace"] = "default" },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = "nginx" }) },
            },
            "test"
        );
        return simulator;
    }

    private static async Task<GatewayServer> GatewayAsync(string[] trusted, params (string Name, VigiaSimulator Simulator)[] clusters)
    {
        var gateway = await GatewayServer.StartAsync(
            new GatewayOptions
            {
                Listen = new Uri("http://127.0.0.1:0"),
                Access = new AccessOptions { Mode = AuthMode.Kubernetes, TrustedClusters = trusted },
                Clusters =
                [
                    .. clusters.Select(cluster => new KubernetesClusterSource(
                        new KubernetesClient(
                            new ClusterConfiguration
                            {
                                Context = cluster.Name,
                                Cluster = cluster.Name,
                                Server = new Uri(cluster.Simulator.Url),
                                Credentials = new StaticCredential(new Credential("Bearer admin-token", null)),
                            }
                        )
                    )),
                ],
            },
            TestContext.Current.CancellationToken
        );
        await Eventually.TrueAsync(async () => await NamesAsync(gateway, "admin-token") == "e1 w1", "both clusters are loaded");
        return gateway;
    }

    private static async Task<HttpResponseMessage> SendAsync(GatewayServer gateway, string token, string path)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await http.GetAsync(new Uri(gateway.Url, path), TestContext.Current.CancellationToken);
    }

    private static async Task<string> NamesAsync(GatewayServer gateway, string token)
    {
        using var response = await SendAsync(gateway, token, "api/v1/pods");
        return response.IsSuccessStatusCode ? Names(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)) : "";
    }

    private static string Names(string list) =>
        string.Join(' ', JsonNode.Parse(list)!["items"]!.AsArray().Select(item => (string?)item!["name"]).Order(StringComparer.Ordinal));
}
