using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Vigia.Gateway.Access;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Http;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

/// <summary>
/// Several clusters behind one gateway: a token is seen by the cluster that it is meant for, and nobody else.
/// </summary>
public sealed class ClusterTokenTests
{
    private static readonly AccessOptions Default = new() { Mode = AuthMode.Kubernetes };

    [Fact]
    public async Task A_token_is_sent_to_the_cluster_that_the_request_names_and_to_no_other()
    {
        await using var world = await World.StartAsync(Default);
        foreach (
            var path in new[]
            {
                "api/v1/pods?cluster=prod",
                "api/v1/namespace/default/pods?cluster=prod",
                "api/v1/pods/stream?cluster=prod",
                "api/v1/resources?cluster=prod",
                "api/v1/status?cluster=prod",
                "api/v1/health?cluster=prod",
                "api/v1/stats/overview?cluster=prod",
                "openapi/v1.json?cluster=prod",
                "metrics?cluster=prod",
                "kubernetes/prod/api/v1/pods",
                "kubernetes/prod/apis/apps/v1/namespaces/default/deployments",
                "kubernetes/prod/version",
                "apis?cluster=prod",
            }
        )
        {
            await world.StatusAsync("anna-token", path);
        }

        Assert.InRange(world.Reviews["prod"].Tokens, 1, 20);
        Assert.Equal((0, 0), (world.Reviews["dev"].Tokens, world.Reviews["dev"].Rights));
        Assert.Equal("p1", await world.NamesAsync("anna-token", "api/v1/pods?cluster=prod"));
    }

    [Theory]
    [InlineData("api/v1/pods")]
    [InlineData("api/v1/pods?cluster=prod,dev")]
    [InlineData("api/v1/pods?cluster=prod&cluster=dev")]
    [InlineData("api/v1/pods/stream")]
    [InlineData("api/v1/resources")]
    [InlineData("api/v1/status")]
    [InlineData("api/v1/ws")]
    [InlineData("metrics")]
    [InlineData("apis")]
    [InlineData("api/v1/namespaces/default/pods")]
    public async Task A_request_that_names_no_cluster_is_refused_and_its_token_goes_nowhere(string path)
    {
        await using var world = await World.StartAsync(Default);
        using var response = await world.SendAsync("anna-token", path);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("?cluster=NAME", text, StringComparison.Ordinal);
        Assert.DoesNotContain("prod,", text, StringComparison.Ordinal);
        Assert.Equal((0, 0), (world.Reviews["prod"].Tokens, world.Reviews["dev"].Tokens));
    }

    [Fact]
    public async Task A_socket_that_names_a_cluster_shows_no_other()
    {
        await using var world = await World.StartAsync(Default);
        var ticket = await world.TicketAsync("anna-token", "/api/v1/ws?cluster=prod");
        await using var socket = await SocketClient.OpenAsync(world.Gateway, $"api/v1/ws?cluster=prod&ticket={ticket}");
        await socket.SendAsync("""{"type":"subscribe","id":"a","resources":["pods"]}""");
        await socket.SendAsync("""{"type":"subscribe","id":"b","resources":["pods"],"cluster":["dev"]}""");
        await Eventually.TrueAsync(
            () => socket.Story("a") == "reset:start +p1" && socket.Messages.Any(m => (string?)m["id"] == "b"),
            "both are answered"
        );

        Assert.DoesNotContain("+", socket.Story("b"), StringComparison.Ordinal);
        Assert.Equal(0, world.Reviews["dev"].Tokens);
    }

