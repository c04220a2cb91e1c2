using System.Buffers.Binary;
using System.Text;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.Hosting;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Hostile;

/// <summary>
/// Frames that no client library sends. Each ends with the close code of RFC 6455, section 7.4, and nothing is left
/// behind.
/// </summary>
[Collection("alone")]
public sealed class SocketFrameTests
{
    private static readonly byte[] Mask = [1, 2, 3, 4];

    public static TheoryData<string, byte[], int> Frames =>
        new()
        {
            { "a frame that is not masked", [0x81, 0x08, .. "{\"a\":1} "u8], 1002 },
            { "a reserved bit", Frame(0xC1, "{}"u8), 1002 },
            { "an unknown opcode", Frame(0x83, "{}"u8), 1002 },
            { "a continuation of nothing", Frame(0x80, "{}"u8), 1002 },
            { "a message within a message", [.. Frame(0x01, "{"u8), .. Frame(0x81, "}"u8)], 1002 },
            { "a ping in parts", Frame(0x09, "x"u8), 1002 },
            { "a ping of 126 bytes", Frame(0x89, new byte[126]), 1002 },
            { "a close of one byte", Frame(0x88, [3]), 1002 },
            { "a close with a code that is not to be sent", Frame(0x88, [3, 237]), 1002 },
            { "a length with its highest bit set", [0x81, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 1, .. Mask], 1002 },
            { "a length of a terabyte, announced", [0x81, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0, .. Mask, .. new byte[70_000]], 1009 },
            { "a message of 70 KB", Frame(0x81, new byte[70_000]), 1009 },
            { "text that is no UTF-8", Frame(0x81, [(byte)'"', 0xff, 0xfe, (byte)'"']), 1007 },
            { "binary", Frame(0x82, "{}"u8), 1003 },
            {
                "fragments without end, one byte each",
                [.. Frame(0x01, "x"u8), .. Enumerable.Repeat(Frame(0x00, "x"u8), 66_000).SelectMany(frame => frame)],
                1009
            },
        };

