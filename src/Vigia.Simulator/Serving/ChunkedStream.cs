namespace Vigia.Simulator.Serving;

/// <summary>
/// A buffer that synchronous writers fill and that is passed on asynchronously whenever enough has gathered.
/// </summary>
internal sealed class ChunkedStream(Stream target, int chunkBytes) : Stream
{
    private readonly MemoryStream _buffer = new(chunkBytes + (32 << 10));

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer) => _buffer.Write(buffer);

    public override void Write(byte[] buffer, int offset, int count) => _buffer.Write(buffer, offset, count);

    /// <summary>Passes the buffer on where it is full enough.</summary>
    public ValueTask PassOnAsync(CancellationToken cancellationToken) =>
        _buffer.Length >= chunkBytes ? FinishAsync(cancellationToken) : default;

    /// <summary>Passes on whatever is left.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length > 0)
        {
            await target.WriteAsync(_buffer.GetBuffer().AsMemory(0, (int)_buffer.Length), cancellationToken);
            _buffer.SetLength(0);
        }
    }

    public override void Flush()
    {
        // Utf8JsonWriter flushes into the buffer; the buffer itself goes out by PassOnAsync.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
