using System.Net;
using System.Net.Http.Headers;
using Vigia.Gateway.Access;
using Vigia.Gateway.Hosting;

namespace Vigia.Gateway.Tests.Access;

/// <summary>
/// Every route there is, tried by those who may not: routes are taken from the running gateway, so none can be
/// forgotten.
/// </summary>
public sealed class EveryRouteTests
{
    private static readonly string[] Open = ["/healthz", "/readyz"];

    [Fact]
    public async Task Nothing_but_the_probes_answers_without_a_caller_or_with_a_wrong_or_expired_token()
    {
        await using var fixture = await AccessFixture.StartAsync();
        fixture.Simulator.Access.Set(AccessFixture.Tenant("gone", "team-b"));
        Assert.Equal(HttpStatusCode.OK, (await fixture.GetAsync("api/v1/pods", "gone-token")).Status);
        fixture.Simulator.Access.Remove("gone");
        fixture.Simulator.Access.Set(
            AccessFixture.Tenant("late", "team-b") with
            {
                Expires = TimeProvider.System.GetUtcNow().AddHours(-1),
            }
        );
        await using var later = await fixture.GatewayAsync(new AccessOptions { Mode = AuthMode.Kubernetes });

        foreach (var (method, path, pattern) in await RoutesAsync(fixture))
        {
            if (Open.Contains(pattern))
            {
                continue;
            }

            foreach (
                var authorization in new[]
                {
                    null,
                    "Bearer nobody-token",
                    "Bearer gone-token",
                    "Bearer late-token",
                    "Basic YWRtaW46YWRtaW4=",
                    "Bearer ",
                    "Bearer a b",
                }
            )
            {
                var (status, body) = await TryAsync(fixture, later, method, path, authorization);
                Assert.True(
                    status == HttpStatusCode.Unauthorized,
                    $"{method} {pattern} with {authorization ?? "no credentials"}: {(int)status} {body}"
                );
                Assert.DoesNotContain("\"b1\"", body, StringComparison.Ordinal);
            }

            var (ticketed, text) = await TryAsync(
                fixture,
                later,
                method,
                path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "ticket=made-up",
                null
            );
            Assert.True(
                ticketed is HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest,
                $"{method} {pattern} with a made-up ticket: {(int)ticketed} {text}"
            );
        }
    }

