using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Vigia.Simulator.Serving;

namespace Vigia.Simulator.Subresources;

/// <summary>
/// Connections to ports over one WebSocket: port i has channel 2i for its bytes and 2i + 1 for what went wrong, and each channel begins with the port's number
/// (two bytes, the low one first).
/// </summary>
internal sealed class WebSocketPorts(WebSocket socket, JsonObject pod, IReadOnlyList<int> ports) : IAsyncDisposable
{
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly bool _base64 = socket.SubProtocol?.Contains("base64", StringComparison.Ordinal) == true;
    private readonly Pipe[] _inputs = [.. ports.Select(_ => new Pipe(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false)))];

    public async Task RunAsync(CancellationToken aborted)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        for (var i = 0; i < ports.Count; i++)
        {
            var number = new byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)ports[i]);
            await SendAsync((byte)(2 * i), number, aborted);
            await SendAsync((byte)((2 * i) + 1), number, aborted);
        }

        var serving = Task.WhenAll(Enumerable.Range(0, ports.Count).Select(i => ServeAsync(i, ended.Token)));
        var receiving = ReceiveAsync(ended.Token);
        await Task.WhenAny(serving, receiving);
        if (serving.IsCompleted && socket.State == WebSocketState.Open)
        {
            await CloseAsync(aborted);
            await Task.WhenAny(receiving, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, aborted));
        }

        await ended.CancelAsync();
        socket.Abort();
        await Task.WhenAll(serving, receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        _sending.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ServeAsync(int i, CancellationToken cancellationToken)
    {
        try
        {
            if (PodPort.Find(pod, ports[i]) is not { } port)
            {
                await SendAsync((byte)((2 * i) + 1), Answers.Utf8(PodPort.Refused(pod, ports[i])), cancellationToken);
                return;
            }

            await port.ServeAsync(_inputs[i].Reader, async bytes => await SendAsync((byte)(2 * i), bytes, cancellationToken), cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client is gone: so is its connection.
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
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

                var (channel, bytes) = _base64
                    ? (message.WrittenSpan[0] - '0', Convert.FromBase64String(System.Text.Encoding.ASCII.GetString(message.WrittenSpan[1..])))
                    : (message.WrittenSpan[0], message.WrittenSpan[1..].ToArray());
                message.ResetWrittenCount();
                if (channel % 2 == 0 && channel / 2 < _inputs.Length && bytes.Length > 0)
                {
                    await _inputs[channel / 2].Writer.WriteAsync(bytes, cancellationToken);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or FormatException)
        {
            // The client is gone, or speaks nonsense.
        }
        finally
        {
            foreach (var input in _inputs)
            {
                await input.Writer.CompleteAsync();
            }
        }
    }

    private async Task SendAsync(byte channel, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        byte[] frame = _base64 ? Answers.Utf8((char)('0' + channel) + Convert.ToBase64String(bytes.Span)) : [channel, .. bytes.Span];
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(frame, _base64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task CloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
        }
        catch (WebSocketException)
        {
            // It was faster.
        }
    }
}
