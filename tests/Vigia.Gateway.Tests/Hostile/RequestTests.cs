namespace Vigia.Gateway.Tests.Hostile;

/// <summary>Requests that no client library makes, as bytes.</summary>
public sealed class RequestTests
{
    private static readonly string Many = string.Concat(Enumerable.Range(0, 150).Select(i => $"X-{i}: 1\r\n"));

    public static TheoryData<string, string, int[]> Malformed =>
        new()
        {
            { "a path of 9,000 characters", $"GET /{new string('a', 9000)} HTTP/1.1\r\nHost: localhost\r\n\r\n", [414] },
            { "150 headers", $"GET / HTTP/1.1\r\nHost: localhost\r\n{Many}\r\n", [431] },
            { "a header of 40 KB", $"GET / HTTP/1.1\r\nHost: localhost\r\nX: {new string('a', 40_000)}\r\n\r\n", [431] },
            { "a header without a colon", "GET / HTTP/1.1\r\nHost: localhost\r\nnonsense\r\n\r\n", [400] },
            { "a header with NUL", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", [400] },
            { "a folded header", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n", [400] },
            { "a space before the colon", "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n", [400] },
            { "no host", "GET / HTTP/1.1\r\n\r\n", [400] },
            { "two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", [400] },
            { "a host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", [400] },
            { "a host with a path", "GET / HTTP/1.1\r\nHost: a/../b\r\n\r\n", [400] },
            { "a host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", [400] },
            {
                "two lengths",
                "POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 40\r\n\r\nabcGET /healthz "
                    + "HTTP/1.1\r\nHost: localhost\r\n\r\n",
                [400]
            },
            { "a list of lengths", "POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3, 3\r\n\r\nabc", [400] },
            { "a negative length", "POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", [400] },
            {
                "a length beyond 64 bits",
                "POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
                [400]
            },
            { "an unknown encoding", "POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", [400, 501] },
            {
                "chunked not last",
                "POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
                [400, 501]
            },
            {
                "an encoding that looks like chunked",
                "POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                [400, 501]
            },
            { "a version of the future", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", [505] },
            { "no version", "GET /\r\n\r\n", [400] },
            { "HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [0, 400, 505] },
            { "a TLS hello", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n", [400] },
            { "a method with a colon", "G:T / HTTP/1.1\r\nHost: localhost\r\n\r\n", [400] },
            { "a target without a slash", "GET nonsense HTTP/1.1\r\nHost: localhost\r\n\r\n", [400, 405] },
            { "a target with NUL", "GET /api/v1/pods\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", [400] },
            { "%00 in the path", "GET /api/v1/pods%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", [400] },
            { "raw bytes above ASCII in the target", "GET /api/v1/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n", [400] },
            {
                "CONNECT to elsewhere",
                "CONNECT evil.example.com:443 HTTP/1.1\r\nHost: evil.example.com:443\r\nConnection: close\r\n\r\n",
                [400, 404, 405, 421]
            },
        };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task What_is_no_HTTP_is_refused_and_the_connection_closed(string what, string bytes, int[] statuses)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var answer = await RawConnection.ExchangeAsync(gateway.Url, bytes);
        Assert.True(statuses.Contains(answer.Status), $"{what}: {answer}");
        Assert.True(answer.HasClosed, $"{what}: the connection is still open");
        Assert.InRange(answer.Count, 0, 1);
        Assert.Empty(fixture.Logs.Faults);
    }

    /// <summary>
    /// Where two servers in a row may read a request's end differently, this one reads it as RFC 9112 has it, and says
    /// goodbye where it was in doubt.
    /// </summary>
    [Theory]
    [InlineData(
        "a length and chunks: the chunks count, and the connection ends (6.3)",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        1
    )]
    [InlineData("a signed length", "Content-Length: +3\r\n", "abcGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 2)]
    [InlineData(
        "chunk sizes that are no numbers",
        "Transfer-Encoding: chunked\r\n",
        "zz\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        1
    )]
    [InlineData(
        "a chunk that is longer than it says",
        "Transfer-Encoding: chunked\r\n",
        "1\r\nabGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        1
    )]
    [InlineData(
        "a chunk beyond 32 bits",
        "Transfer-Encoding: chunked\r\n",
        "FFFFFFFFFFFFFFFF\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        1
    )]
    [InlineData(
        "a body that a GET does not need",
        "Content-Length: 3\r\n",
        "abcGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        2,
        "GET"
    )]
    [InlineData("two requests at once", "", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 2, "GET")]
    public async Task Nothing_is_smuggled_behind_a_body(string what, string headers, string rest, int answers, string method = "POST")
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var answer = await RawConnection.ExchangeAsync(
            gateway.Url,
            $"{method} /api/v1/resources HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n{rest}"
        );
        Assert.True(answer.HasClosed && answer.Count == answers, $"{what}: {answer}");
        Assert.Empty(fixture.Logs.Faults);
    }
}