    [Fact]
    public async Task No_route_shows_a_tenant_anything_of_another()
    {
        await using var fixture = await AccessFixture.StartAsync();
        foreach (var (method, path, pattern) in await RoutesAsync(fixture))
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(1500));
            var (status, body) = await TryAsync(fixture, fixture.Gateway, method, path, "Bearer anna-token", patience.Token);
            Assert.True(status != HttpStatusCode.Unauthorized, $"{method} {pattern}: {(int)status}");
            Assert.False(body.Contains("\"b1\"", StringComparison.Ordinal), $"{method} {pattern} shows another tenant's pod: {body}");
        }
    }

    [Fact]
    public async Task Tokens_in_urls_are_refused_and_tickets_are_for_streams_only()
    {
        await using var fixture = await AccessFixture.StartAsync();
        foreach (var (method, path, pattern) in await RoutesAsync(fixture))
        {
            if (Open.Contains(pattern))
            {
                continue;
            }

            var joint = path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
            var (status, body) = await TryAsync(fixture, fixture.Gateway, method, $"{path}{joint}token=admin-token", "Bearer admin-token");
            Assert.True(status == HttpStatusCode.BadRequest, $"{method} {pattern}: {(int)status}");
            Assert.Contains("POST /api/v1/tickets", body, StringComparison.Ordinal);

            if (!AccessNeed.Of(pattern).AcceptsTickets)
            {
                (status, body) = await TryAsync(
                    fixture,
                    fixture.Gateway,
                    method,
                    $"{path}{joint}ticket={await fixture.TicketAsync("admin-token")}",
                    null
                );
                Assert.True(status == HttpStatusCode.BadRequest, $"{method} {pattern}: {(int)status} {body}");
            }
        }
    }

    private static async Task<IReadOnlyList<(HttpMethod Method, string Path, string Pattern)>> RoutesAsync(AccessFixture fixture)
    {
        var (_, list) = await fixture.GetAsync("api/v1/pods?search=b1", "admin-token");
        var uid = (string)list["items"]![0]!["uid"]!;
        var routes = new List<(HttpMethod, string, string)>();
        foreach (var route in fixture.Gateway.Routes)
        {
            var pattern = route.RoutePattern.RawText!;
            var path = pattern
                .Replace("{resource}", "pods", StringComparison.Ordinal)
                .Replace("{uid}", uid, StringComparison.Ordinal)
                .Replace("{ns}", "team-b", StringComparison.Ordinal)
                .Replace("{preset}", "ide", StringComparison.Ordinal)
                .Replace("{*path:nonfile}", "nothing-here", StringComparison.Ordinal)
                .Replace("{**path}", "nothing-here", StringComparison.Ordinal);
            Assert.False(path.Contains('{', StringComparison.Ordinal), $"this test does not know what to put into {pattern}: tell it");
            path = pattern switch
            {
                "/api/v1/stream" => path + "?resources=pods,secrets",
                "/events/{preset}" => path + "?project=team-b&kind=vscode",
                _ => path,
            };
            foreach (
                var method in route.Metadata.OfType<Microsoft.AspNetCore.Routing.HttpMethodMetadata>().FirstOrDefault()?.HttpMethods
                    ?? ["GET"]
            )
            {
                // CONNECT is how HTTP/2 opens a WebSocket, HEAD is without a body: the same code as GET.
                if (method is not ("CONNECT" or "HEAD"))
                {
                    routes.Add((new HttpMethod(method), path, pattern));
                }
            }
        }

        Assert.True(routes.Count > 10, $"only {routes.Count} routes were found");

        // Not routes but paths that are answered as an API server does, by the handlers behind the gate.
        foreach (
            var path in new[]
            {
                "/version",
                "/api",
                "/apis",
                "/api/v1",
                "/apis/apps/v1",
                "/api/v1/namespaces/team-b/pods",
                "/api/v1/namespaces/team-b/pods/b1",
                "/api/v1/namespaces/team-b/pods?watch=true&timeoutSeconds=1",
                "/apis/apps/v1/deployments",
                "/kubernetes/sim/api/v1/pods",
                "/kubernetes/sim/api/v1/pods?watch=true&timeoutSeconds=1",
                "/kubernetes/sim/api/v1/namespaces/team-b/secrets",
                "/kubernetes/nowhere/api/v1/pods",
            }
        )
        {
            routes.Add((HttpMethod.Get, path, path));
            routes.Add((HttpMethod.Delete, path, path));
        }

        return routes;
    }

    private static async Task<(HttpStatusCode Status, string Body)> TryAsync(
        AccessFixture fixture,
        GatewayServer gateway,
        HttpMethod method,
        string path,
        string? authorization,
        CancellationToken cancellationToken = default
    )
    {
        using var request = new HttpRequestMessage(method, new Uri(gateway.Url, path));
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (method != HttpMethod.Get)
        {
            request.Content = new StringContent("{}", new MediaTypeHeaderValue("application/json"));
        }

        using var response = await fixture
            .Inner.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        var body = new MemoryStream();
        try
        {
            // A stream has no end: what came in a moment is looked at. All else is read to its end, however long a busy
            // machine takes.
            var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
            await (await response.Content.ReadAsStreamAsync(CancellationToken.None)).CopyToAsync(
                body,
                isStream ? cancellationToken : TestContext.Current.CancellationToken
            );
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What came so far is what is looked at.
        }

        return (response.StatusCode, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }
}
