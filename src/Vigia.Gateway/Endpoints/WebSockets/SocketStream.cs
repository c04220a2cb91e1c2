using System.Diagnostics.CodeAnalysis;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>
/// The stream below a WebSocket, shared by two writers: the protocol (pings, pongs, close), and the sender of many
/// prepared frames at once.
/// </summary>
/// <remarks>
/// Each write is one or more whole frames, and writes wait for each other, so frames are never interleaved. The
/// protocol disposes of it if no pong arrived in time; the server's stream does not end a read then, so
/// <paramref name="gone"/> informs the reader.
/// </remarks>
internal sealed class SocketStream(Stream inner, CancellationTokenSource gone) : Stream
{
    [SuppressMessage("Usage", "CA2213", Justification = "A write that still waits gives it back after; it holds nothing but memory.")]
    private readonly SemaphoreSlim _writing = new(1, 1);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await inner.WriteAsync(buffer, cancellationToken);
            await inner.FlushAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.ReadAsync(buffer, offset, count, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();

            // Not within this call: the protocol holds its own locks here.
            gone.CancelAfter(TimeSpan.Zero);
        }

        base.Dispose(disposing);
    }
}
