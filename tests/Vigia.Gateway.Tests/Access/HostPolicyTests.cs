using System.Net;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Access;
using Vigia.Gateway.Tests.Hostile;

namespace Vigia.Gateway.Tests.Access;

/// <summary>
/// Pages whose names were made to point at this machine, and requests that would be answered as somebody else.
/// </summary>
public sealed class HostPolicyTests
{
    private const string Upgrade =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    [Theory]
    [InlineData("GET /api/v1/pods HTTP/1.1\r\nHost: evil.example:7312\r\nOrigin: http://evil.example:7312\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /api/v1/pods HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /api/v1/configmaps?output=table HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /kubernetes/sim/api/v1/pods HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\nConnection: close\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /api/v1/ws HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n" + Upgrade + "\r\n")]
    public async Task Without_authentication_a_host_that_is_not_this_machine_is_refused(string request)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var answer = await RawConnection.ExchangeAsync(gateway.Url, request);

        Assert.Equal(421, answer.Status);
        Assert.Contains("access.hosts", answer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        AuthMode.None,
        "http://127.0.0.1:8001",
        "",
        "localhost LOCALHOST:8001 127.0.0.1 127.0.0.1:1 127.8.8.8 [::1]:8001 localhost.",
        "vigia.example 10.0.0.1 [::2] localhost.evil evil:127.0.0.1"
    )]
    [InlineData(
        AuthMode.None,
        "http://127.0.0.1:8001",
        "vigia.example",
        "localhost vigia.example vigia.example:443 VIGIA.example.",
        "evil.example"
    )]
    [InlineData(AuthMode.None, "http://127.0.0.1:8001", "*", "anything", "")]
    [InlineData(AuthMode.Token, "https://0.0.0.0:8443", "vigia.example", "vigia.example localhost 127.0.0.1", "evil.example 10.0.0.1")]
    public void Names_are_known_by_address_or_by_the_list(AuthMode mode, string listen, string hosts, string known, string unknown)
    {
        var policy = HostPolicy.Create(
            new AccessOptions { Mode = mode, Hosts = hosts.Split(' ', StringSplitOptions.RemoveEmptyEntries) },
            new Uri(listen)
        )!;
        Assert.All(
            known.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            host => Assert.True(policy.IsKnown(new HostString(host)), host)
        );
        Assert.All(
            unknown.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            host => Assert.False(policy.IsKnown(new HostString(host)), host)
        );
    }

    [Theory]
    [InlineData(AuthMode.Kubernetes, "http://127.0.0.1:8001")]
    [InlineData(AuthMode.None, "http://0.0.0.0:8001")]
    public void Where_a_token_is_needed_or_others_may_come_any_name_will_do(AuthMode mode, string listen) =>
        Assert.Null(HostPolicy.Create(new AccessOptions { Mode = mode }, new Uri(listen)));

    [Theory]
    [InlineData("kubernetes/sim/api/v1/pods", "Impersonate-User", "nobody")]
    [InlineData("api/v1/namespaces/default/pods", "impersonate-group", "devs")]
    [InlineData("api/v1/pods", "Impersonate-Uid", "1")]
    [InlineData("api/v1/pods/stream", "Impersonate-Extra-scopes", "x")]
    public async Task To_be_answered_as_another_user_is_refused(string path, string header, string value)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, path));
        request.Headers.Add(header, value);
        using var response = await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("does not support impersonation", text, StringComparison.Ordinal);
        Assert.Equal(
            path.Contains("namespaces", StringComparison.Ordinal) || path.StartsWith("kubernetes", StringComparison.Ordinal),
            text.Contains("\"kind\":\"Status\"", StringComparison.Ordinal)
        );
    }
}
