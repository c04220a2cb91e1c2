using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Vigia.Gateway.Streams.Sse;

/// <summary>The way of a stream's events to its client. Where the connection is plain HTTP/1.1 they go straight to its socket, else (TLS, HTTP/2) into the response.</summary>
/// <remarks>
/// Straight means: one call of the kernel for what is new, of bytes that other streams send too, with nothing in between. What the client does not take goes into the response's pipe, which waits for it; the socket is not touched
/// until the pipe is empty, which its flush tells (<see cref="PipeIsEmptyAfterFlush"/>). One writer, not thread-safe.
/// </remarks>
/// <param name="pipe">The response.</param>
/// <param name="socket">The connection's socket, or null where the response has to carry everything. Chunks are ours where it is given: the response says so in its header, and nothing was sent by it that has not arrived at the kernel.</param>
internal sealed class SseOutput(PipeWriter pipe, Socket? socket)
{
    /// <summary>The size of the transport's write buffer with which a flush ends when the kernel has taken all: with it a client that lags costs one write, not many.</summary>
    public const int PipeIsEmptyAfterFlush = 1;

    // More than this at once takes the pipe, whose memory comes in blocks.
    private const int LargestStraight = 64 * 1024;

    private SseFrame? _only;
    private byte[]? _several;
    private int _length;
    private bool _inPipe = true;

    /// <summary>Bytes that went straight to the socket.</summary>
    public long Straight { get; private set; }

    /// <summary>True where chunks are written here.</summary>
    public bool IsChunked => socket is not null;

    /// <summary>Bytes that wait for a flush.</summary>
    public long Pending => socket is null || _inPipe ? pipe.UnflushedBytes : (_only?.Chunk.Length ?? 0) + _length;

    /// <summary>Takes an event; it goes out with the next flush.</summary>
    public void Write(SseFrame frame)
    {
        if (socket is null)
        {
            pipe.Write(frame.Lines);
        }
        else if (_inPipe)
        {
            pipe.Write(frame.Chunk);
        }
        else if (_only is null && _length == 0)
        {
            _only = frame;
        }
        else
        {
            Collect(frame.Chunk);
        }
    }

    /// <summary>The end of the response, where chunks are ours.</summary>
    public void End()
    {
        if (socket is not null)
        {
            MoveIntoPipe();
            pipe.Write(SseFrame.LastChunk);
        }
    }

    /// <summary>Sends what was written; the task ends when the client (its kernel) has taken it.</summary>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (!_inPipe && TrySend())
        {
            return ValueTask.CompletedTask;
        }

        var flush = pipe.FlushAsync(cancellationToken);
        if (!flush.IsCompletedSuccessfully)
        {
            return WaitAsync(flush);
        }

        Flushed(flush.Result);
        return ValueTask.CompletedTask;
    }

    private async ValueTask WaitAsync(ValueTask<FlushResult> flush) => Flushed(await flush);

    private void Flushed(FlushResult flushed)
    {
        if (flushed.IsCompleted)
        {
            throw Left();
        }

        _inPipe = socket is null;
    }

    /// <summary>True where the kernel took everything; else the rest is in the pipe.</summary>
    private bool TrySend()
    {
        var bytes = _only is { } frame ? frame.Chunk : _several.AsSpan(0, _length);
        if (bytes.IsEmpty)
        {
            return true;
        }

        int sent;
        SocketError error;
        try
        {
            sent = socket!.Send(bytes, SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            throw Left();
        }

        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            throw Left();
        }

        sent = error == SocketError.Success ? sent : 0;
        Straight += sent;
        if (sent < bytes.Length)
        {
            pipe.Write(bytes[sent..]);
            _inPipe = true;
        }

        Forget();
        return !_inPipe;
    }

    private void Collect(ReadOnlySpan<byte> bytes)
    {
        var first = _only is { } frame ? frame.Chunk : default;
        var needed = first.Length + _length + bytes.Length;
        if (needed > LargestStraight)
        {
            MoveIntoPipe();
            pipe.Write(bytes);
            return;
        }

        if (_several is null || _several.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(4096, needed * 2));
            _several.AsSpan(0, _length).CopyTo(larger);
            Return();
            _several = larger;
        }

        first.CopyTo(_several.AsSpan(_length));
        bytes.CopyTo(_several.AsSpan(_length + first.Length));
        (_length, _only) = (needed, null);
    }

    private void MoveIntoPipe()
    {
        if (!_inPipe)
        {
            pipe.Write(_only is { } frame ? frame.Chunk : _several.AsSpan(0, _length));
            _inPipe = true;
            Forget();
        }
    }

    private void Forget()
    {
        _only = null;
        _length = 0;
        Return();
    }

    private void Return()
    {
        if (_several is { } buffer)
        {
            _several = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static OperationCanceledException Left() => new("the client left");
}
