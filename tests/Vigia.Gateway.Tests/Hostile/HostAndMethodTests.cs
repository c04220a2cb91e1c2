using System.Globalization;

namespace Vigia.Gateway.Tests.Hostile;

public sealed class HostAndMethodTests
{
    [Theory]
    [InlineData("DELETE", "/api/v1/pods", "GET")]
    [InlineData("PUT", "/api/v1/pods/x", "GET")]
    [InlineData("PATCH", "/healthz", "GET")]
    [InlineData("TRACE", "/", "GET")]
    [InlineData("POST", "/api/v1/status", "GET")]
    [InlineData("PROPFIND", "/api/v1/resources", "GET")]
    [InlineData("DELETE", "/api/v1/ws", "GET")]
    [InlineData("GET", "/api/v1/tickets", "POST")]
    [InlineData("DELETE", "/api/v1/tickets", "POST")]
    public async Task A_method_that_a_path_is_not_for_is_refused_with_those_it_is_for(string method, string path, string allowed)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var answer = await RawConnection.ExchangeAsync(
            gateway.Url,
            $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        );
        Assert.True(answer.Status == 405, answer.ToString());
        Assert.NotEmpty(answer.Error);
        Assert.Contains($"Allow: {allowed}", answer.Head, StringComparison.Ordinal);
    }

    /// <summary>
    /// Hosts that Kestrel lets through, with origins that mean to be taken for the gateway's own page.
    /// </summary>
    [Fact]
    public async Task No_pair_of_host_and_origin_breaks_the_gateway_and_only_equal_ones_of_this_machine_pass()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        string[] hosts =
        [
            "localhost",
            "x",
            "x:80",
            "x:0",
            "x:65535",
            "x:65536",
            "x:99999999999",
            "[::1]",
            "[::1]:80",
            "[",
            "[]",
            "[::1",
            "[::1]x",
            "x.",
            ".",
            "..",
            "-",
            "_",
            "xn--a",
            "1.2.3",
            "0x7f.1",
            "999.999.999.999",
            new('a', 300),
            "a..b",
            "a,b",
            "%41",
            "x:",
            ":80",
            ":",
        ];
        string[] origins =
        [
            "http://localhost",
            "http://x",
            "http://x:80",
            "https://x",
            "null",
            "",
            "x",
            "://",
            "http://",
            "http://[",
            "http://[::1",
            "http://[::1]",
            "http://x:99999999",
            "http://x@evil",
            "http://evil#x",
            "http://x\\evil",
            "http://x%00",
            "file://x",
            "http://" + new string('a', 3000),
            "http://x http://evil",
            "\xff",
            "http://x/\x7f",
        ];
        foreach (var host in hosts)
        {
            foreach (var origin in origins)
            {
                var answer = await RawConnection.ExchangeAsync(
                    gateway.Url,
                    $"GET /api/v1/resources HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nConnection: close\r\n\r\n"
                );
                Assert.True(answer.Status is 200 or 400 or 403 or 421, $"Host: {host}, Origin: {origin}: {answer}");
                Assert.True(
                    answer.Status != 200
                        || origin.Length == 0
                        || origin.Contains(host.Split(':')[0].TrimEnd('.'), StringComparison.OrdinalIgnoreCase),
                    $"Host: {host}, Origin: {origin}: {answer}"
                );
                Assert.True(answer.Status != 200 || host is "localhost" or "[::1]" or "[::1]:80" or "0x7f.1", $"Host: {host}: {answer}");
                Assert.DoesNotContain("Access-Control-Allow-Origin", answer.Head, StringComparison.OrdinalIgnoreCase);
            }
        }

        Assert.Empty(fixture.Logs.Faults);
    }

    [Fact]
    public async Task A_page_that_is_the_end_of_the_list_pages_beyond_it_are_empty()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        foreach (var (page, limit) in new[] { (2, 1000), (int.MaxValue, 1), (int.MaxValue, 2), (int.MaxValue, 1000), (2_147_484, 1000) })
        {
            var (_, body) = await fixture.GetAsync(
                gateway,
                string.Create(CultureInfo.InvariantCulture, $"api/v1/pods?page={page}&limit={limit}")
            );
            Assert.Empty(body["items"]!.AsArray());
            Assert.Equal(1, (int)body["total"]!);
        }
    }

    [Fact]
    public async Task A_body_that_is_too_large_or_comes_byte_by_byte_is_not_waited_for()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        foreach (
            var (path, method) in new[]
            {
                ("/api/v1/tickets", "POST"),
                ("/api/v1/pods", "GET"),
                ("/api/v1/pods", "DELETE"),
                ("/api/v1/namespaces/default/pods", "POST"),
                ("/nothing", "PUT"),
            }
        )
        {
            using var connection = await RawConnection.OpenAsync(gateway.Url);
            await connection.SendAsync(
                $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Encoding: "
                    + $"gzip\r\nContent-Length: 10000000000\r\n\r\n"
            );

            // Sends until the other side has enough: bounded, whatever was announced.
            var sent = 0L;
            var chunk = new string('a', 64 * 1024);
            while (sent < 64 << 20 && await connection.SendAsync(chunk))
            {
                sent += chunk.Length;
            }

            Assert.InRange(sent, 0, 32 << 20);
            var answer = await connection.ToEndAsync();
            Assert.True(answer.HasClosed, $"{method} {path}");
        }

        Assert.Empty(fixture.Logs.Faults);
    }
}
