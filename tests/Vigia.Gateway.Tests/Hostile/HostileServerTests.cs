using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Testing;
using static Vigia.Gateway.Tests.Hostile.HostileServer;

namespace Vigia.Gateway.Tests.Hostile;

/// <summary>
/// A cluster that answers with too much, with nonsense or with tricks: the gateway goes on for the others, keeps little
/// of it, and says in a sentence what is wrong.
/// </summary>
public sealed class HostileServerTests
{
    [Theory]
    [InlineData("a refusal of 1 GB")]
    [InlineData("a refusal of 1 GB, compressed")]
    [InlineData("a refusal that says 20 MB")]
    [InlineData("a refusal with escapes and lines of a log")]
    [InlineData("a page in HTML")]
    [InlineData("a redirect to elsewhere")]
    public async Task A_list_that_is_not_one_is_refused_in_a_sentence_and_others_are_served(string what)
    {
        await using var elsewhere = await StartAsync((_, _) => Task.FromResult(false));
        await using var hostile = await StartAsync(
            async (_, context) =>
                IsList(context)
                && await (
                    what switch
                    {
                        "a refusal of 1 GB" => FloodAsync(context, "", 1000, 500),
                        "a refusal of 1 GB, compressed" => BombAsync(context, "", 1000, 500),
                        "a refusal that says 20 MB" => FloodAsync(
                            context,
                            """{"kind":"Status","code":403,"reason":"Forbidden","message":"forbidden: """,
                            20,
                            403
                        ),
                        "a refusal with escapes and lines of a log" => SayAsync(
                            context,
                            Status("forbidden: " + Escapes + "\n21:00:00 crit: fake line\n" + new string('M', 5000)),
                            403
                        ),
                        "a page in HTML" => SayAsync(context, "<html><script>alert(1)</script>", 200, "text/html"),
                        _ => RedirectAsync(context, new Uri(elsewhere.Url, "/stolen")),
                    }
                )
        );
        await using var world = await World.StartAsync(hostile);

        var (status, body) = await world.RefusalAsync();
        Assert.Equal(503, status);
        Assert.InRange(body.Length, 20, 5000);
        Assert.DoesNotContain(body, c => char.IsControl(c));
        Assert.DoesNotContain(elsewhere.Requests, request => request.Contains("stolen", StringComparison.Ordinal));
        Assert.Equal(1, await world.CountAsync("good"));
    }

    [Theory]
    [InlineData("the same member twice")]
    [InlineData("bytes that are not UTF-8")]
    [InlineData("values of other types")]
    [InlineData("escapes in every text")]
    [InlineData("an object nested 200,000 deep")]
    [InlineData("an array nested 100,000 deep")]
    [InlineData("the same page forever")]
    public async Task What_cannot_be_an_object_harms_nobody(string what)
    {
        var pages = 0;
        await using var hostile = await StartAsync(
            async (_, context) =>
                IsList(context)
                && await (
                    what switch
                    {
                        "the same member twice" => SayAsync(
                            context,
                            List(
                                """
                                {"metadata":{"name":"x","namespace":"team-a","uid":"u","resourceVersion":"1",
                                 "namespace":"team-b","name":"y"},
                                 "metadata":{"name":"z","namespace":"team-c","uid":"u2","resourceVersion":"2"},"spec":{}}
                                """
                            )
                        ),
                        "bytes that are not UTF-8" => SayAsync(
                            context,
                            List(
                                "{\"metadata\":{\"name\":\"x\u00ff\u00fe\u00ed\u00a0\u0080\",\"namespace\":\"d\",\"uid\":\"u\","
                                    + "\"resourceVersion\":\"1\",\"labels\":{\"a\":\"\u00c0\u0080\"}},\"spec\":{}},"
                                    + Pod("ok")
                            )
                        ),
                        "values of other types" => SayAsync(
                            context,
                            List(
                                """null,1,"x",[],{},{"metadata":null},"""
                                    + """{"metadata":{"name":5,"namespace":{},"labels":[],"ownerReferences":{"a":1}"""
                                    + ""","annotations":"x","managedFields":3}},"""
                                    + Pod("ok", "\"spec\":null,\"status\":{\"containerStatuses\":5,\"conditions\":{\"a\":1}}")
                            )
                        ),
                        "escapes in every text" => SayAsync(
                            context,
                            List(
                                Pod(
                                    "ok",
                                    $$"""
                                    "spec":{"nodeName":{{Text}},"containers":[{"name":"c","image":{{Text}}}]},"status":{"phase":"Running",
                                    "reason":{{Text}},"message":{{Text}}}
                                    """,
                                    $$""","labels":{"app":{{Text}}},"annotations":{"a":{{Text}}}"""
                                )
                            )
                        ),
                        "an object nested 200,000 deep" => SayAsync(
                            context,
                            List(
                                Pod(
                                    "deep",
                                    "\"spec\":" + string.Concat(Enumerable.Repeat("{\"a\":", 200_000)) + "1" + new string('}', 200_000)
                                )
                            )
                        ),
                        "an array nested 100,000 deep" => SayAsync(
                            context,
                            List(Pod("deep", "\"spec\":{},\"status\":" + new string('[', 100_000) + new string(']', 100_000)))
                        ),
                        _ => SayAsync(
                            context,
                            List(Pod("again"), $"\"resourceVersion\":\"5\",\"continue\":\"c{Interlocked.Increment(ref pages)}\"")
                        ),
                    }
                )
        );
        await using var world = await World.StartAsync(hostile);

        // Whatever becomes of it, it is told as JSON: a list, or a reason.
        await Eventually.TrueAsync(
            async () => (await world.GetAsync("hostile")).Status is 200 or 503,
            "the hostile cluster is answered for",
            TimeSpan.FromSeconds(60)
        );
        var (status, body) = await world.GetAsync("hostile");
        Assert.True(JsonNode.Parse(body) is JsonObject, body);
        Assert.DoesNotContain(body, c => char.IsControl(c));
        if (status == 200 && what is "bytes that are not UTF-8" or "values of other types" or "escapes in every text")
        {
            await Eventually.TrueAsync(
                async () => (await world.GetAsync("hostile")).Body.Contains("\"ok\"", StringComparison.Ordinal),
                "the good one among them is shown"
            );
        }

        Assert.Equal(1, await world.CountAsync("good"));
    }

