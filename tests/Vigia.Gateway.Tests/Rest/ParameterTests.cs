using System.Net;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Tests.Rest;

/// <summary>What a route does not have is refused, never ignored.</summary>
public sealed class ParameterTests
{
    [Theory]
    [InlineData("api/v1/pods?lmit=3", "lmit: unknown parameter, did you mean 'limit'?")]
    [InlineData("api/v1/pods?namespaces=kube-system", "did you mean 'namespace'?")]
    [InlineData("api/v1/pods?output=yaml", "output: 'yaml' is not one of json, table, wide")]
    [InlineData("api/v1/pods?output=tabel", "did you mean 'table'?")]
    [InlineData("api/v1/pods?at=-10m", "at: unknown parameter")]
    [InlineData("api/v1/namespace/default/pods?labelselect=a", "did you mean 'labelSelector'?")]
    [InlineData("api/v1/pods/stream?shpe=full", "did you mean 'shape'?")]
    [InlineData("api/v1/pods/stream?shape=ful", "did you mean 'full'?")]
    [InlineData("api/v1/stream?resources=pods&resource=pods", "did you mean 'resources'?")]
    [InlineData("api/v1/pods/some-uid?output=yaml", "output: unknown parameter")]
    [InlineData("api/v1/pods/some-uid/related?dept=2", "did you mean 'depth'?")]
    [InlineData("api/v1/pods/some-uid/describe?output=yaml", "'yaml' is not one of text, json")]
    [InlineData("api/v1/pods/some-uid/events?typ=Warning", "did you mean 'type'?")]
    [InlineData("api/v1/resources?x=1", "x: unknown parameter")]
    [InlineData("api/v1/status?clusters=a", "did you mean 'cluster'?")]
    [InlineData("api/v1/stats/overview?custer=a", "did you mean 'cluster'?")]
    [InlineData("api/v1/health?verbose", "verbose: unknown parameter")]
    [InlineData("metrics?format=x", "format: unknown parameter")]
    [InlineData("openapi/v1.json?v=3", "v: unknown parameter")]
    [InlineData("events/ide?project=default&kind=jupyter&usr=a", "did you mean 'user'?")]
    [InlineData("api/v1/ws?resources=pods", "resources: unknown parameter")]
    public async Task An_unknown_parameter_or_word_is_refused_with_what_was_meant(string path, string expected)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var (status, body) = await fixture.GetAsync(gateway, path);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(expected, (string)body["error"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("api/v1/pods?LIMIT=3&Sort=-age&labelselector=app%3Dweb")]
    [InlineData("api/v1/events?type=Warning&since=1h")]
    [InlineData("api/v1/ev?kind=Pod")]
    [InlineData("api/v1/nodes?namespace=default")]
    [InlineData("api/v1/pods?cluster=sim")]
    [InlineData("api/v1/resources?cluster=sim")]
    [InlineData("healthz?verbose")]
    [InlineData("?resource=pods")]
    public async Task Known_ones_pass_in_any_case(string path)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        using var response = await fixture.Http.GetAsync(new Uri(gateway.Url, path), TestContext.Current.CancellationToken);
        Assert.True(
            response.IsSuccessStatusCode,
            $"{path}: {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}"
        );
    }

    [Theory]
    [InlineData("healthz")]
    [InlineData("readyz")]
    [InlineData("")]
    [InlineData("metrics")]
    [InlineData("api/v1/pods")]
    [InlineData("api/v1/namespace/default/pods")]
    [InlineData("api/v1/pods/stream")]
    [InlineData("api/v1/stream?resources=pods")]
    [InlineData("api/v1/resources")]
    [InlineData("api/v1/status")]
    [InlineData("api/v1/health")]
    [InlineData("api/v1/stats/overview")]
    [InlineData("openapi/v1.json")]
    [InlineData("kubernetes/sim/api/v1/pods")]
    [InlineData("version")]
    public async Task Head_answers_as_get_does_without_a_body(string path)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(gateway.Url, path));
        using var response = await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken);
        using var asked = await fixture.Http.GetAsync(
            new Uri(gateway.Url, path),
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(asked.Content.Headers.ContentType, response.Content.Headers.ContentType);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Theory]
    [InlineData("POST", "api/v1/pods", "GET, HEAD")]
    [InlineData("DELETE", "api/v1/pods/some-uid", "GET, HEAD")]
    [InlineData("PUT", "healthz", "GET, HEAD")]
    [InlineData("PUT", "api/v1/tickets", "POST")]
    [InlineData("PATCH", "api/v1/pods/stream", "GET, HEAD")]
    public async Task A_method_that_a_path_is_not_for_is_405_with_those_it_is_for(string method, string path, string allow)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Url, path));
        using var response = await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(allow, string.Join(", ", response.Content.Headers.Allow.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task A_path_that_there_is_not_is_404_for_any_method()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        foreach (var method in new[] { "GET", "POST", "HEAD" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Url, "nothing/here/at/all/x"));
            using var response = await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("spec.*.*.*.*.*.*!=x", 1, false)]
    [InlineData("spec.*.*.*!=x", 5, false)]
    [InlineData("spec.*.*.*!=x", 4, true)]
    [InlineData("spec.containers[*].image!=x", 32, true)]
    [InlineData("spec.nodeName!=x", 32, true)]
    public void A_selector_that_would_walk_everything_is_refused(string term, int times, bool isCheap)
    {
        var text = string.Join(',', Enumerable.Range(0, times).Select(i => term + i));
        if (isCheap)
        {
            FieldFilter.Parse(text);
            return;
        }

        Assert.Contains("would cost", Assert.Throws<QueryException>(() => FieldFilter.Parse(text)).Message, StringComparison.Ordinal);
    }
}
