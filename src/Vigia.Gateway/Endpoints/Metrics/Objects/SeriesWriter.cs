using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Vigia.Catalog.Paths;

namespace Vigia.Gateway.Endpoints.Metrics.Objects;

/// <summary>
/// Writes series line by line as bytes, through a buffer that is flushed into the response as it fills: the whole is
/// never in memory.
/// </summary>
/// <remarks>One writer, not thread-safe. Dispose gives the buffer back.</remarks>
internal sealed class SeriesWriter(PipeWriter output) : IDisposable
{
    // Half of the bytes that a response buffers before a write waits for the client.
    private const int Full = 32 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(2 * Full);
    private byte[] _name = [];
    private byte[]? _head;
    private ReadOnlyMemory<byte> _identity;
    private int _length;

    /// <summary>True if enough was written that it should be sent before more is.</summary>
    public bool IsFull => _length >= Full;

    /// <summary>Bytes written so far.</summary>
    public long Written { get; private set; }

    /// <summary>Starts a family: its head is written before its first series, and not at all without one.</summary>
    public void Enter(byte[] name, byte[] head) => (_name, _head) = (name, head);

    /// <summary>Starts an object.</summary>
    /// <param name="identity">The labels of all its series, as written.</param>
    public void Enter(ReadOnlyMemory<byte> identity) => _identity = identity;

    /// <summary>A series without further labels; NaN means none.</summary>
    public void Series(double value)
    {
        if (!double.IsNaN(value))
        {
            Begin();
            End(value);
        }
    }

    /// <summary>Begins a series: its labels follow.</summary>
    public void Begin()
    {
        if (_head is { } head)
        {
            Write(head);
            _head = null;
        }

        Write(_name);
        Write("{"u8);
        Write(_identity.Span);
    }

    /// <summary>A label whose value needs no escapes.</summary>
    public void Label(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Write(","u8);
        Write(name);
        Write("=\""u8);
        Write(value);
        Write("\""u8);
    }

    /// <summary>A label with the text of a string, number or boolean; empty if there is none.</summary>
    public void Label(ReadOnlySpan<byte> name, JsonView value)
    {
        if (value.IsAbsent || value.IsObject || value.IsArray)
        {
            Label(name, ""u8);
            return;
        }

        // Without an escape in JSON there is nothing that needs one here.
        if (value.IsString && !value.Raw.Contains((byte)'\\'))
        {
            Label(name, value.Raw[1..^1]);
            return;
        }

        Label(name, value.Text ?? "");
    }

    /// <summary>A label with any text.</summary>
    public void Label(ReadOnlySpan<byte> name, string value)
    {
        Write(","u8);
        Write(name);
        Write("=\""u8);
        WriteEscaped(value);
        Write("\""u8);
    }

    /// <summary>Ends a series.</summary>
    public void End(double value)
    {
        Write("} "u8);
        var span = Room(32);
        int written;
        if (value is >= -9e15 and <= 9e15 && Math.Floor(value) == value)
        {
            Utf8Formatter.TryFormat((long)value, span, out written);
        }
        else
        {
            value.TryFormat(span, out written, "R", System.Globalization.CultureInfo.InvariantCulture);
        }

        _length += written;
        Write("\n"u8);
    }

    /// <summary>A state that is one of several: a series for each, 1 for the one that it is in.</summary>
    public void States(ReadOnlySpan<byte> label, ReadOnlySpan<byte[]> states, int current)
    {
        for (var i = 0; i < states.Length; i++)
        {
            Begin();
            Label(label, states[i]);
            End(i == current ? 1 : 0);
        }
    }

    /// <summary>Sends the output; waits while the client does not read.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        output.Write(_buffer.AsSpan(0, _length));
        Written += _length;
        _length = 0;
        var flushed = await output.FlushAsync(cancellationToken);
        if (flushed.IsCompleted)
        {
            throw new OperationCanceledException("the client left");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Text with the escapes of the format.</summary>
    public void WriteEscaped(string text)
    {
        for (var rest = text.AsSpan(); rest.Length > 0; )
        {
            var plain = rest.IndexOfAny('\\', '"', '\n') is var at and >= 0 ? at : rest.Length;
            var room = Room(Encoding.UTF8.GetMaxByteCount(plain) + 2);
            _length += Encoding.UTF8.GetBytes(rest[..plain], room);
            if (plain == rest.Length)
            {
                return;
            }

            Write(
                rest[plain] switch
                {
                    '\\' => "\\\\"u8,
                    '"' => "\\\""u8,
                    _ => "\\n"u8,
                }
            );
            rest = rest[(plain + 1)..];
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _length += bytes.Length;
    }

    private Span<byte> Room(int size)
    {
        if (_buffer.Length - _length < size)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + size));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer.AsSpan(_length);
    }
}
