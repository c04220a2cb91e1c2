using System.Diagnostics;
using System.Globalization;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Http;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Hostile;

/// <summary>Connections that ask for nothing, or take their time over it.</summary>
[Collection("alone")]
public sealed class ConnectionTests(ITestOutputHelper output)
{
    /// <summary>
    /// 10,000, or as many as this process may have open beside the 2,000 ends that the gateway keeps.
    /// </summary>
    private static readonly int Flood = (int)Math.Min(10_000, (FileLimit.Read("/proc/self/limits") ?? 6024) - 5000);

    [Fact]
    public async Task A_flood_of_half_open_connections_is_bounded_counted_and_closed_while_others_are_served()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var timeout = TimeSpan.FromSeconds(5);
        var gateway = await fixture.GatewayAsync(streams: new StreamOptions { HeadersTimeout = timeout });
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var connections = new List<RawConnection>();
        var worst = TimeSpan.Zero;
        string[] beginnings = ["", "G", "GET /api/v1/pods HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "POST /api/v1/tickets HTTP/1.1\r\nHo"];
        try
        {
            for (var i = 0; i < Flood; i++)
            {
                var connection = await RawConnection.OpenAsync(gateway.Url);
                connections.Add(connection);
                await connection.SendAsync(beginnings[i % beginnings.Length]);
                if (i % 100 == 99)
                {
                    // A new connection each time, as a client has that has not been here before.
                    var watch = Stopwatch.StartNew();
                    var answer = await RawConnection.GetAsync(gateway.Url, "/api/v1/pods");
                    Assert.Equal(200, answer.Status);
                    worst = watch.Elapsed > worst ? watch.Elapsed : worst;
                }
            }

            fixture.Put("during");
            await stream.UntilAsync(events => events.Any(e => e.ObjectName == "during"), "a stream goes on");
            var cost = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1024;
            output.WriteLine(
                $"{Flood} half-open connections: {gateway.Limiter.Open} are left open, worst answer {worst.TotalMilliseconds:0} ms, "
                    + $"{cost} KB held on both sides"
            );
            Assert.InRange(gateway.Limiter.Idle, 0, new StreamOptions().MaxIdleConnections);
            Assert.InRange(worst, TimeSpan.Zero, TimeSpan.FromSeconds(3));

            // Without a word from anybody all are gone after their time.
            await Eventually.TrueAsync(
                () => gateway.Limiter.Open <= 3,
                "all are closed",
                timeout * 6,
                () => $"{gateway.Limiter.Open} open"
            );
            foreach (var connection in connections)
            {
                Assert.True((await connection.ToEndAsync()).HasClosed);
            }
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }

        var counted = await RefusedAsync(fixture, gateway);
        output.WriteLine(string.Join(", ", counted));
        Assert.InRange(counted["no-request"] + counted["too-many-idle"] + counted["bad-http"], Flood, Flood + 50);
        Assert.True(Flood < 3000 || counted["too-many-idle"] > 0, "the oldest were cut");
        Assert.Empty(fixture.Logs.Faults);
        Assert.InRange(fixture.Logs.Lines.Count(line => line.Id is 3091 or 3092), 1, 1000);
    }

    [Fact]
    public async Task A_connection_that_sends_its_headers_byte_by_byte_is_cut_however_busy_it_looks()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync(streams: new StreamOptions { HeadersTimeout = TimeSpan.FromSeconds(2) });
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        var watch = Stopwatch.StartNew();
        foreach (var c in "GET /api/v1/pods HTTP/1.1\r\nHost: localhost\r\n" + string.Concat(Enumerable.Repeat("X-A: b\r\n", 100)))
        {
            if (!await connection.SendAsync(c.ToString()))
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
        var answer = await connection.ToEndAsync();
        Assert.True(answer.HasClosed && answer.Status is 0 or 408, answer.ToString());
        var counted = await RefusedAsync(fixture, gateway);
        Assert.Equal(1, counted["bad-http"] + counted["no-request"]);
    }

