using System.Buffers;
using System.Buffers.Binary;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>
/// Collects text messages as frames (RFC 6455, section 5.2: unmasked, unfragmented) and sends them in one write.
/// </summary>
/// <remarks>
/// For one writer at a time. Its buffer is pooled and given back when all is sent, so that an idle connection holds
/// none.
/// </remarks>
internal sealed class SocketOutput(SocketStream stream)
{
    private const int LongestHeader = 10;
    private const byte FinalText = 0x81;

    private byte[] _buffer = [];
    private int _length;
    private int _message;

    /// <summary>Bytes that wait to be sent.</summary>
    public int Pending => _length;

    /// <summary>Bytes sent so far.</summary>
    public long Sent { get; private set; }

    /// <summary>Begins a message.</summary>
    public void Begin()
    {
        Reserve(LongestHeader);
        _message = _length;
        _length += LongestHeader;
    }

    /// <summary>Continues the message.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Ends the message: now its length is known, and the header put in front.</summary>
    public void End()
    {
        var length = _length - _message - LongestHeader;
        var frame = _buffer.AsSpan(_message);
        var header =
            length < 126 ? 2
            : length <= ushort.MaxValue ? 4
            : 10;
        frame.Slice(LongestHeader, length).CopyTo(frame[header..]);
        frame[0] = FinalText;
        switch (header)
        {
            case 2:
                frame[1] = (byte)length;
                break;
            case 4:
                frame[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(frame[2..], (ushort)length);
                break;
            default:
                frame[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(frame[2..], (ulong)length);
                break;
        }

        _length = _message + header + length;
    }

    /// <summary>Sends the collected output; waits while the client does not take it.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_length == 0)
        {
            return;
        }

        var (buffer, length) = (_buffer, _length);
        (_buffer, _length) = ([], 0);
        try
        {
            await stream.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
            Sent += length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Reserve(int more)
    {
        if (_buffer.Length - _length >= more)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(4096, Math.Max(_length + more, _buffer.Length * 2)));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
