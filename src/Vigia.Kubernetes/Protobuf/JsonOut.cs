using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Vigia.Kubernetes.Protobuf;

/// <summary>JSON being written into one array that grows and is used again.</summary>
internal sealed class JsonOut
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Select(b => (byte)b),
        (byte)'"',
        (byte)'\\',
    ]);

    private byte[] _bytes = new byte[16 * 1024];
    private int _length;

    /// <summary>The bytes written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Starts again.</summary>
    public void Clear() => _length = 0;

    /// <summary>A bracket or a brace.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Byte(byte value)
    {
        Room(1);
        _bytes[_length++] = value;
    }

    /// <summary>Bytes unchanged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raw(ReadOnlySpan<byte> value)
    {
        Room(value.Length);
        value.CopyTo(_bytes.AsSpan(_length));
        _length += value.Length;
    }

    /// <summary>A comma if a member or an element is before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Comma()
    {
        Room(1);
        _bytes[_length] = (byte)',';
        _length += _bytes[_length - 1] is (byte)'{' or (byte)'[' ? 0 : 1;
    }

    /// <summary>A member's name with what separates it from the member before.</summary>
    /// <param name="padded">With a comma in front, padded to whole blocks of 32 bytes, which are copied.</param>
    /// <param name="length">Without the padding.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Name(byte[] padded, int length)
    {
        Room(padded.Length);
        var first = _bytes[_length - 1] == (byte)'{';
        ref var to = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), _length - (first ? 1 : 0));
        ref var from = ref MemoryMarshal.GetArrayDataReference(padded);
        for (var i = 0; i < padded.Length; i += 32)
        {
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, i), Unsafe.ReadUnaligned<Vector256<byte>>(ref Unsafe.Add(ref from, i)));
        }

        if (first)
        {
            to = (byte)'{';
        }

        _length += length - (first ? 1 : 0);
    }

    /// <summary>A string, escaped as JSON requires. UTF-8 is checked once, over the whole object.</summary>
    public void Text(ReadOnlySpan<byte> utf8)
    {
        Room(utf8.Length + 2);
        ref var to = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), _length);
        to = (byte)'"';
        if (Copied(ref MemoryMarshal.GetReference(utf8), ref Unsafe.Add(ref to, 1), utf8.Length))
        {
            Unsafe.Add(ref to, utf8.Length + 1) = (byte)'"';
            _length += utf8.Length + 2;
            return;
        }

        _length++;
        Escape(utf8);
        Byte((byte)'"');
    }

    /// <summary>
    /// Copies; false if a byte needs an escape. Short texts by overlapping words: calls would cost more than the
    /// work.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Copied(ref byte from, ref byte to, int length)
    {
        if (length >= 16)
        {
            var bad = Vector128<byte>.Zero;
            for (var i = 0; i < length - 16; i += 16)
            {
                bad |= Copy16(ref from, ref to, i);
            }

            return (bad | Copy16(ref from, ref to, length - 16)) == Vector128<byte>.Zero;
        }

        if (length >= 8)
        {
            return (Copy8(ref from, ref to, 0) | Copy8(ref from, ref to, length - 8)) == 0;
        }

        if (length >= 4)
        {
            var (low, high) = (Unsafe.ReadUnaligned<uint>(ref from), Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref from, length - 4)));
            Unsafe.WriteUnaligned(ref to, low);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, length - 4), high);
            return Special(((ulong)high << 32) | low) == 0;
        }

        var clean = true;
        for (var i = 0; i < length; i++)
        {
            var b = Unsafe.Add(ref from, i);
            Unsafe.Add(ref to, i) = b;
            clean &= b is >= 0x20 and not ((byte)'"' or (byte)'\\');
        }

        return clean;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Copy16(ref byte from, ref byte to, int at)
    {
        var block = Unsafe.ReadUnaligned<Vector128<byte>>(ref Unsafe.Add(ref from, at));
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, at), block);
        return Vector128.LessThan(block, Vector128.Create((byte)0x20))
            | Vector128.Equals(block, Vector128.Create((byte)'"'))
            | Vector128.Equals(block, Vector128.Create((byte)'\\'));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Copy8(ref byte from, ref byte to, int at)
    {
        var word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, at));
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, at), word);
        return Special(word);
    }

    /// <summary>
    /// Not zero if a byte is a control character, a quote or a backslash (the usual trick for bytes in a word).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Special(ulong word)
    {
        const ulong Ones = 0x0101010101010101,
            Tops = 0x8080808080808080;
        var quote = word ^ (Ones * '"');
        var backslash = word ^ (Ones * '\\');
        return (((word - (Ones * 0x20)) & ~word) | ((quote - Ones) & ~quote) | ((backslash - Ones) & ~backslash)) & Tops;
    }

    /// <summary>A number.</summary>
    public void Number(long value)
    {
        if ((ulong)value < 10)
        {
            Byte((byte)('0' + value));
            return;
        }

        Room(20);
        Utf8Formatter.TryFormat(value, _bytes.AsSpan(_length), out var written);
        _length += written;
    }

    /// <summary>A time in UTC, with microseconds or to the second.</summary>
    public void Time(long seconds, int nanos, bool micro)
    {
        Room(29);
        var time = DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime;
        var to = _bytes.AsSpan(_length);
        to[0] = to[micro ? 28 : 21] = (byte)'"';
        Digits(to.Slice(1, 4), time.Year);
        to[5] = to[8] = (byte)'-';
        Digits(to.Slice(6, 2), time.Month);
        Digits(to.Slice(9, 2), time.Day);
        to[11] = (byte)'T';
        Digits(to.Slice(12, 2), time.Hour);
        to[14] = to[17] = (byte)':';
        Digits(to.Slice(15, 2), time.Minute);
        Digits(to.Slice(18, 2), time.Second);
        if (micro)
        {
            to[20] = (byte)'.';
            Digits(to.Slice(21, 6), nanos / 1000);
        }

        to[micro ? 27 : 20] = (byte)'Z';
        _length += micro ? 29 : 22;
    }

    /// <summary>Bytes as base64.</summary>
    public void Base64(ReadOnlySpan<byte> value)
    {
        Room(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(value.Length) + 2);
        _bytes[_length++] = (byte)'"';
        System.Buffers.Text.Base64.EncodeToUtf8(value, _bytes.AsSpan(_length), out _, out var written);
        _length += written;
        Byte((byte)'"');
    }

    private static void Digits(Span<byte> to, int value)
    {
        for (var i = to.Length - 1; i >= 0; i--, value /= 10)
        {
            to[i] = (byte)('0' + (value % 10));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Escape(ReadOnlySpan<byte> utf8)
    {
        Room((utf8.Length * 6) + 1);
        while (!utf8.IsEmpty)
        {
            var clean = utf8.IndexOfAny(Escaped);
            clean = clean < 0 ? utf8.Length : clean;
            Raw(utf8[..clean]);
            utf8 = utf8[clean..];
            if (utf8.IsEmpty)
            {
                return;
            }

            switch (utf8[0])
            {
                case (byte)'"':
                    Raw("\\\""u8);
                    break;
                case (byte)'\\':
                    Raw("\\\\"u8);
                    break;
                case (byte)'\n':
                    Raw("\\n"u8);
                    break;
                default:
                    Raw("\\u00"u8);
                    Byte("0123456789abcdef"u8[utf8[0] >> 4]);
                    Byte("0123456789abcdef"u8[utf8[0] & 15]);
                    break;
            }

            utf8 = utf8[1..];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Room(int more)
    {
        if (_bytes.Length - _length < more)
        {
            Grow(more);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int more) => Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + more));
}
