using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;
using Vigia.Live.Notifications;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>A message of the client: a command, or the error in it.</summary>
internal readonly record struct SocketInput(SocketCommand? Command, QueryException? Fault, string? Id);

/// <summary>
/// Reads a client's messages. A client that sends faster than it is answered waits: nothing is queued beyond a few.
/// </summary>
internal sealed class SocketInbox(WebSocket socket, SocketOptions options, AsyncSignal wake)
{
    private const int Capacity = 16;

    private readonly Channel<SocketInput> _inputs = Channel.CreateBounded<SocketInput>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true }
    );

    /// <summary>Set when there is something to read.</summary>
    public AsyncSignal Wake => wake;

    /// <summary>
    /// The messages. Completed when the client closes or breaks the protocol: then <see cref="Closing"/> says how.
    /// </summary>
    public ChannelReader<SocketInput> Reader => _inputs.Reader;

    /// <summary>
    /// With which code and words the connection is to be closed, once <see cref="Reader"/> is complete.
    /// </summary>
    public (WebSocketCloseStatus Status, string Reason) Closing { get; private set; } = (WebSocketCloseStatus.NormalClosure, "");

    /// <summary>Reads until the client closes, breaks the protocol, or is gone.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        var (length, faults) = (0, 0);
        try
        {
            while (true)
            {
                // No buffer is large because a client might send something large.
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 2, options.MaxMessageBytes + 1));
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                // A read returns when its buffer is full or the frame ends: never more room than to see that a message
                // is too long.
                var read = await socket.ReceiveAsync(
                    buffer.AsMemory(length, Math.Min(buffer.Length, options.MaxMessageBytes + 1) - length),
                    cancellationToken
                );
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                length += read.Count;
                if (read.MessageType == WebSocketMessageType.Binary)
                {
                    Closing = (WebSocketCloseStatus.InvalidMessageType, "messages must be text");
                    return;
                }

                if (length > options.MaxMessageBytes)
                {
                    Closing = (WebSocketCloseStatus.MessageTooBig, $"a message may have {options.MaxMessageBytes} bytes");
                    return;
                }

                if (!read.EndOfMessage)
                {
                    continue;
                }

                var input = Understand(buffer.AsSpan(0, length));
                length = 0;
                if (input.Fault is not null && ++faults > options.MaxBadMessages)
                {
                    Closing = (WebSocketCloseStatus.PolicyViolation, "too many invalid messages");
                    return;
                }

                await _inputs.Writer.WriteAsync(input, cancellationToken);
                wake.Set();
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // The client left without a close frame, or sent invalid frames: then the socket has closed itself with the
            // right code.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            _inputs.Writer.TryComplete();
            wake.Set();
        }
    }

    private static SocketInput Understand(ReadOnlySpan<byte> message)
    {
        try
        {
            return new SocketInput(SocketCommand.Parse(message), null, null);
        }
        catch (QueryException fault)
        {
            return new SocketInput(null, fault, SocketCommand.FindId(message));
        }
    }
}
