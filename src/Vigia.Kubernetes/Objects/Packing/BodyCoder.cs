using System.Buffers.Binary;

namespace Vigia.Kubernetes.Objects.Packing;

/// <summary>Describes a body by another one: "so many bytes of its own, then so many of the template's from there", until it is whole.</summary>
/// <remarks>
/// The pods of one deployment share all but names, addresses, times and ids: some 660 of 10,500 bytes. Encoding costs a comparison of both texts, decoding a copy; docs/decisions/0006 has what else was
/// tried. The form: repeated <c>literal length, literal, copy length, copy place</c>, lengths as variable-length integers, the place relative to where the last copy and the literal would lead.
/// </remarks>
internal static class BodyCoder
{
    // A copy costs 3 to 5 bytes: shorter matches are cheaper as text.
    private const int ShortestCopy = 8;
    private const int ShortestJump = 12;

    /// <summary>Encodes; returns the length written, or -1 where it would be longer than <paramref name="packed"/>.</summary>
    public static int Encode(ReadOnlySpan<byte> target, BodyTemplate template, Span<byte> packed)
    {
        ReadOnlySpan<byte> known = template.Json;
        var (at, literal, place, written) = (0, 0, 0, 0);
        while (at < target.Length)
        {
            // In step: where the text would go on if what differs is as long here as there.
            var inStep = place + (at - literal);
            var (copyFrom, length) = (inStep, 0);
            if (inStep + 8 <= known.Length && at + 8 <= target.Length
                && BinaryPrimitives.ReadUInt64LittleEndian(known[inStep..]) == BinaryPrimitives.ReadUInt64LittleEndian(target[at..]))
            {
                length = target[at..].CommonPrefixLength(known[inStep..]);
            }
            else if (at == 0 || target[at - 1] == (byte)'"')
            {
                (copyFrom, length) = template.Find(target, at, inStep);
                length = length < ShortestJump ? 0 : length;
            }

            if (length < ShortestCopy)
            {
                at++;
                continue;
            }

            // Backwards over what was taken for a literal.
            while (at > literal && copyFrom > 0 && target[at - 1] == known[copyFrom - 1])
            {
                (at, copyFrom, length) = (at - 1, copyFrom - 1, length + 1);
            }

            var own = target[literal..at];
            if (written + own.Length + 15 > packed.Length)
            {
                return -1;
            }

            written = WriteNumber(packed, written, (uint)own.Length);
            own.CopyTo(packed[written..]);
            written = WriteNumber(packed, written + own.Length, (uint)length);
            written = WriteNumber(packed, written, ZigZag(copyFrom - (place + own.Length)));
            at += length;
            (literal, place) = (at, copyFrom + length);
        }

        var rest = target[literal..];
        if (written + rest.Length + 5 > packed.Length)
        {
            return -1;
        }

        written = WriteNumber(packed, written, (uint)rest.Length);
        rest.CopyTo(packed[written..]);
        return written + rest.Length;
    }

    /// <summary>Writes the whole body into <paramref name="target"/>, which is exactly as long as it.</summary>
    public static void Decode(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> template, Span<byte> target)
    {
        var (read, at, place) = (0, 0, 0);
        while (true)
        {
            var literal = (int)ReadNumber(packed, ref read);
            packed.Slice(read, literal).CopyTo(target[at..]);
            read += literal;
            at += literal;
            if (at >= target.Length)
            {
                return;
            }

            var length = (int)ReadNumber(packed, ref read);
            place += literal + UnZigZag(ReadNumber(packed, ref read));
            template.Slice(place, length).CopyTo(target[at..]);
            at += length;
            place += length;
            if (at >= target.Length)
            {
                return;
            }
        }
    }

    private static int WriteNumber(Span<byte> into, int at, uint number)
    {
        while (number >= 0x80)
        {
            into[at++] = (byte)(number | 0x80);
            number >>= 7;
        }

        into[at++] = (byte)number;
        return at;
    }

    private static uint ReadNumber(ReadOnlySpan<byte> from, ref int at)
    {
        uint number = from[at++];
        if (number < 0x80)
        {
            return number;
        }

        number &= 0x7f;
        for (var shift = 7; ; shift += 7)
        {
            uint more = from[at++];
            number |= (more & 0x7f) << shift;
            if (more < 0x80)
            {
                return number;
            }
        }
    }

    private static uint ZigZag(int number) => (uint)((number << 1) ^ (number >> 31));

    private static int UnZigZag(uint number) => (int)(number >> 1) ^ -(int)(number & 1);
}
