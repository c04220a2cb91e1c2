using System.Net;
using System.Net.Sockets;
using System.Text;
using Vigia.Gateway.Hosting;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Streams;

/// <summary>
/// What a subscriber costs that only waits: 5,000 of them are to stay far below 100 MB (bench: <c>fanout --subscribers
/// 5000</c>).
/// </summary>
[Collection("alone")]
public sealed class IdleMemoryTests
{
    private const int Subscribers = 1500;

    // 60 MB for 5,000; the test's own half of each connection is counted too.
    private const int MostEach = 12_000;

    [Fact]
    public async Task An_idle_subscriber_takes_less_than_twelve_kilobytes()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();

        // What the first ones cost nobody pays again.
        Close(Open(gateway, 50));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var sockets = Open(gateway, Subscribers);

        // What opening took is given back after a while.
        var each = 0L;
        await Eventually.TrueAsync(
            () => (each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Subscribers) < MostEach,
            "idle subscribers are light"
        );
        Close(sockets);
        Assert.True(each > 1_000, $"{each} bytes each: they were not there");
        TestContext.Current.TestOutputHelper!.WriteLine($"{each} bytes each");
    }

    private static List<Socket> Open(GatewayServer gateway, int count)
    {
        var request = Encoding.ASCII.GetBytes("GET /api/v1/pods/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
        var sockets = new List<Socket>();
        var buffer = new byte[16 * 1024];
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000 };
            socket.Connect(IPAddress.Loopback, gateway.Url.Port);
            socket.Send(request);
            var length = 0;
            while (buffer.AsSpan(0, length).IndexOf("event: synced"u8) < 0)
            {
                var read = socket.Receive(buffer.AsSpan(length));
                Assert.True(read > 0, Encoding.UTF8.GetString(buffer, 0, length));
                length += read;
            }

            sockets.Add(socket);
        }

        return sockets;
    }

    private static void Close(List<Socket> sockets) => sockets.ForEach(socket => socket.Dispose());
}
