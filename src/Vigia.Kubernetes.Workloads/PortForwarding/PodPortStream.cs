using System.Buffers;
using System.Net.WebSockets;
using System.Text;

namespace Vigia.Kubernetes.Workloads.PortForwarding;

/// <summary>
/// One connection to a port of a pod over a WebSocket (v4.channel.k8s.io): messages of channel 0 are its bytes, those
/// of channel 1 are errors. Each channel begins with the port's number, two bytes, which are removed here.
/// </summary>
internal sealed class PodPortStream(WebSocket socket, string what) : Stream
{
    private const int LargestWrite = 32 << 10;
    private readonly byte[] _buffer = new byte[32 << 10];
    private readonly int[] _headers = [2, 2];
    private readonly ArrayBufferWriter<byte> _error = new(16);
    private ReadOnlyMemory<byte> _pending;
    private bool _within;
    private int _channel;
    private int _disposed;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// Waits until the pod's side has confirmed the port: its channels start with the number, or with an error.
    /// </summary>
    public async Task OpenAsync(CancellationToken ct)
    {
        while (_headers[0] > 0)
        {
            if (!await FillAsync(ct))
            {
                throw new KubernetesConnectionException($"{what}: the server ended the connection before it was established");
            }
        }
    }

    /// <returns>0 at the end.</returns>
    /// <exception cref="KubernetesConnectionException">
    /// Nothing listens on the port, or the connection broke.
    /// </exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_pending.IsEmpty)
        {
            if (!await FillAsync(cancellationToken))
            {
                return _error.WrittenCount > 0
                    ? throw new KubernetesConnectionException($"{what}: {Encoding.UTF8.GetString(_error.WrittenSpan).Trim()}")
                    : 0;
            }
        }

        var length = Math.Min(buffer.Length, _pending.Length);
        _pending[..length].CopyTo(buffer);
        _pending = _pending[length..];
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var frame = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length, LargestWrite) + 1);
        try
        {
            frame[0] = 0;
            while (buffer.Length > 0)
            {
                var length = Math.Min(buffer.Length, LargestWrite);
                buffer.Span[..length].CopyTo(frame.AsSpan(1));
                await socket.SendAsync(frame.AsMemory(0, length + 1), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
                buffer = buffer[length..];
            }
        }
        catch (WebSocketException error)
        {
            throw Broken(error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("synchronous reads are not supported: use ReadAsync");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("synchronous writes are not supported: use WriteAsync");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            socket.Abort();
            socket.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Receives once. False at the end, which an error may precede.</summary>
    private async Task<bool> FillAsync(CancellationToken ct)
    {
        try
        {
            var read = await socket.ReceiveAsync(_buffer.AsMemory(), ct);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return false;
            }

            ReadOnlyMemory<byte> bytes = _buffer.AsMemory(0, read.Count);
            if (!_within && bytes.Length > 0)
            {
                (_channel, bytes) = (bytes.Span[0], bytes[1..]);
            }

            _within = !read.EndOfMessage;
            if (_channel is not (0 or 1))
            {
                return true;
            }

            var header = Math.Min(_headers[_channel], bytes.Length);
            _headers[_channel] -= header;
            bytes = bytes[header..];
            if (_channel == 1)
            {
                _error.Write(bytes.Span);
                return _error.WrittenCount == 0 || !read.EndOfMessage || _headers[0] > 0;
            }

            _pending = bytes;
            return true;
        }
        catch (WebSocketException error)
        {
            throw _error.WrittenCount > 0
                ? new KubernetesConnectionException($"{what}: {Encoding.UTF8.GetString(_error.WrittenSpan).Trim()}", error)
                : Broken(error);
        }
    }

    private KubernetesConnectionException Broken(Exception error) =>
        new($"{what}: the connection broke: {(error.InnerException ?? error).Message.TrimEnd('.')}", error);
}
