using System.Net.Sockets;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Streams;

/// <summary>
/// Events go straight to the socket while the client takes them, through the response while it does not: to the client
/// it is one stream.
/// </summary>
[Collection("alone")]
public sealed class StraightOutputTests
{
    private const int PerRound = 200;

    // Twice what the kernel keeps for a connection (tcp_wmem).
    private static readonly string Ballast = new('x', 40_000);

    [Fact]
    public async Task What_a_client_did_not_take_at_once_arrives_whole_and_in_order()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("p");
        var gateway = await fixture.GatewayAsync();
        using var gate = new SemaphoreSlim(1, 1);
        using var http = new HttpClient(
            new SocketsHttpHandler
            {
                ConnectCallback = async (context, cancellationToken) =>
                {
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
                    await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
                PlaintextStreamFilter = (context, _) => ValueTask.FromResult<Stream>(new GatedStream(context.PlaintextStream, gate)),
            }
        );
        await using var stream = await SseClient.OpenAsync(
            http,
            new Uri(gateway.Url, "api/v1/pods/stream?shape=full&delivery=every"),
            null
        );
        await stream.SyncedAsync();
        for (var round = 1; round <= 3; round++)
        {
            // 1. Straight: one by one.
            fixture.Put("p", annotation: $"{round}:first");
            await stream.UntilAsync(events => Notes(events).LastOrDefault() == $"{round}:first", "the client keeps up");

            // 2. The client stops reading, and much comes.
            await gate.WaitAsync(TestContext.Current.CancellationToken);
            for (var i = 0; i < PerRound; i++)
            {
                fixture.Put("p", annotation: $"{round}:{i}:{Ballast}");
            }

            await Eventually.TrueAsync(
                () => gateway.Clusters.Sessions[0].Find("pods")!.Informer!.Log.Revision.Number >= (ulong)fixture.Simulator.Store.Revision,
                "the gateway has seen it all"
            );
            Assert.True(Notes(stream.Events).LastOrDefault() != $"{round}:{PerRound - 1}:{Ballast}", "the client lags");

            // 3. It reads again while small things come: what waits in the pipe must go before them.
            gate.Release();
            for (var i = 0; i < PerRound; i++)
            {
                fixture.Put("p", annotation: $"{round}:last:{i}");
                await Task.Yield();
            }

            await stream.UntilAsync(events => Notes(events).LastOrDefault() == $"{round}:last:{PerRound - 1}", "the client has all");
        }

        var expected = Enumerable
            .Range(1, 3)
            .SelectMany(round =>
                (string[])
                    [
                        $"{round}:first",
                        .. Enumerable.Range(0, PerRound).Select(i => $"{round}:{i}:{Ballast}"),
                        .. Enumerable.Range(0, PerRound).Select(i => $"{round}:last:{i}"),
                    ]
            );
        Assert.Equal(expected, Notes(stream.Events));
    }

    private static IEnumerable<string?> Notes(IEnumerable<SseEvent> events) =>
        events.Where(e => e.Name == "updated").Select(e => (string?)e.Data["object"]!["metadata"]!["annotations"]!["note"]);

    /// <summary>Reads only while the gate is open.</summary>
    private sealed class GatedStream(Stream inner, SemaphoreSlim gate) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            await gate.WaitAsync(cancellationToken);
            gate.Release();
            return read;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => inner.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}

/// <summary>For tests whose memory others would measure as theirs.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;