    [Fact]
    public async Task A_cluster_cannot_say_who_the_callers_of_another_are()
    {
        await using var world = await World.StartAsync(Default, new StreamOptions { MaxStreamsPerCaller = 1 });

        // dev accepts every token and calls its owner as it likes.
        using var prod = await world.SendAsync("anna-token", "api/v1/pods/stream?cluster=prod", HttpCompletionOption.ResponseHeadersRead);
        using var dev = await world.SendAsync("anna-token", "api/v1/pods/stream?cluster=dev", HttpCompletionOption.ResponseHeadersRead);
        using var again = await world.SendAsync("anna-token", "api/v1/pods/stream?cluster=prod", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests),
            (prod.StatusCode, dev.StatusCode, again.StatusCode)
        );
        Assert.Equal("d1", await world.NamesAsync("anna-token", "api/v1/pods?cluster=dev"));
    }

    [Fact]
    public async Task Clusters_that_trust_each_other_are_asked_together_and_others_are_left_out_with_a_word()
    {
        await using var world = await World.StartAsync(Default with { TrustedClusters = ["prod"] });
        using var response = await world.SendAsync("anna-token", "api/v1/pods");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains(
            "1 of this gateway's clusters are left out",
            response.Headers.GetValues("X-Vigia-Incomplete").Single(),
            StringComparison.Ordinal
        );
        Assert.Equal(0, world.Reviews["dev"].Tokens);

        await using var all = await World.StartAsync(Default with { TrustedClusters = ["*"] });
        Assert.Equal("d1 p1", await all.NamesAsync("anna-token", "api/v1/pods"));
    }

    /// <summary>A cluster with users, and one that its owner made so that it accepts whatever comes.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly List<IAsyncDisposable> _owned = [];
        private readonly HttpClient _http = new();

        public GatewayServer Gateway { get; private set; } = null!;

        public Dictionary<string, ReviewCount> Reviews { get; } = new(StringComparer.Ordinal) { ["prod"] = new(), ["dev"] = new() };

        public static async Task<World> StartAsync(AccessOptions access, StreamOptions? streams = null)
        {
            var world = new World();
            var clusters = new List<IClusterSource>();
            foreach (var (name, pod) in new[] { ("prod", "p1"), ("dev", "d1") })
            {
                var simulator = await VigiaSimulator.StartAsync(
                    new SimulatorOptions
                    {
                        Users = [SimulatedUser.Admin, AccessFixture.Tenant("anna", "default")],
                        AnonymousRules = [],
                        OnRequest = world.Reviews[name].Hear,
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
                        ["spec"] = new JsonObject
                        {
                            ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = "nginx" }),
                        },
                    },
                    "test"
                );
                world._owned.Insert(0, simulator);
                clusters.Add(
                    new KubernetesClusterSource(
                        new KubernetesClient(
                            new ClusterConfiguration
                            {
                                Context = name,
                                Cluster = name,
                                Server = new Uri(simulator.Url),
                                Credentials = new StaticCredential(new Credential("Bearer admin-token", null)),
                            }
                        )
                    )
                );
            }

            world.Gateway = await GatewayServer.StartAsync(
                new GatewayOptions
                {
                    Listen = new Uri("http://127.0.0.1:0"),
                    Access = access,
                    Streams = streams ?? new(),
                    Clusters = clusters,
                },
                TestContext.Current.CancellationToken
            );
            world._owned.Insert(0, world.Gateway);
            await Eventually.TrueAsync(
                () =>
                    world.Gateway.Clusters.Sessions.All(session =>
                        session.IsReady && session.Find("namespaces")?.Informer?.HasSynced == true
                    ),
                "both clusters are loaded"
            );
            return world;
        }

        public async Task<HttpResponseMessage> SendAsync(
            string token,
            string path,
            HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead,
            HttpMethod? method = null
        )
        {
            using var request = new HttpRequestMessage(method ?? HttpMethod.Get, new Uri(Gateway.Url, path));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return await _http.SendAsync(request, completion, TestContext.Current.CancellationToken);
        }

        public async Task StatusAsync(string token, string path)
        {
            using var response = await SendAsync(token, path, HttpCompletionOption.ResponseHeadersRead);
            Assert.True(
                response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Forbidden or HttpStatusCode.NotFound,
                $"{path}: {response.StatusCode}"
            );
        }

        public async Task<string> NamesAsync(string token, string path)
        {
            using var response = await SendAsync(token, path);
            var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
            Assert.True(response.IsSuccessStatusCode, body.ToJsonString());
            return string.Join(' ', body["items"]!.AsArray().Select(item => (string?)item!["name"]).Order(StringComparer.Ordinal));
        }

        public async Task<string> TicketAsync(string token, string path)
        {
            using var response = await SendAsync(
                token,
                $"api/v1/tickets?cluster=prod&for={Uri.EscapeDataString(path)}",
                method: HttpMethod.Post
            );
            return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["ticket"]!;
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            foreach (var owned in _owned)
            {
                await owned.DisposeAsync();
            }
        }
    }
}
