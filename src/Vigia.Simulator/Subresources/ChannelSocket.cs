using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using Vigia.Simulator.Requests;

namespace Vigia.Simulator.Subresources;

/// <summary>
/// Several channels over one WebSocket, as Kubernetes has them: every message begins with the number of its channel.
/// With the base64 protocols the number is a digit and the rest is base64, in text messages.
/// </summary>
internal sealed class ChannelSocket(WebSocket socket) : IDisposable
{
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly bool _base64 = socket.SubProtocol?.Contains("base64", StringComparison.Ordinal) == true;

    /// <summary>Sends bytes on a channel; thread-safe.</summary>
    public async Task SendAsync(byte channel, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        byte[] frame = _base64 ? Answers.Utf8((char)('0' + channel) + Convert.ToBase64String(bytes.Span)) : [channel, .. bytes.Span];
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(
                frame,
                _base64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary,
                endOfMessage: true,
                cancellationToken
            );
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>
    /// Hands on every message until the client closes, is gone, or speaks nonsense: never an exception of the
    /// connection.
    /// </summary>
    /// <param name="take">The channel, and its bytes, which hold until it returns.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task ReceiveAsync(Func<byte, ReadOnlyMemory<byte>, ValueTask> take, CancellationToken cancellationToken)
    {
        var message = new ArrayBufferWriter<byte>(32 << 10);
        try
        {
            while (true)
            {
                var read = await socket.ReceiveAsync(message.GetMemory(32 << 10), cancellationToken);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                message.Advance(read.Count);
                if (!read.EndOfMessage || message.WrittenCount == 0)
                {
                    continue;
                }

                var (channel, bytes) = (message.WrittenSpan[0], message.WrittenMemory[1..]);
                if (_base64)
                {
                    (channel, bytes) = ((byte)(channel - '0'), Convert.FromBase64String(Encoding.ASCII.GetString(bytes.Span)));
                }

                await take(channel, bytes);
                message.ResetWrittenCount();
            }
        }
        catch (Exception e)
            when (e
                    is WebSocketException
                        or OperationCanceledException
                        or IOException
                        or ObjectDisposedException
                        or FormatException
                        or System.Text.Json.JsonException
            )
        {
            // The client is gone, or speaks nonsense: either way it is over.
        }
    }

    /// <summary>Says that nothing more comes from here.</summary>
    public async Task CloseOutputAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
            }
        }
        catch (WebSocketException)
        {
            // It was faster.
        }
    }

    /// <summary>True while both sides may speak.</summary>
    public bool IsOpen => socket.State == WebSocketState.Open;

    public void Abort() => socket.Abort();

    public void Dispose()
    {
        socket.Dispose();
        _sending.Dispose();
    }
}
