using System.Diagnostics;
using Vigia.Gateway.Http;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Hostile;

/// <summary>Clients that ask and then do not read, or a byte a second.</summary>
[Collection("alone")]
public sealed class SlowReaderTests(ITestOutputHelper output)
{
    private const string Ask = " HTTP/1.1\r\nHost: localhost\r\n\r\n";

    /// <summary>100 of them on a list of 8 MB: 800 MB where each had its own copy in memory.</summary>
    [Fact]
    public async Task Lists_that_nobody_reads_hold_little_and_are_given_up_in_time()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        Fill(fixture, 2000);
        var gateway = await fixture.GatewayAsync(streams: new StreamOptions { AnswerGrace = TimeSpan.FromSeconds(12) });
        string[] paths = ["/kubernetes/sim/api/v1/pods", "/api/v1/pods?limit=1000", "/api/v1/pods?limit=1000&output=wide"];
        foreach (var path in paths)
        {
            using var quick = await RawConnection.OpenAsync(gateway.Url);
            await quick.SendAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            output.WriteLine($"{path}: {(await quick.ToEndAsync()).Text.Length} bytes");
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var slow = new List<RawConnection>();
        try
        {
            for (var i = 0; i < 100; i++)
            {
                slow.Add(await RawConnection.OpenAsync(gateway.Url, receiveBuffer: 4096));
                await slow[^1].SendAsync($"GET {paths[i % 20 == 0 ? 1 + (i / 20 % 2) : 0]}{Ask}");
            }

            await Eventually.TrueAsync(
                () => gateway.Limiter.Open - gateway.Limiter.Idle >= 90,
                "most are being answered",
                TimeSpan.FromSeconds(30)
            );
            var held = GC.GetTotalMemory(forceFullCollection: true) - before;
            output.WriteLine($"{slow.Count} clients that do not read: {held / 1024} KB");
            Assert.InRange(held, long.MinValue, 64L << 20);
            var watch = Stopwatch.StartNew();
            Assert.Equal(200, (await RawConnection.GetAsync(gateway.Url, "/api/v1/pods?limit=1")).Status);
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));

            await Eventually.TrueAsync(
                () => gateway.Limiter.Open - gateway.Limiter.Idle == 0,
                "all are given up",
                TimeSpan.FromSeconds(60)
            );
        }
        finally
        {
            slow.ForEach(connection => connection.Dispose());
        }

        var metrics = await fixture.Http.GetStringAsync(new Uri(gateway.Url, "metrics"), TestContext.Current.CancellationToken);
        Assert.Contains("vigia_connections_refused_total{reason=\"too-slow\"} ", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("vigia_connections_refused_total{reason=\"too-slow\"} 0", metrics, StringComparison.Ordinal);
        Assert.Empty(fixture.Logs.Faults);
    }

    /// <summary>
    /// One that takes a byte of a stream now and then holds its place and its buffers, not what it has not read; it is
    /// never cut off for that, and others notice nothing.
    /// </summary>
    [Fact]
    public async Task Streams_that_are_read_a_byte_at_a_time_cost_neither_memory_nor_others_their_pace()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        Fill(fixture, 300);
        var gateway = await fixture.GatewayAsync(streams: new StreamOptions { AnswerGrace = TimeSpan.FromMilliseconds(200) });
        await using var other = await fixture.OpenAsync(gateway, keepData: false);
        await other.SyncedAsync();

        // What the simulator's history and the gateway's log keep of 6,000 changes is there before as well.
        await ChurnAsync(fixture, other, "first");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var slow = new List<RawConnection>();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var readers = new List<Task>();
        try
        {
            for (var i = 0; i < 100; i++)
            {
                var connection = await RawConnection.OpenAsync(gateway.Url, receiveBuffer: 4096);
                slow.Add(connection);
                await connection.SendAsync(
                    $"GET {(i % 2 == 0 ? "/api/v1/pods/stream?shape=full" : "/kubernetes/sim/api/v1/pods?watch=true")}{Ask}"
                );
                readers.Add(DripAsync(connection, stopping.Token));
            }

            await ChurnAsync(fixture, other, "second");
            var held = GC.GetTotalMemory(forceFullCollection: true) - before;
            output.WriteLine($"{slow.Count} streams read a byte at a time through 6,000 changes of 4 KB: {held / 1024} KB");
            Assert.InRange(held, long.MinValue, 80L << 20);
            Assert.True(readers.All(reader => !reader.IsCompleted), "none was cut off");
        }
        finally
        {
            await stopping.CancelAsync();
            await Task.WhenAll(readers);
            slow.ForEach(connection => connection.Dispose());
        }

        Assert.Empty(fixture.Logs.Faults);
    }

    private static async Task ChurnAsync(GatewayFixture fixture, SseClient other, string last)
    {
        var before = other.Events.Count(e => e.Name == "added");
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < 300; i++)
            {
                fixture.Put($"pod-{i}", annotation: new string((char)('a' + round), 4000));
            }
        }

        fixture.Put(last);
        await other.UntilAsync(events => events.Count(e => e.Name == "added") > before, "another is told everything");
    }

    private static async Task DripAsync(RawConnection connection, CancellationToken cancellationToken)
    {
        var one = new byte[1];
        try
        {
            while (await connection.ReadAsync(one, cancellationToken) > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private static void Fill(GatewayFixture fixture, int pods)
    {
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < pods; i++)
            {
                fixture.Put($"pod-{i}", annotation: new string('x', 4000));
            }
        }
    }
}
