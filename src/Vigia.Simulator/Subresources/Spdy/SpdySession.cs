using System.Buffers.Binary;
using System.Threading.Channels;

namespace Vigia.Simulator.Subresources.Spdy;

/// <summary>
/// The server's side of SPDY/3.1 (the protocol of kubectl's exec and port-forward before WebSocket, and of port-forward
/// inside one): streams that the client opens over one connection. No flow control by windows, since client-go's
/// implementation has none either.
/// </summary>
internal sealed class SpdySession(Stream transport) : IDisposable
{
    private const int SynStream = 1,
        SynReply = 2,
        Reset = 3,
        Ping = 6,
        GoAway = 7;
    private const int Version = 3,
        Fin = 1,
        LargestFrame = 1 << 20,
        LargestWrite = 32 << 10;

    private readonly Dictionary<int, SpdyStream> _streams = [];
    private readonly Channel<SpdyStream> _opened = Channel.CreateBounded<SpdyStream>(
        new BoundedChannelOptions(1024)
        {
            SingleReader = true,
            SingleWriter = true,
            FullMode = BoundedChannelFullMode.Wait,
        }
    );
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly SpdyHeaders _headers = new();

    /// <summary>The streams, as the client opens them; ends with the connection.</summary>
    public ChannelReader<SpdyStream> Opened => _opened.Reader;

    /// <summary>Reads frames until the connection ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var head = new byte[8];
        try
        {
            while (await transport.ReadAtLeastAsync(head, 8, throwOnEndOfStream: false, cancellationToken) == 8)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4)) & 0xFFFFFF;
                if (length > LargestFrame)
                {
                    throw new InvalidDataException($"a SPDY frame of {length} bytes");
                }

                var body = new byte[length];
                await transport.ReadExactlyAsync(body, cancellationToken);
                var (first, flags) = (BinaryPrimitives.ReadInt32BigEndian(head), head[4]);
                if (first >= 0)
                {
                    if (_streams.TryGetValue(first, out var stream))
                    {
                        await stream.TakeAsync(body, (flags & Fin) != 0, cancellationToken);
                        if ((flags & Fin) != 0)
                        {
                            _streams.Remove(first); // nothing more will come for it
                        }
                    }
                }
                else if (!await ControlAsync(first & 0xFFFF, flags, body, cancellationToken))
                {
                    return;
                }
            }
        }
        catch (Exception e)
            when (e
                    is IOException
                        or InvalidDataException
                        or EndOfStreamException
                        or OperationCanceledException
                        or ObjectDisposedException
                        or System.Net.WebSockets.WebSocketException
            )
        {
            // The client is gone, or speaks nonsense: the session ends.
        }
        finally
        {
            _opened.Writer.TryComplete();
            foreach (var stream in _streams.Values)
            {
                await stream.TakeAsync(ReadOnlyMemory<byte>.Empty, last: true, CancellationToken.None);
            }
        }
    }

    public async ValueTask SendDataAsync(int id, ReadOnlyMemory<byte> bytes, bool last, CancellationToken cancellationToken)
    {
        do
        {
            var length = Math.Min(bytes.Length, LargestWrite);
            var frame = new byte[8 + length];
            BinaryPrimitives.WriteInt32BigEndian(frame, id);
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), length);
            frame[4] = (byte)(last && length == bytes.Length ? Fin : 0);
            bytes.Span[..length].CopyTo(frame.AsSpan(8));
            await SendAsync(frame, cancellationToken);
            bytes = bytes[length..];
        } while (bytes.Length > 0);
    }

    public void Dispose()
    {
        _headers.Dispose();
        _sending.Dispose();
    }

    /// <returns>False if the client takes its leave.</returns>
    private async Task<bool> ControlAsync(int type, byte flags, byte[] body, CancellationToken cancellationToken)
    {
        switch (type)
        {
            case SynStream when body.Length > 10:
                var id = BinaryPrimitives.ReadInt32BigEndian(body) & 0x7FFFFFFF;
                var stream = new SpdyStream(this, id, _headers.Read(body.AsSpan(10)));
                _streams[id] = stream;
                if ((flags & Fin) != 0)
                {
                    await stream.TakeAsync(ReadOnlyMemory<byte>.Empty, last: true, CancellationToken.None);
                }

                await ReplyAsync(id, cancellationToken);
                await _opened.Writer.WriteAsync(stream, cancellationToken);
                break;
            case Reset when body.Length >= 4:
                if (_streams.Remove(BinaryPrimitives.ReadInt32BigEndian(body) & 0x7FFFFFFF, out var gone))
                {
                    await gone.TakeAsync(ReadOnlyMemory<byte>.Empty, last: true, CancellationToken.None);
                }

                break;
            case Ping when body.Length == 4:
                await SendAsync(Control(Ping, body), cancellationToken);
                break;
            case GoAway:
                return false;
        }

        return true;
    }

    private async Task ReplyAsync(int id, CancellationToken cancellationToken)
    {
        // Blocks must be sent in the order in which they are compressed.
        await _sending.WaitAsync(cancellationToken);
        try
        {
            var block = _headers.Write([]);
            var body = new byte[4 + block.Length];
            BinaryPrimitives.WriteInt32BigEndian(body, id);
            block.CopyTo(body, 4);
            await transport.WriteAsync(Control(SynReply, body), cancellationToken);
            await transport.FlushAsync(cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    private static byte[] Control(int type, byte[] body)
    {
        var frame = new byte[8 + body.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, 0x8000 | Version);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)type);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), body.Length);
        body.CopyTo(frame, 8);
        return frame;
    }

    private async Task SendAsync(byte[] frame, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await transport.WriteAsync(frame, cancellationToken);
            await transport.FlushAsync(cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }
}