    [Fact]
    public async Task Where_all_connections_are_in_use_the_next_is_refused_and_counted_and_room_is_used_again()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Http.DefaultRequestHeaders.ConnectionClose = true;
        var gateway = await fixture.GatewayAsync(streams: new StreamOptions { MaxStreams = 2, MaxIdleConnections = 1 });
        await using var first = await fixture.OpenAsync(gateway);
        await using (await fixture.OpenAsync(gateway))
        {
            // The third is in use as long as it waits for a revision that does not come: some seconds.
            using var third = await RawConnection.OpenAsync(gateway.Url);
            await third.SendAsync(
                "GET /kubernetes/sim/api/v1/pods?resourceVersion=99999999999 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            );
            await Eventually.TrueAsync(() => gateway.Limiter is { Open: 3, Idle: 0 }, "three are in use");
            var fourth = await RawConnection.GetAsync(gateway.Url, "/healthz");
            Assert.Equal((0, true), (fourth.Status, fourth.HasClosed));
            Assert.Equal(504, (await third.ToEndAsync()).Status);

            // Now there is a connection for it, but no stream.
            var refused = await RawConnection.GetAsync(gateway.Url, "/api/v1/pods/stream");
            Assert.Equal(503, refused.Status);
            Assert.Contains("Retry-After", refused.Head, StringComparison.Ordinal);
        }

        await Eventually.TrueAsync(
            async () => (await RawConnection.GetAsync(gateway.Url, "/healthz")).Status == 200,
            "there is room again"
        );
        Assert.InRange((await RefusedAsync(fixture, gateway))["too-many-connections"], 1, 1000);
    }

    [Fact]
    public async Task Streams_are_never_idle_however_they_are_carried_and_however_many_ask_for_nothing()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync(
            streams: new StreamOptions { MaxIdleConnections = 2, HeadersTimeout = TimeSpan.FromSeconds(1) }
        );
        await using var stream = await fixture.OpenAsync(gateway);
        await using var socket = await SocketClient.OpenAsync(gateway);
        await socket.SendAsync("""{"type":"subscribe","id":"1","resources":"pods"}""");
        await stream.SyncedAsync();
        await socket.TypeAsync("synced");
        using var watch = await RawConnection.OpenAsync(gateway.Url);
        await watch.SendAsync("GET /kubernetes/sim/api/v1/pods?watch=true HTTP/1.1\r\nHost: localhost\r\n\r\n");
        var silent = new List<RawConnection>();
        for (var i = 0; i < 50; i++)
        {
            silent.Add(await RawConnection.OpenAsync(gateway.Url));
        }

        await Eventually.TrueAsync(
            () => gateway.Limiter is { Idle: 0, Open: 3 },
            "what asked for nothing is gone, and the three are there"
        );
        fixture.Put("a");
        await stream.StoryAsync("reset:start +a");
        await socket.StoryAsync("1", "reset:start +a");
        silent.ForEach(connection => connection.Dispose());
    }

    [Fact]
    public async Task What_a_client_writes_into_the_log_is_short_and_begins_no_line()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var hostile = Uri.EscapeDataString("x\nERROR all is lost\r\u001b[2J\u202e" + new string('y', 3000));
        await using var stream = await fixture.OpenAsync(gateway, $"api/v1/pods/stream?search={hostile}");
        await stream.SyncedAsync();

        Assert.Equal(404, (await RawConnection.GetAsync(gateway.Url, $"/api/v1/{hostile}")).Status);
        Assert.Equal(400, (await RawConnection.GetAsync(gateway.Url, $"/api/v1/pods/stream?shape={hostile}")).Status);
        await Eventually.TrueAsync(() => fixture.Logs.Lines.Count(line => line.Id is 3002 or 3090) >= 3, "all is logged");
        var written = fixture.Logs.Lines.Where(line => line.Id is 3002 or 3090).Select(line => line.Text).ToArray();
        Assert.All(
            written,
            line => Assert.True(line.Length < 500 && !line.Any(char.IsControl) && !line.Contains('\u202e', StringComparison.Ordinal), line)
        );
    }

    [Theory]
    [InlineData(1024, 768, true)]
    [InlineData(300, 75, true)]
    [InlineData(20_000, 12_000, false)]
    [InlineData(null, 12_000, false)]
    public void A_process_that_may_open_few_files_takes_few_connections_and_says_so(int? files, int connections, bool isTold)
    {
        using var logs = new CapturedLogs();
        Assert.Equal(connections, FileLimit.Connections(new StreamOptions(), files, logs.CreateLogger("limits")));
        Assert.Equal(isTold, logs.Lines.Any(line => line.Text.Contains("ulimit -n", StringComparison.Ordinal)));
    }

    private static async Task<Dictionary<string, long>> RefusedAsync(GatewayFixture fixture, GatewayServer gateway)
    {
        var text = await fixture.Http.GetStringAsync(new Uri(gateway.Url, "metrics"), TestContext.Current.CancellationToken);
        return text.Split('\n')
            .Where(line => line.StartsWith("vigia_connections_refused_total{", StringComparison.Ordinal))
            .ToDictionary(line => line.Split('"')[1], line => long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }
}
