using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Subresources.Streams;

namespace Vigia.Simulator.Subresources;

/// <summary>
/// Connections to ports over one WebSocket: port i has channel 2i for its bytes and 2i + 1 for what went wrong, and
/// each channel begins with the port's number (two bytes, the low one first).
/// </summary>
internal sealed class WebSocketPorts(WebSocket socket, JsonObject pod, IReadOnlyList<int> ports) : IAsyncDisposable
{
    private readonly ChannelSocket _socket = new(socket);
    private readonly Pipe[] _inputs =
    [
        .. ports.Select(_ => new Pipe(
            new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false)
        )),
    ];

    public async Task RunAsync(CancellationToken aborted)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        for (var i = 0; i < ports.Count; i++)
        {
            var number = new byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)ports[i]);
            await _socket.SendAsync((byte)(2 * i), number, aborted);
            await _socket.SendAsync((byte)((2 * i) + 1), number, aborted);
        }

        var serving = Task.WhenAll(Enumerable.Range(0, ports.Count).Select(i => ServeAsync(i, ended.Token)));
        var receiving = ReceiveAsync(ended.Token);
        await Task.WhenAny(serving, receiving);
        if (serving.IsCompleted && _socket.IsOpen)
        {
            await _socket.CloseOutputAsync(aborted);
            await Task.WhenAny(receiving, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, aborted));
        }

        await ended.CancelAsync();
        _socket.Abort();
        await Task.WhenAll(serving, receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ServeAsync(int i, CancellationToken cancellationToken)
    {
        try
        {
            if (PodPort.Find(pod, ports[i]) is not { } port)
            {
                await _socket.SendAsync((byte)((2 * i) + 1), Answers.Utf8(PodPort.Refused(pod, ports[i])), cancellationToken);
                return;
            }

            await port.ServeAsync(
                _inputs[i].Reader,
                async bytes => await _socket.SendAsync((byte)(2 * i), bytes, cancellationToken),
                cancellationToken
            );
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client is gone: so is its connection.
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _socket.ReceiveAsync(
                async (channel, bytes) =>
                {
                    if (channel % 2 == 0 && channel / 2 < _inputs.Length && bytes.Length > 0)
                    {
                        await _inputs[channel / 2].Writer.WriteAsync(bytes, cancellationToken);
                    }
                },
                cancellationToken
            );
        }
        finally
        {
            foreach (var input in _inputs)
            {
                await input.Writer.CompleteAsync();
            }
        }
    }
}
