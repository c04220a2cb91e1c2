using System.Runtime.CompilerServices;

namespace Vigia.Kubernetes.Protobuf;

/// <summary>Reads protobuf fields one by one from bytes.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Its position.</summary>
    public int At { get; private set; }

    /// <summary>The last field's number.</summary>
    public int Number { get; private set; }

    /// <summary>The last field's wire type: 0 a varint, 2 bytes.</summary>
    public int WireType { get; private set; }

    /// <summary>The last field's value if it is a number.</summary>
    public ulong Value { get; private set; }

    /// <summary>The last field's value if it is bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>The last field's value, which must be bytes.</summary>
    /// <exception cref="ObjectFormatException">It is a number.</exception>
    public readonly ReadOnlySpan<byte> Text =>
        WireType == 2
            ? Bytes
            : throw new ObjectFormatException($"not protobuf of a Kubernetes object: field {Number} before offset {At} is a number");

    /// <summary>Reads the next field; false at the end.</summary>
    /// <exception cref="ObjectFormatException">Cut short, or no protobuf.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next()
    {
        if (At >= _bytes.Length)
        {
            return false;
        }

        var tag = Varint();
        Number = NumberOf(tag, At, _bytes.Length);
        WireType = (int)tag & 7;
        if (WireType == 2)
        {
            var length = Varint();
            if (length > (ulong)(_bytes.Length - At))
            {
                throw CutShort();
            }

            Bytes = _bytes.Slice(At, (int)length);
            Value = 0;
            At += (int)length;
        }
        else if (WireType == 0)
        {
            Bytes = default;
            Value = Varint();
        }
        else
        {
            Bytes = default;
            Value = 0;
            var at = At;
            SkipFixed(_bytes, ref at, tag);
            At = at;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Varint()
    {
        if ((uint)At < (uint)_bytes.Length && _bytes[At] < 0x80)
        {
            return _bytes[At++];
        }

        return LongVarint();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong LongVarint()
    {
        var used = TryVarint(_bytes[At..], out var value);
        At += used > 0 ? used : throw CutShort();
        return value;
    }

    /// <summary>The rest of a varint whose first byte, which was read, says that there is more.</summary>
    public static ulong LongVarint(ReadOnlySpan<byte> bytes, ref int at, ulong first)
    {
        var value = first & 0x7f;
        for (var shift = 7; at < bytes.Length && shift < 70; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw CutShort(at, bytes.Length);
    }

    /// <summary>The exception to throw.</summary>
    public static ObjectFormatException CutShort(int at, int length) => new($"not protobuf, or truncated, at offset {at} of {length}");

    /// <summary>Reads a varint; returns its length, 0 if it is cut short.</summary>
    public static int TryVarint(ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] < 0x80)
            {
                return i + 1;
            }
        }

        return 0;
    }

    /// <summary>The field's number in a tag.</summary>
    /// <exception cref="ObjectFormatException">No field can have it.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NumberOf(ulong tag, int at, int length) =>
        tag is >= 8 and <= uint.MaxValue ? (int)(tag >> 3) : throw CutShort(at, length);

    /// <summary>
    /// Steps over a field of four or eight bytes: no field that is known is one, but a newer server's may be.
    /// </summary>
    /// <exception cref="ObjectFormatException">No wire type, or cut short.</exception>
    public static void SkipFixed(ReadOnlySpan<byte> bytes, ref int at, ulong tag)
    {
        var size = (tag & 7) switch
        {
            1 => 8,
            5 => 4,
            _ => throw new ObjectFormatException($"not protobuf: wire type {tag & 7} at offset {at}"),
        };
        at = bytes.Length - at >= size ? at + size : throw CutShort(at, bytes.Length);
    }

    private readonly ObjectFormatException CutShort() => CutShort(At, _bytes.Length);
}
