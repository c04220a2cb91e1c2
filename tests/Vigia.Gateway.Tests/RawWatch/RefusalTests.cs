using System.Net;
using System.Text.Json.Nodes;
using Vigia.Gateway.Access;
using Vigia.Gateway.Tests.Access;

namespace Vigia.Gateway.Tests.RawWatch;

/// <summary>
/// Whatever refuses a request of the Kubernetes API does so as that API does: clients read a Status, not a problem
/// document.
/// </summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("kubernetes/sim/api/v1/pods", null, 401, "Unauthorized")]
    [InlineData("kubernetes/sim/api/v1/pods", "wrong", 401, "Unauthorized")]
    [InlineData("kubernetes/sim/api/v1/nodes", "anna-token", 403, "Forbidden")]
    [InlineData("kubernetes/sim/version", null, 401, "Unauthorized")]
    [InlineData("kubernetes/other/api/v1/pods", null, 401, "Unauthorized")]
    [InlineData("kubernetes/sim/api/v1/pods?token=x", null, 400, "BadRequest")]
    [InlineData("apis/apps/v1/deployments", null, 401, "Unauthorized")]
    [InlineData("apis/apps/v1/deployments", "wrong", 401, "Unauthorized")]
    [InlineData("api/v1/namespaces/team-a/pods", null, 401, "Unauthorized")]
    [InlineData("openapi/v3", null, 401, "Unauthorized")]
    [InlineData("version", null, 401, "Unauthorized")]
    public async Task A_request_without_a_right_is_refused_with_a_status(string path, string? token, int code, string reason)
    {
        await using var fixture = await AccessFixture.StartAsync();
        await IsStatusAsync(await fixture.SendAsync(path, token), code, reason);
        await IsStatusAsync(
            await fixture.SendAsync(path, token, HttpMethod.Delete),
            token == "anna-token" ? 405 : code,
            token == "anna-token" ? "MethodNotAllowed" : reason
        );
    }

    [Fact]
    public async Task The_gateways_own_api_goes_on_to_answer_with_problems()
    {
        await using var fixture = await AccessFixture.StartAsync();
        foreach (var path in new[] { "api/v1/pods", "api/v1/pods/x", "api/v1/status", "metrics" })
        {
            using var response = await fixture.SendAsync(path, null);
            Assert.Equal(
                (HttpStatusCode.Unauthorized, "application/problem+json"),
                (response.StatusCode, response.Content.Headers.ContentType?.MediaType)
            );
        }
    }

    [Fact]
    public async Task Too_many_wrong_tokens_and_too_many_requests_are_a_status_with_a_time_to_try_again()
    {
        await using var fixture = await AccessFixture.StartAsync(new AccessOptions { Mode = AuthMode.Kubernetes, MaxFailedPerAddress = 1 });
        await IsStatusAsync(await fixture.SendAsync("kubernetes/sim/api/v1/pods", "wrong-1"), 401, "Unauthorized");
        var many = await fixture.SendAsync("kubernetes/sim/api/v1/pods", "wrong-2");
        Assert.NotNull(many.Headers.RetryAfter);
        await IsStatusAsync(many, 429, "TooManyRequests");
    }

    [Theory]
    [InlineData("Impersonate-User", "anna", 403, "Forbidden")]
    [InlineData("Origin", "https://elsewhere.example.org", 403, "Forbidden")]
    public async Task A_header_that_is_refused_is_refused_with_a_status(string header, string value, int code, string reason)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync(kubernetes: true);
        foreach (
            var url in new[]
            {
                new Uri(gateway.Url, "kubernetes/sim/api/v1/pods"),
                new Uri(gateway.Url, "apis"),
                new Uri(gateway.KubernetesUrl!, "api/v1/pods"),
            }
        )
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.TryAddWithoutValidation(header, value);
            await IsStatusAsync(await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken), code, reason);
        }
    }

    private static async Task IsStatusAsync(HttpResponseMessage response, int code, string reason)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(
                response.Content.Headers.ContentType?.MediaType == "application/json",
                $"{(int)response.StatusCode} {response.Content.Headers.ContentType} {text}"
            );
            var status = JsonNode.Parse(text)!;
            Assert.Equal(
                ("Status", code, reason, code),
                ((string)status["kind"]!, (int)status["code"]!, (string)status["reason"]!, (int)response.StatusCode)
            );
        }
    }
}