    [Theory]
    [MemberData(nameof(Frames))]
    public async Task A_frame_that_breaks_the_protocol_ends_the_connection_with_the_code_for_it(string what, byte[] frames, int code)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        var answer = await HandshakeAsync(connection, Encoding.Latin1.GetString(frames));
        Assert.True(answer.HasClosed, $"{what}: {Convert.ToHexString(Encoding.Latin1.GetBytes(answer.Body))}");
        var close = answer.Body.IndexOf('\x88', StringComparison.Ordinal);
        Assert.True(
            close >= 0 && answer.Body.Length >= close + 4,
            $"{what}: no close frame in {Convert.ToHexString(Encoding.Latin1.GetBytes(answer.Body))}"
        );
        Assert.Equal(code, BinaryPrimitives.ReadUInt16BigEndian(Encoding.Latin1.GetBytes(answer.Body[(close + 2)..])));
        await AllGoneAsync(fixture, gateway);
        Assert.Empty(fixture.Logs.Faults);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 426)]
    [InlineData("Sec-WebSocket-Version: 13\r\n", 400)]
    [InlineData("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n", 400)]
    [InlineData(
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        400
    )]
    [InlineData("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://evil.example.com\r\n", 403)]
    [InlineData("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 5\r\n", 426)]
    public async Task A_handshake_that_is_not_right_is_refused_with_a_document(string headers, int status)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        await connection.SendAsync(
            $"GET /api/v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n{headers}\r\nhello"
        );
        var answer = await connection.ToEndAsync();
        Assert.Equal(status, answer.Status);
        Assert.True(answer.Head.Contains("Content-Length: 0", StringComparison.Ordinal) || answer.Error.Length > 0);
        Assert.Empty(fixture.Logs.Faults);
    }

    [Fact]
    public async Task Messages_of_any_depth_length_and_number_are_answered_or_refused_and_cost_no_more_than_they_are_long()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync(sockets: new SocketOptions { MaxSubscriptions = 5, MaxBadMessages = 1000 });
        await using var socket = await SocketClient.OpenAsync(gateway);
        string[] hostile =
        [
            new('[', 60_000),
            new('{', 60_000),
            string.Concat(Enumerable.Repeat("{\"a\":", 10_000)),
            $"{{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":{new string('[', 1000)}",
            $"{{\"type\":\"subscribe\",\"id\":\"{new string('x', 60_000)}\",\"resources\":\"pods\"}}",
            $"{{\"type\":\"subscribe\",\"id\":\"1\","
                + $"\"resources\":[{string.Join(',', Enumerable.Range(0, 8000).Select(i => $"\"r{i}\""))}]}}",
            $"{{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\",\"labelSelector\":\"{new string('a', 60_000)}\"}}",
            $"{{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\","
                + $"\"namespace\":[{string.Join(',', Enumerable.Range(0, 6000).Select(i => $"\"n{i}\""))}]}}",
            $"{{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\","
                + $"\"search\":\"{string.Concat(Enumerable.Repeat("~a ", 2000))}\"}}",
            $"{{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\",\"cursor\":\"v1;"
                + $"x{string.Concat(Enumerable.Repeat(";sim/pods=1~a.1.1", 3000))}\"}}",
            $"{{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\","
                + $"\"query\":\"{string.Concat(Enumerable.Repeat("labelSelector=a&", 3000))}\"}}",
            "{\"type\":\"subscribe\",\"type\":\"ping\",\"id\":\"1\",\"resources\":1e999}",
        ];
        foreach (var message in hostile)
        {
            await socket.SendAsync(message);
        }

        await socket.UntilAsync(messages => messages.Count == hostile.Length, "each has its answer");
        Assert.All(socket.Messages.Take(hostile.Length - 1), message => Assert.Equal("error", (string?)message["type"]));
        Assert.All(socket.Messages, message => Assert.InRange(message.ToJsonString().Length, 1, 20_000));

        // One subscription too many is refused by itself.
        for (var i = 0; i < 6; i++)
        {
            await socket.SendAsync($$"""{"type":"subscribe","id":"s{{i}}","resources":"pods"}""");
        }

        await socket.TypeAsync("error", "s5");
        await socket.TypeAsync("synced", "s4");
        Assert.Empty(fixture.Logs.Faults);
    }

    [Fact]
    public async Task A_client_that_asks_without_reading_the_answers_is_not_read_any_further()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        Assert.True(await connection.SendAsync(Opening));
        var pings = Encoding.Latin1.GetString([
            .. Enumerable.Repeat(Frame(0x81, "{\"type\":\"ping\"}"u8), 4000).SelectMany(frame => frame),
        ]);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var sent = 0L;
        try
        {
            while (sent < 256 << 20)
            {
                await connection.SendAsync(pings, patience.Token);
                sent += pings.Length;
            }
        }
        catch (OperationCanceledException)
        {
            // Stuck, as it should be: neither side's buffers take any more.
        }

        Assert.InRange(sent, 0, 64 << 20);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 32 << 20);
        var (status, _) = await fixture.GetAsync(gateway, "api/v1/pods");
        Assert.Equal(System.Net.HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task Random_bytes_after_the_handshake_end_the_connection_and_nothing_else()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var seed = Environment.ProcessId;
        var random = new Random(seed);
        var subscribe = Frame(0x81, """{"type":"subscribe","id":"1","resources":"pods"}"""u8);
        for (var i = 0; i < 200; i++)
        {
            using var connection = await RawConnection.OpenAsync(gateway.Url);
            var bytes = new byte[random.Next(1, 400)];
            random.NextBytes(bytes);
            if (random.Next(2) == 0)
            {
                // A valid frame with some bits flipped.
                bytes = [.. subscribe, .. subscribe, .. subscribe];
                for (var flips = random.Next(1, 5); flips > 0; flips--)
                {
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                }
            }

            await connection.SendAsync(Opening + Encoding.Latin1.GetString(bytes));
        }

        await AllGoneAsync(fixture, gateway);
        Assert.True(fixture.Logs.Faults.FirstOrDefault() is null, $"seed {seed}: {fixture.Logs.Faults.FirstOrDefault()}");
        await using var socket = await SocketClient.OpenAsync(gateway);
        await socket.SendAsync("""{"type":"subscribe","id":"1","resources":"pods"}""");
        await socket.TypeAsync("synced");
    }

    private const string Opening =
        "GET /api/v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
        + "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private static async Task<RawAnswer> HandshakeAsync(RawConnection connection, string frames)
    {
        await connection.SendAsync(Opening + frames);
        return await connection.ToEndAsync();
    }

    private static byte[] Frame(byte first, ReadOnlySpan<byte> payload)
    {
        byte[] length =
            payload.Length < 126 ? [(byte)(0x80 | payload.Length)]
            : payload.Length <= ushort.MaxValue ? [0xFE, (byte)(payload.Length >> 8), (byte)payload.Length]
            :
            [
                0xFF,
                0,
                0,
                0,
                0,
                (byte)(payload.Length >> 24),
                (byte)(payload.Length >> 16),
                (byte)(payload.Length >> 8),
                (byte)payload.Length,
            ];
        var masked = payload.ToArray();
        for (var i = 0; i < masked.Length; i++)
        {
            masked[i] ^= Mask[i % 4];
        }

        return [first, .. length, .. Mask, .. masked];
    }

    private static Task AllGoneAsync(GatewayFixture fixture, GatewayServer gateway) =>
        Eventually.TrueAsync(
            async () => (int)(await fixture.GetAsync(gateway, "api/v1/status")).Body["streams"]!["open"]! == 0,
            "no stream is left open"
        );
}
