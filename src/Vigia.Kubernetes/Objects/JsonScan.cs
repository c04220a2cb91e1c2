using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Vigia.Kubernetes.Objects;

/// <summary>
/// Steps over JSON values without reading them: 64 bytes at a time, brackets counted outside strings.
/// </summary>
/// <remarks>
/// Why not <c>Utf8JsonReader</c>: half of a pod is managedFields, thousands of tiny tokens which a token reader visits
/// one by one (about 60 µs a pod). Here a block of 64 bytes costs a handful of vector operations whatever it contains
/// (docs/performance.md has the figures). The idea of the bit masks is simdjson's (Langdale and Lemire, "Parsing
/// Gigabytes of JSON per Second", 2019). Only balance is checked here; <see cref="ObjectDecoder"/> checks the grammar
/// of the parts that are kept.
/// </remarks>
internal static class JsonScan
{
    private const byte Quote = (byte)'"';
    private const byte Backslash = (byte)'\\';

    private static readonly SearchValues<byte> ScalarEnds = SearchValues.Create(" ,]}\n\r\t"u8);

    /// <summary>
    /// The index of the first byte at or after <paramref name="at"/> that is not JSON white space; the length if there
    /// is none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SkipWhiteSpace(ReadOnlySpan<byte> json, int at)
    {
        while ((uint)at < (uint)json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    /// <summary>
    /// The index after the value that begins at <paramref name="at"/>; -1 if the value does not end within
    /// <paramref name="json"/>.
    /// </summary>
    public static int SkipValue(ReadOnlySpan<byte> json, int at)
    {
        if ((uint)at >= (uint)json.Length)
        {
            return -1;
        }

        switch (json[at])
        {
            case (byte)'{' or (byte)'[':
                return SkipContainer(json, at);
            case Quote:
                return SkipString(json, at);
            default:
                var length = json[at..].IndexOfAny(ScalarEnds);
                return length switch
                {
                    < 0 => -1,
                    0 => throw Malformed(json, at, "a value"),
                    _ => at + length,
                };
        }
    }

    /// <summary>
    /// The length of the value at the front of <paramref name="json"/>; -1 if it does not end there. Then
    /// <paramref name="progress"/> is how far it was scanned, and the next call, with the same bytes and more,
    /// continues there: a value that arrives in a thousand parts is scanned once, not a thousand times.
    /// </summary>
    public static int SkipValue(ReadOnlySpan<byte> json, ref ScanProgress progress)
    {
        if (json.IsEmpty)
        {
            return -1;
        }

        switch (json[0])
        {
            case (byte)'{' or (byte)'[':
                return SkipContainer(json, ref progress);
            case Quote:
                var end = SkipString(json, Math.Max(1, progress.At), out var seen);
                progress.At = seen;
                return end;
            default:
                var length = json[progress.At..].IndexOfAny(ScalarEnds);
                if (length < 0)
                {
                    progress.At = json.Length;
                    return -1;
                }

                return progress.At + length is var whole && whole > 0 ? whole : throw Malformed(json, 0, "a value");
        }
    }

    /// <summary>
    /// The index after the string whose opening quote is at <paramref name="at"/>; -1 where it does not end.
    /// </summary>
    public static int SkipString(ReadOnlySpan<byte> json, int at) => SkipString(json, at + 1, out _);

    /// <summary>
    /// The index after the object or array whose opening bracket is at <paramref name="at"/>; -1 if it does not end.
    /// </summary>
    public static int SkipContainer(ReadOnlySpan<byte> json, int at)
    {
        // The loop stands here and below: sharing it costs a fifth of a large value's time, or doubles a small one's
        // (measured), since its variables no longer stay in registers.
        ref var origin = ref MemoryMarshal.GetReference(json);
        var depth = 0;
        ulong inString = 0;
        ulong escapeCarry = 0;
        for (; json.Length - at >= 64; at += 64)
        {
            Masks(ref Unsafe.Add(ref origin, at), out var quotes, out var backslashes, out var opens, out var closes);
            if (EndWithin(quotes, backslashes, opens, closes, ref depth, ref inString, ref escapeCarry) is var end && end >= 0)
            {
                return at + end;
            }
        }

        return at < json.Length ? SkipShortBlock(json, at, depth, inString, escapeCarry) : -1;
    }

    /// <summary>
    /// The length of the object or array at the front; -1 if it does not end, and <paramref name="progress"/> is where
    /// to continue with more.
    /// </summary>
    public static int SkipContainer(ReadOnlySpan<byte> json, ref ScanProgress progress)
    {
        ref var origin = ref MemoryMarshal.GetReference(json);
        var at = progress.At;
        var depth = progress.Depth;
        var inString = progress.InString;
        var escapeCarry = progress.EscapeCarry;
        for (; json.Length - at >= 64; at += 64)
        {
            Masks(ref Unsafe.Add(ref origin, at), out var quotes, out var backslashes, out var opens, out var closes);
            if (EndWithin(quotes, backslashes, opens, closes, ref depth, ref inString, ref escapeCarry) is var end && end >= 0)
            {
                return at + end;
            }
        }

        // The last, short block is looked at again once more has come.
        progress = new ScanProgress
        {
            At = at,
            Depth = depth,
            InString = inString,
            EscapeCarry = escapeCarry,
        };
        return at < json.Length ? SkipShortBlock(json, at, depth, inString, escapeCarry) : -1;
    }

    /// <summary>The last block, padded with spaces, which mean nothing.</summary>
    private static int SkipShortBlock(ReadOnlySpan<byte> json, int at, int depth, ulong inString, ulong escapeCarry)
    {
        Span<byte> tail = stackalloc byte[64];
        tail.Fill((byte)' ');
        json[at..].CopyTo(tail);
        Masks(ref MemoryMarshal.GetReference(tail), out var quotes, out var backslashes, out var opens, out var closes);
        return EndWithin(quotes, backslashes, opens, closes, ref depth, ref inString, ref escapeCarry) is var end && end >= 0
            ? at + end
            : -1;
    }

    /// <summary>
    /// Where in a block of 64 bytes the outermost bracket closes: the index behind it; -1 where it does not.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EndWithin(
        ulong quotes,
        ulong backslashes,
        ulong opens,
        ulong closes,
        ref int depth,
        ref ulong inString,
        ref ulong escapeCarry
    )
    {
        if ((backslashes | escapeCarry) != 0)
        {
            quotes &= ~Escaped(backslashes, ref escapeCarry);
        }

        var strings = PrefixXor(quotes) ^ inString;
        inString = (ulong)((long)strings >> 63);
        opens &= ~strings;
        closes &= ~strings;

        var closing = BitOperations.PopCount(closes);
        if (depth > closing)
        {
            // It cannot end within this block.
            depth += BitOperations.PopCount(opens) - closing;
            return -1;
        }

        for (var both = opens | closes; both != 0; both &= both - 1)
        {
            var bit = both & (0 - both);
            if ((opens & bit) != 0)
            {
                depth++;
            }
            else if (--depth <= 0)
            {
                return BitOperations.TrailingZeroCount(both) + 1;
            }
        }

        return -1;
    }

    /// <summary>Steps over the rest of a string, from a byte that is not escaped.</summary>
    private static int SkipString(ReadOnlySpan<byte> json, int at, out int seen)
    {
        while (true)
        {
            var step = at < json.Length ? json[at..].IndexOfAny(Quote, Backslash) : -1;
            if (step < 0)
            {
                seen = Math.Max(at, json.Length);
                return -1;
            }

            at += step;
            if (json[at] == Quote)
            {
                seen = at;
                return at + 1;
            }

            if (at + 2 > json.Length)
            {
                // The escaped character has not arrived yet.
                seen = at;
                return -1;
            }

            at += 2;
        }
    }

    /// <summary>The error for an expected byte that is missing at an offset.</summary>
    public static ObjectFormatException Malformed(ReadOnlySpan<byte> json, int at, string expected)
    {
        var found = (uint)at < (uint)json.Length ? $"byte 0x{json[at]:x2}" : "the end";
        return new($"not JSON of a Kubernetes object: expected {expected} at offset {at} of {json.Length}, found {found}");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Masks(ref byte block, out ulong quotes, out ulong backslashes, out ulong opens, out ulong closes)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            var low = Vector256.LoadUnsafe(ref block);
            var high = Vector256.LoadUnsafe(ref block, 32);
            quotes = Equal(low, high, Vector256.Create(Quote));
            backslashes = Equal(low, high, Vector256.Create(Backslash));

            // '[' | 0x20 is '{' and ']' | 0x20 is '}': two comparisons serve four brackets.
            var fold = Vector256.Create((byte)0x20);
            opens = Equal(low | fold, high | fold, Vector256.Create((byte)'{'));
            closes = Equal(low | fold, high | fold, Vector256.Create((byte)'}'));
            return;
        }

        quotes = backslashes = opens = closes = 0;
        for (var i = 0; i < 64; i += 16)
        {
            var part = Vector128.LoadUnsafe(ref block, (nuint)i);
            var fold = part | Vector128.Create((byte)0x20);
            quotes |= (ulong)Vector128.Equals(part, Vector128.Create(Quote)).ExtractMostSignificantBits() << i;
            backslashes |= (ulong)Vector128.Equals(part, Vector128.Create(Backslash)).ExtractMostSignificantBits() << i;
            opens |= (ulong)Vector128.Equals(fold, Vector128.Create((byte)'{')).ExtractMostSignificantBits() << i;
            closes |= (ulong)Vector128.Equals(fold, Vector128.Create((byte)'}')).ExtractMostSignificantBits() << i;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Equal(Vector256<byte> low, Vector256<byte> high, Vector256<byte> value) =>
        Vector256.Equals(low, value).ExtractMostSignificantBits()
        | ((ulong)Vector256.Equals(high, value).ExtractMostSignificantBits() << 32);

    /// <summary>
    /// The positions after an odd run of backslashes; <paramref name="carry"/> is 1 if the run reaches into the next
    /// block.
    /// </summary>
    private static ulong Escaped(ulong backslashes, ref ulong carry)
    {
        ulong escaped = carry;
        carry = 0;
        for (var rest = backslashes & ~escaped; rest != 0; )
        {
            var position = BitOperations.TrailingZeroCount(rest);
            if (position == 63)
            {
                carry = 1;
                break;
            }

            escaped |= 2UL << position;

            // The escaped position cannot begin an escape itself.
            rest &= ~(3UL << position);
        }

        return escaped;
    }

    /// <summary>Bit i is the parity of bits 0..i: inside a string if the number of quotes before it is odd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PrefixXor(ulong bits)
    {
        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        bits ^= bits << 16;
        return bits ^ (bits << 32);
    }
}
