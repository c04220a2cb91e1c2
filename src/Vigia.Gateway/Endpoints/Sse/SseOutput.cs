using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Vigia.Gateway.Endpoints.Sse;

/// <summary>
/// The way of a stream's events to its client: straight to its socket where the connection is plain, else into a pipe
/// (under TLS, or of a response).
/// </summary>
/// <remarks>
/// Directly means: one system call for all new events, with bytes shared with other streams, and nothing in between.
/// Bytes that the client does not take go into the connection's pipe, which waits for it; the socket is not touched
/// until the pipe is empty, which its flush reports (<see cref="PipeIsEmptyAfterFlush"/>). One writer, not thread-safe,
/// except for <see cref="Hurry"/>.
/// </remarks>
/// <param name="pipe">The connection, or the response on it.</param>
/// <param name="socket">The connection's socket, or null if the pipe has to carry everything.</param>
/// <param name="isChunked">True if the framing of HTTP/1.1 is ours: the pipe is the bare connection.</param>
internal sealed class SseOutput(PipeWriter pipe, Socket? socket, bool isChunked)
{
    /// <summary>
    /// The size of the transport's write buffer with which a flush ends when the kernel has taken all: with it a client
    /// that lags costs one write, not many.
    /// </summary>
    public const int PipeIsEmptyAfterFlush = 1;

    // More than this at once takes the pipe, whose memory comes in blocks.
    private const int LargestStraight = 64 * 1024;

    private SseFrame? _only;
    private byte[]? _several;
    private int _length;
    private bool _inPipe = true;

    /// <summary>Bytes over the bare connection.</summary>
    public long Bytes { get; private set; }

    /// <summary>True if the last flush did not wait for the client, because it was hurried.</summary>
    public bool WasHurried { get; private set; }

    /// <summary>Bytes that wait for a flush.</summary>
    public long Pending => socket is null || _inPipe ? pipe.UnflushedBytes : (_only?.Chunk.Length ?? 0) + _length;

    /// <summary>Takes an event; it goes out with the next flush.</summary>
    public void Write(SseFrame frame)
    {
        if (!isChunked)
        {
            pipe.Write(frame.Lines);
        }
        else if (_inPipe)
        {
            WriteToPipe(frame.Chunk);
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
        if (isChunked)
        {
            MoveIntoPipe();
            WriteToPipe(SseFrame.LastChunk);
        }
    }

    /// <summary>
    /// A flush that waits for the client ends, and so does the next one if none waits: the stream has something to say
    /// that is more urgent. Thread-safe.
    /// </summary>
    public void Hurry() => pipe.CancelPendingFlush();

    /// <summary>Sends the output; the task ends when the client (its kernel) has taken it.</summary>
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

        // A flush that was cut short says nothing of the pipe.
        WasHurried = flushed.IsCanceled;
        _inPipe = socket is null || flushed.IsCanceled;
    }

    /// <summary>True if the kernel took everything; else the rest is in the pipe.</summary>
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
        Bytes += sent;
        if (sent < bytes.Length)
        {
            WriteToPipe(bytes[sent..]);
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
            WriteToPipe(bytes);
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
            WriteToPipe(_only is { } frame ? frame.Chunk : _several.AsSpan(0, _length));
            _inPipe = true;
            Forget();
        }
    }

    private void WriteToPipe(ReadOnlySpan<byte> bytes)
    {
        Bytes += bytes.Length;
        pipe.Write(bytes);
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
