using System.Net;
using System.Net.Sockets;
using System.Text;
using Vigia.Gateway.Http;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Hostile;

public sealed class StreamRequestTests
{
    [Theory]
    [InlineData("api/v1/pods/stream?labelSelector=a+in+(", 400)]
    [InlineData("api/v1/pods/stream?labelSelector=a&labelSelector=b", 400)]
    [InlineData("api/v1/pods/stream?fieldSelector=spec..x%3D1", 400)]
    [InlineData("api/v1/pods/stream?changed=%5B%5B", 400)]
    [InlineData("api/v1/pods/stream?shape=everything", 400)]
    [InlineData("api/v1/pods/stream?delivery=often", 400)]
    [InlineData("api/v1/pods/stream?cursor=nonsense", 400)]
    [InlineData("api/v1/pods/stream?cursor=v1%3Bx%3Bsim%2Fpods%3D1~%22%0A.1.1", 400)]
    [InlineData("api/v1/pods/stream?cursor=v1%3Bx%3Bsim%2Fpods%3D1~a.99999999999999.1", 400)]
    [InlineData("api/v1/pods/stream?cluster=elsewhere", 404)]
    [InlineData("api/v1/%2e%2e%2fetc%2fpasswd/stream", 404)]
    [InlineData("api/v1/pods%00/stream", 400)]
    [InlineData("api/v1/stream", 400)]
    [InlineData("api/v1/stream?resources=pods,../secrets", 404)]
    public async Task What_cannot_be_understood_is_refused_before_anything_is_opened(string path, int status)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        using var response = await fixture.Http.GetAsync(
            new Uri(gateway.Url.ToString() + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }),
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Oversized_queries_and_headers_are_refused()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        foreach (
            var path in new[]
            {
                "api/v1/pods/stream?search=" + new string('x', 7000),
                "api/v1/pods/stream?labelSelector=a=" + new string('x', 9000),
                "api/v1/pods/stream?namespace=" + string.Join(',', Enumerable.Range(0, 1200).Select(i => $"n{i}")),
            }
        )
        {
            using var response = await fixture.Http.GetAsync(
                new Uri(gateway.Url, path),
                HttpCompletionOption.ResponseHeadersRead,
                TestContext.Current.CancellationToken
            );
            Assert.True(
                response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.RequestUriTooLong,
                $"{response.StatusCode}"
            );
            Assert.True(
                path.Contains("search", StringComparison.Ordinal) == response.IsSuccessStatusCode,
                $"{path[..60]}: {response.StatusCode}"
            );
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "api/v1/pods/stream"));
        request.Headers.TryAddWithoutValidation("Last-Event-ID", "v1;" + new string('x', 20_000));
        using var refused = await fixture.Http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task Half_open_connections_and_slow_headers_are_cut_off_while_others_are_served()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync(
            streams: new StreamOptions { HeadersTimeout = TimeSpan.FromSeconds(2), IdleTimeout = TimeSpan.FromSeconds(2) }
        );
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < 500; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(gateway.Url.Host, gateway.Url.Port, TestContext.Current.CancellationToken);
                if (i % 2 == 0)
                {
                    await socket.SendAsync(
                        Encoding.ASCII.GetBytes("GET /api/v1/pods HTTP/1.1\r\nHost: localhost\r\nX-Slow: "),
                        TestContext.Current.CancellationToken
                    );
                }
            }

            var (status, _) = await fixture.GetAsync(gateway, "api/v1/pods");
            Assert.Equal(HttpStatusCode.OK, status);
            var buffer = new byte[4096];
            foreach (var socket in sockets)
            {
                // 408 or nothing, then the end.
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
                while (await ReadAsync(socket, buffer, patience.Token) > 0) { }
            }
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task One_caller_too_many_is_told_when_to_come_back()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync(streams: new StreamOptions { MaxStreamsPerCaller = 2 });
        await using (var first = await fixture.OpenAsync(gateway))
        await using (var second = await SocketClient.OpenAsync(gateway))
        {
            using var third = await fixture.Http.GetAsync(
                new Uri(gateway.Url, "api/v1/pods/stream"),
                HttpCompletionOption.ResponseHeadersRead,
                TestContext.Current.CancellationToken
            );
            Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
            Assert.NotNull(third.Headers.RetryAfter);
        }

        await Eventually.TrueAsync(
            async () =>
            {
                using var again = await fixture.Http.GetAsync(
                    new Uri(gateway.Url, "api/v1/pods/stream"),
                    HttpCompletionOption.ResponseHeadersRead,
                    TestContext.Current.CancellationToken
                );
                return again.IsSuccessStatusCode;
            },
            "who left makes room"
        );
    }

    private static async Task<int> ReadAsync(Socket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellationToken);
        }
        catch (SocketException)
        {
            // Reset: cut off as well.
            return 0;
        }
    }
}
