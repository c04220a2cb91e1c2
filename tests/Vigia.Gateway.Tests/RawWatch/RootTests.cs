using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.RawWatch;

/// <summary>Which API a client gets at addresses that two APIs have.</summary>
public sealed class RootTests
{
    private static readonly string[] Core = ["api/v1/pods", "api/v1/nodes", "api/v1/pods?limit=500", "api/v1/namespaces/default"];

    [Theory]
    [InlineData("OpenAPI-Generator/32.0.1/python", "application/json")]
    [InlineData("OpenAPI-Generator/1.0.0/java", "application/json")]
    [InlineData("Swagger-Codegen/12.0.1/python", "application/json")]
    [InlineData("node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "application/json, */*;q=0.8")]
    [InlineData("", "application/json, */*;q=0.8")]
    public async Task A_generated_client_at_the_root_is_refused_with_the_address_to_use_and_never_given_objects_without_names(
        string agent,
        string accept
    )
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        foreach (var path in Core)
        {
            var (status, body) = await AskAsync(fixture, new Uri(gateway.Url, path), agent, accept);
            Assert.Equal((400, "Status"), (status, (string?)body["kind"]));
            Assert.Contains("/kubernetes/CLUSTER", (string)body["message"]!, StringComparison.Ordinal);
        }

        // A client that was generated of the gateway's own description says what only that has.
        Assert.Equal(1, (int)(await AskAsync(fixture, new Uri(gateway.Url, "api/v1/pods?sort=name"), agent, accept)).Body["total"]!);
    }

    [Theory]
    [InlineData("kubectl/v1.32.4 (linux/amd64) kubernetes/59526cd", "application/json")]
    [InlineData("controller/v0.0.0 (linux/amd64) kubernetes/$Format", "application/json")]
    [InlineData("Kubernetes Java Client/21.0.1", "application/json")]
    [InlineData("fabric8-kubernetes-client/6.13.1", "application/json")]
    [InlineData("pykube-ng/23.6.0", "*/*")]
    [InlineData("my-operator/1.0", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json")]
    [InlineData("my-operator/1.0", "application/vnd.kubernetes.protobuf,application/json")]
    public async Task A_client_that_can_only_mean_the_Kubernetes_API_gets_it_at_the_root(string agent, string accept)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var (status, body) = await AskAsync(fixture, new Uri(gateway.Url, "api/v1/pods"), agent, accept);
        Assert.Equal((200, "a"), (status, (string?)body["items"]!.AsArray().Single()!["metadata"]!["name"]));
    }

    [Theory]
    [InlineData("curl/8.5.0", "*/*")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120", "*/*")]
    [InlineData("python-requests/2.31", "*/*")]
    [InlineData("", "")]
    public async Task Everybody_else_gets_the_gateways_own_list(string agent, string accept)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var (status, body) = await AskAsync(fixture, new Uri(gateway.Url, "api/v1/pods"), agent, accept);
        Assert.Equal((200, 1), (status, (int)body["total"]!));
    }

    [Theory]
    [InlineData("OpenAPI-Generator/32.0.1/python", "application/json")]
    [InlineData("node-fetch", "application/json, */*;q=0.8")]
    [InlineData("", "")]
    [InlineData("curl/8.5.0", "*/*")]
    public async Task At_the_address_of_its_own_and_below_the_clusters_name_every_client_gets_the_Kubernetes_API(
        string agent,
        string accept
    )
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync(kubernetes: true);
        Assert.NotEqual(gateway.Url.Port, gateway.KubernetesUrl!.Port);
        foreach (
            var root in new[]
            {
                gateway.KubernetesUrl,
                new Uri(gateway.Url, "kubernetes/sim/"),
                new Uri(gateway.KubernetesUrl, "kubernetes/sim/"),
            }
        )
        {
            var (status, body) = await AskAsync(fixture, new Uri(root, "api/v1/pods"), agent, accept);
            Assert.Equal(
                (200, "PodList", "a"),
                (status, (string?)body["kind"], (string?)body["items"]!.AsArray().Single()!["metadata"]!["name"])
            );
            Assert.Equal(
                "default",
                (string?)(await AskAsync(fixture, new Uri(root, "api/v1/namespaces/default"), agent, accept)).Body["metadata"]!["name"]
            );
            Assert.Equal("1", (string?)(await AskAsync(fixture, new Uri(root, "version/"), agent, accept)).Body["major"]);
            foreach (var health in new[] { "healthz", "livez", "readyz", "livez?verbose" })
            {
                Assert.Equal("ok", await fixture.Http.GetStringAsync(new Uri(root, health), TestContext.Current.CancellationToken));
            }
        }
    }

    [Fact]
    public async Task The_address_of_the_Kubernetes_API_has_nothing_else()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync(kubernetes: true);
        await Eventually.TrueAsync(() => gateway.Clusters.Sessions[0].IsComplete, "all is known that the cluster has");
        foreach (
            var path in new[]
            {
                "api/v1/status",
                "api/v1/resources",
                "api/v1/pods/stream",
                "metrics",
                "openapi/v1.json",
                "events/ide",
                "nonsense",
            }
        )
        {
            var (status, body) = await AskAsync(fixture, new Uri(gateway.KubernetesUrl!, path), "curl/8", "*/*");
            Assert.Equal((404, "Status"), (status, (string?)body["kind"]));
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:7001", "http://127.0.0.1:7001", "has the port of --listen")]
    [InlineData("http://127.0.0.1:7001", "http://0.0.0.0:7002", "http://0.0.0.0:7002 ")]
    [InlineData("http://127.0.0.1:7001", "https://127.0.0.1:7002", "needs a certificate")]
    public async Task An_address_that_cannot_be_told_apart_or_would_be_open_to_others_is_refused(
        string listen,
        string kubernetes,
        string expected
    )
    {
        var refused = await Assert.ThrowsAsync<Vigia.Gateway.Access.AccessOptionsException>(() =>
            GatewayServer.StartAsync(
                new GatewayOptions
                {
                    Listen = new Uri(listen),
                    KubernetesListen = new Uri(kubernetes),
                    Clusters = [],
                },
                TestContext.Current.CancellationToken
            )
        );
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    private static async Task<(int Status, JsonObject Body)> AskAsync(GatewayFixture fixture, Uri url, string agent, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (agent.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("User-Agent", agent);
        }

        if (accept.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var response = await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (
            (int)response.StatusCode,
            JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject()
        );
    }
}
