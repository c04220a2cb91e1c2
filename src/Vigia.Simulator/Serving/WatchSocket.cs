using System.Buffers;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace Vigia.Simulator.Serving;

/// <summary>
/// A watch's lines as text messages of a WebSocket, one each, as API servers send them after an upgrade. For one
/// writer; messages from the client are ignored.
/// </summary>
internal sealed class WatchSocket : Stream
{
    private readonly WebSocket _socket;
    private readonly ArrayBufferWriter<byte> _line = new();

    private WatchSocket(WebSocket socket) => _socket = socket;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Accepts the upgrade; <paramref name="left"/> is called when the client closes or is gone.</summary>
    public static async Task<WatchSocket> AcceptAsync(HttpContext http, Action left)
    {
        var offered = http.WebSockets.WebSocketRequestedProtocols;
        var socket = await http.WebSockets.AcceptWebSocketAsync(offered.Count == 1 ? offered[0] : null);
        _ = ReadAsync(socket, left, http.RequestAborted);
        return new WatchSocket(socket);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Span.IndexOf((byte)'\n') is var end and >= 0)
        {
            _line.Write(buffer.Span[..end]);
            if (_socket.State == WebSocketState.Open)
            {
                await _socket.SendAsync(_line.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
            }

            _line.ResetWrittenCount();
            buffer = buffer[(end + 1)..];
        }

        _line.Write(buffer.Span);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Says that nothing more comes.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException)
        {
            // It was faster.
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _socket.Dispose();
        base.Dispose(disposing);
    }

    private static async Task ReadAsync(WebSocket socket, Action left, CancellationToken cancellationToken)
    {
        var ignored = new byte[1024];
        try
        {
            while ((await socket.ReceiveAsync(ignored.AsMemory(), cancellationToken)).MessageType != WebSocketMessageType.Close) { }
        }
        catch (Exception gone)
            when (gone
                    is WebSocketException
                        or OperationCanceledException
                        or IOException
                        or ObjectDisposedException
                        or InvalidOperationException
            )
        {
            // The client left without a word, or the watch ended first.
        }

        left();
    }
}