    [Fact]
    public async Task Discovery_without_end_is_refused_in_a_sentence()
    {
        await using var hostile = await StartAsync(
            async (_, context) => context.Request.Path.Value is "/api" or "/apis" && await FloodAsync(context, "", 700)
        );
        await using var world = await World.StartAsync(hostile);

        var (status, body) = await world.RefusalAsync();
        Assert.Equal(503, status);
        Assert.Contains("more than 64 MiB", body, StringComparison.Ordinal);
        Assert.Equal(1, await world.CountAsync("good"));
    }

    private static string Text => JsonValue.Create(Escapes + "\nX").ToJsonString();

    private static string Status(string message) =>
        new JsonObject
        {
            ["kind"] = "Status",
            ["status"] = "Failure",
            ["code"] = 403,
            ["reason"] = "Forbidden",
            ["message"] = message,
        }.ToJsonString();

    private static bool IsWatch(HttpContext context) => context.Request.Path == "/api/v1/pods" && context.Request.Query["watch"] == "true";

    private static bool IsList(HttpContext context) => context.Request.Path == "/api/v1/pods" && !IsWatch(context);

    private static Task<bool> RedirectAsync(HttpContext context, Uri where)
    {
        context.Response.StatusCode = 307;
        context.Response.Headers.Location = where.ToString();
        return Task.FromResult(true);
    }

    /// <summary>A gateway with the hostile cluster and a good one.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly HostileServer _good;
        private readonly KubernetesClient[] _clients;
        private readonly GatewayServer _gateway;
        private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };

        private World(HostileServer good, KubernetesClient[] clients, GatewayServer gateway) =>
            (_good, _clients, _gateway) = (good, clients, gateway);

        public static async Task<World> StartAsync(HostileServer hostile)
        {
            var good = await HostileServer.StartAsync((_, _) => Task.FromResult(false));
            KubernetesClient[] clients = [Client("hostile", hostile), Client("good", good)];
            var gateway = await GatewayServer.StartAsync(
                new GatewayOptions
                {
                    Listen = new Uri("http://127.0.0.1:0"),
                    Clusters = [.. clients.Select(client => new KubernetesClusterSource(client))],
                },
                TestContext.Current.CancellationToken
            );
            return new World(good, clients, gateway);
        }

        public async Task<(int Status, string Body)> GetAsync(string cluster)
        {
            using var response = await _http.GetAsync(
                new Uri(_gateway.Url, $"api/v1/pods?cluster={cluster}"),
                TestContext.Current.CancellationToken
            );
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        /// <summary>The answer for the hostile cluster, once it has a reason that comes from there.</summary>
        public async Task<(int Status, string Body)> RefusalAsync()
        {
            var answer = (Status: 0, Body: "");
            await Eventually.TrueAsync(
                async () =>
                {
                    answer = await GetAsync("hostile");
                    return answer.Status == 503
                        && !answer.Body.Contains("the first list is incomplete", StringComparison.Ordinal)
                        && !answer.Body.Contains("has not been asked", StringComparison.Ordinal);
                },
                "the hostile cluster is refused with its reason",
                TimeSpan.FromSeconds(60)
            );
            return answer;
        }

        public async Task<int> CountAsync(string cluster)
        {
            await Eventually.TrueAsync(async () => (await GetAsync(cluster)).Status == 200, $"{cluster} is served");
            return (int)JsonNode.Parse((await GetAsync(cluster)).Body)!["total"]!;
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await _gateway.DisposeAsync();
            foreach (var client in _clients)
            {
                await client.DisposeAsync();
            }

            await _good.DisposeAsync();
        }

        // Compression on, so that a compressed answer is taken as one.
        private static KubernetesClient Client(string name, HostileServer server) =>
            new(
                new ClusterConfiguration
                {
                    Context = name,
                    Cluster = name,
                    Server = server.Url,
                    Credentials = new StaticCredential(new Credential("Bearer secret", null)),
                },
                new KubernetesClientOptions { Compression = Compression.On }
            );
    }
}
