using System.Buffers.Binary;

namespace Vigia.Kubernetes.Objects.Packing;

/// <summary>
/// Describes a body by another one: "so many bytes of its own, then so many of the template's from there", until it is
/// whole.
/// </summary>
/// <remarks>
/// The pods of one deployment differ only in names, addresses, times and ids: some 660 of 10,500 bytes, half of them
/// hexadecimal ids, which are kept as numbers. Encoding costs a comparison of both texts, decoding a copy;
/// docs/decisions/0006 has the alternatives that were tried. The form: repeated <c>literal length and kind, literal,
/// copy length, copy place</c>, lengths as variable-length integers, the place relative to where the last copy and the
/// literal would lead. A copy length of 0 means the object's own uid, which its header has anyway.
/// </remarks>
internal static class BodyCoder
{
    /// <summary>The length of a UUID's text.</summary>
    public const int UidLength = 36;

    private static readonly System.Buffers.SearchValues<byte> s_hexDigits = System.Buffers.SearchValues.Create("0123456789abcdef"u8);

    // A copy costs 3 to 5 bytes: shorter matches are cheaper as text.
    private const int ShortestCopy = 8;
    private const int ShortestJump = 12;
    private const int LongestControl = 15;

    /// <summary>
    /// Encodes; returns the length written, or -1 if it would be longer than <paramref name="packed"/>.
    /// </summary>
    /// <param name="target">The body.</param>
    /// <param name="uid">The text of its uid, if it is a UUID; else empty.</param>
    /// <param name="template">The template.</param>
    /// <param name="packed">The output.</param>
    public static int Encode(ReadOnlySpan<byte> target, ReadOnlySpan<byte> uid, BodyTemplate template, Span<byte> packed)
    {
        ReadOnlySpan<byte> known = template.Json;
        var uidAt = uid.IsEmpty ? -1 : target.IndexOf(uid);
        var (at, literal, place, written) = (0, 0, 0, 0);
        while (at < target.Length)
        {
            // In step: where the text would continue if the difference has the same length in both.
            var inStep = place + (at - literal);
            var (copyFrom, length) = (inStep, 0);
            if (at == uidAt)
            {
                if (!Room(packed, written, at - literal))
                {
                    return -1;
                }

                written = WriteLiteral(packed, written, target[literal..at]);
                packed[written++] = 0;
                (at, place) = (at + UidLength, inStep + UidLength);
                literal = at;
                continue;
            }

            if (
                inStep + 8 <= known.Length
                && at + 8 <= target.Length
                && BinaryPrimitives.ReadUInt64LittleEndian(known[inStep..]) == BinaryPrimitives.ReadUInt64LittleEndian(target[at..])
            )
            {
                length = target[at..].CommonPrefixLength(known[inStep..]);
            }
            else if (at == literal && Replaced(target, at, known, inStep) is { Skipped: > 0 } replaced)
            {
                (at, copyFrom, length) = (at + replaced.Skipped, replaced.Place, replaced.Length);
            }
            else if (at == 0 || target[at - 1] == (byte)'"')
            {
                (copyFrom, length) = template.Find(target, at, inStep);
                length = length < ShortestJump ? 0 : length;
            }

            length = at < uidAt ? Math.Min(length, uidAt - at) : length;
            if (length < ShortestCopy)
            {
                at++;
                continue;
            }

            // Backwards over bytes taken for a literal.
            while (at > literal && copyFrom > 0 && target[at - 1] == known[copyFrom - 1])
            {
                (at, copyFrom, length) = (at - 1, copyFrom - 1, length + 1);
            }

            var own = at - literal;
            if (!Room(packed, written, own))
            {
                return -1;
            }

            written = WriteLiteral(packed, written, target[literal..at]);
            written = WriteNumber(packed, written, (uint)length);
            written = WriteNumber(packed, written, ZigZag(copyFrom - (place + own)));
            at += length;
            (literal, place) = (at, copyFrom + length);
        }

        return Room(packed, written, target.Length - literal) ? WriteLiteral(packed, written, target[literal..]) : -1;
    }

    /// <summary>Writes the whole body into <paramref name="target"/>, which has exactly its length.</summary>
    public static void Decode(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> template, Guid uid, Span<byte> target)
    {
        var (read, at, place) = (0, 0, 0);
        while (true)
        {
            var literal = ReadLiteral(packed, ref read, target[at..]);
            at += literal;
            place += literal;
            if (at >= target.Length)
            {
                return;
            }

            var length = (int)ReadNumber(packed, ref read);
            if (length == 0)
            {
                uid.TryFormat(target[at..], out length);
            }
            else
            {
                place += UnZigZag(ReadNumber(packed, ref read));
                template.Slice(place, length).CopyTo(target[at..]);
            }

            at += length;
            place += length;
            if (at >= target.Length)
            {
                return;
            }
        }
    }

    /// <summary>
    /// The commonest difference: one value replaced by another, with equal text after its closing quote. Found this
    /// way, it needs no anchors.
    /// </summary>
    private static (int Skipped, int Place, int Length) Replaced(ReadOnlySpan<byte> target, int at, ReadOnlySpan<byte> known, int inStep)
    {
        if (inStep >= known.Length)
        {
            return default;
        }

        var (ours, theirs) = (target[at..].IndexOf((byte)'"'), known[inStep..].IndexOf((byte)'"'));
        if (ours <= 0 || theirs < 0)
        {
            return default;
        }

        var length = target[(at + ours)..].CommonPrefixLength(known[(inStep + theirs)..]);
        return length < ShortestJump ? default : (ours, inStep + theirs, length);
    }

    private static bool Room(ReadOnlySpan<byte> packed, int written, int literal) => written + literal + LongestControl <= packed.Length;

    /// <summary>Text unchanged, hexadecimal digits two per byte.</summary>
    private static int WriteLiteral(Span<byte> into, int at, ReadOnlySpan<byte> literal)
    {
        var isHex = literal.Length > 2 && !literal.ContainsAnyExcept(s_hexDigits);
        at = WriteNumber(into, at, ((uint)literal.Length << 1) | (isHex ? 1u : 0));
        if (!isHex)
        {
            literal.CopyTo(into[at..]);
            return at + literal.Length;
        }

        for (var i = 0; i < literal.Length; i += 2)
        {
            into[at++] = (byte)((Digit(literal[i]) << 4) | (i + 1 < literal.Length ? Digit(literal[i + 1]) : 0));
        }

        return at;
    }

    private static int ReadLiteral(ReadOnlySpan<byte> from, ref int at, Span<byte> into)
    {
        var control = ReadNumber(from, ref at);
        var length = (int)(control >> 1);
        if ((control & 1) == 0)
        {
            from.Slice(at, length).CopyTo(into);
            at += length;
            return length;
        }

        var digits = "0123456789abcdef"u8;
        for (var i = 0; i < length; i++)
        {
            var pair = from[at + (i >> 1)];
            into[i] = digits[(i & 1) == 0 ? pair >> 4 : pair & 15];
        }

        at += (length + 1) >> 1;
        return length;
    }

    private static int Digit(byte hex) => hex <= (byte)'9' ? hex - '0' : hex - 'a' + 10;

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
