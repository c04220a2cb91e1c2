using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Tests.Access;
using Vigia.Simulator;

namespace Vigia.Gateway.Tests.RawWatch;

/// <summary>What clients ask before they list: who they are, what they may do, and what an object looks like.</summary>
public sealed class ReviewTests
{
    [Theory]
    [InlineData("anna-token", "list", "pods", "team-a", true)]
    [InlineData("anna-token", "watch", "pods", "team-a", true)]
    [InlineData("anna-token", "get", "pods", "team-a", true)]
    [InlineData("anna-token", "list", "pods", "team-b", false)]
    [InlineData("anna-token", "list", "pods", "", false)]
    [InlineData("anna-token", "list", "nodes", "", false)]
    [InlineData("anna-token", "delete", "pods", "team-a", false)]
    [InlineData("anna-token", "list", "nonsense", "team-a", false)]
    [InlineData("anna-token", "*", "*", "", false)]
    [InlineData("admin-token", "list", "nodes", "", true)]
    [InlineData("admin-token", "list", "pods", "", true)]
    public async Task An_access_review_answers_what_the_gateway_would_do(
        string token,
        string verb,
        string resource,
        string ns,
        bool expected
    )
    {
        await using var fixture = await AccessFixture.StartAsync();
        var (status, review) = await PostAsync(
            fixture.Inner,
            fixture.Gateway,
            "apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            new JsonObject
            {
                ["kind"] = "SelfSubjectAccessReview",
                ["apiVersion"] = "authorization.k8s.io/v1",
                ["spec"] = new JsonObject
                {
                    ["resourceAttributes"] = new JsonObject
                    {
                        ["namespace"] = ns,
                        ["verb"] = verb,
                        ["resource"] = resource,
                    },
                },
            }.ToJsonString(),
            token
        );
        Assert.Equal((201, "SelfSubjectAccessReview", expected), (status, (string)review["kind"]!, (bool)review["status"]!["allowed"]!));
        Assert.Equal(verb, (string)review["spec"]!["resourceAttributes"]!["verb"]!);
    }

    [Fact]
    public async Task Rules_and_the_user_are_those_of_the_caller()
    {
        await using var fixture = await AccessFixture.StartAsync();
        var (_, rules) = await PostAsync(
            fixture.Inner,
            fixture.Gateway,
            "apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
            """{"spec":{"namespace":"team-a"}}""",
            "anna-token"
        );
        Assert.Equal(
            ["configmaps get list watch", "pods get list watch", "secrets get list watch"],
            rules["status"]!["resourceRules"]!
                .AsArray()
                .Select(rule => $"{rule!["resources"]![0]} {string.Join(' ', rule["verbs"]!.AsArray().Select(verb => (string)verb!))}")
                .Order(StringComparer.Ordinal)
        );
        Assert.False((bool)rules["status"]!["incomplete"]!);
        Assert.Empty(
            (
                await PostAsync(
                    fixture.Inner,
                    fixture.Gateway,
                    "apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                    """{"spec":{"namespace":"team-b"}}""",
                    "anna-token"
                )
            ).Body["status"]!["resourceRules"]!.AsArray()
        );
        var (_, user) = await PostAsync(
            fixture.Inner,
            fixture.Gateway,
            "apis/authentication.k8s.io/v1/selfsubjectreviews",
            "{}",
            "anna-token"
        );
        Assert.Equal("anna", (string)user["status"]!["userInfo"]!["username"]!);
    }

    [Theory]
    [InlineData("selfsubjectaccessreviews", "{}", "application/json", 400)]
    [InlineData("selfsubjectaccessreviews", "[1]", "application/json", 400)]
    [InlineData("selfsubjectaccessreviews", "{", "application/json", 400)]
    [InlineData("selfsubjectaccessreviews", "k8s\0", "application/vnd.kubernetes.protobuf", 400)]
    [InlineData("selfsubjectaccessreviews", "k8s\0\u0012\u007f", "application/vnd.kubernetes.protobuf", 400)]
    [InlineData("selfsubjectrulesreviews", "{}", "application/json", 400)]
    [InlineData("subjectaccessreviews", "{}", "application/json", 405)]
    public async Task A_review_that_cannot_be_understood_is_refused(string resource, string body, string type, int expected)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        Assert.Equal(expected, (await PostAsync(fixture, gateway, $"apis/authorization.k8s.io/v1/{resource}", body, null, type)).Status);
    }

    [Fact]
    public async Task Kubectl_explains_asks_what_it_may_and_who_it_is()
    {
        Assert.SkipUnless(Kubectl.IsThere, "kubectl is not installed (Debian's package kubernetes-client)");
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var server = new Uri(gateway.Url, "kubernetes/sim");
        Assert.Equal(
            await Kubectl.RunAsync(new Uri(fixture.Simulator.Url), "explain", "pods"),
            await Kubectl.RunAsync(server, "explain", "pods")
        );
        Assert.Equal("yes", (await Kubectl.RunAsync(server, "auth", "can-i", "list", "pods")).Trim());
        Assert.StartsWith("no", await Kubectl.RunAsync(server, "auth", "can-i", "delete", "pods"), StringComparison.Ordinal);
        Assert.Contains("pods", await Kubectl.RunAsync(server, "auth", "can-i", "--list"), StringComparison.Ordinal);
        Assert.Contains("system:anonymous", await Kubectl.RunAsync(server, "auth", "whoami"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAPI_documents_are_the_clusters_own_and_fetched_once()
    {
        var asked = 0;
        await using var fixture = await GatewayFixture.StartAsync(
            new SimulatorOptions
            {
                OnRequest = (_, target) =>
                {
                    if (target.StartsWith("/openapi/", StringComparison.Ordinal))
                    {
                        Interlocked.Increment(ref asked);
                    }
                },
            }
        );
        var gateway = await fixture.GatewayAsync();
        foreach (var path in new[] { "openapi/v2", "openapi/v3" })
        {
            var expected = await fixture.Http.GetStringAsync(
                new Uri(new Uri(fixture.Simulator.Url), path),
                TestContext.Current.CancellationToken
            );
            Interlocked.Exchange(ref asked, 0);
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(
                    expected,
                    await fixture.Http.GetStringAsync(new Uri(gateway.Url, $"kubernetes/sim/{path}"), TestContext.Current.CancellationToken)
                );
            }

            Assert.Equal(1, asked);
        }

        using var none = await fixture.Http.GetAsync(
            new Uri(gateway.Url, "kubernetes/sim/openapi/v3/nonsense"),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    private static async Task<(int Status, JsonObject Body)> PostAsync(
        GatewayFixture fixture,
        GatewayServer gateway,
        string path,
        string body,
        string? token,
        string type = "application/json"
    )
    {
        using var content = new StringContent(body, Encoding.UTF8);
        content.Headers.ContentType = new(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Url, $"kubernetes/sim/{path}")) { Content = content };
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        using var response = await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (
            (int)response.StatusCode,
            JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject()
        );
    }
}
