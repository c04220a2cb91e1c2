using System.Buffers;

namespace Vigia.Kubernetes.Objects;

/// <summary>
/// Checks that bytes are one JSON value (RFC 8259), and nothing more: no tokens, no values, no state kept.
/// </summary>
/// <remarks>
/// Why not <c>Utf8JsonReader</c>: it does the same check but also tracks position, depth and token state, at 3 to 5
/// times the price; on the live path this check is most of the cost of an event (docs/performance.md). A property test
/// compares its verdict with <c>Utf8JsonReader</c>'s.
/// </remarks>
internal static class JsonGrammar
{
    /// <summary>
    /// Deepest nesting accepted: a Kubernetes object is at most some 30 levels deep, a CRD's schema may be deeper.
    /// </summary>
    public const int MaxDepth = 256;

    private static readonly SearchValues<byte> StringStops = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Select(i => (byte)i),
        (byte)'"',
        (byte)'\\',
    ]);

    /// <summary>
    /// The offset of the first byte that breaks the grammar; -1 if the whole is one JSON value with optional white
    /// space around it.
    /// </summary>
    public static int FirstFault(ReadOnlySpan<byte> json)
    {
        // One bit a level: set for an object, clear for an array.
        Span<ulong> objects = stackalloc ulong[MaxDepth / 64];
        objects.Clear();
        var depth = 0;
        var at = JsonScan.SkipWhiteSpace(json, 0);

        Value:
        if ((uint)at >= (uint)json.Length)
        {
            return json.Length;
        }

        switch (json[at])
        {
            case (byte)'"':
                var end = StringEnd(json, at);
                if (end < 0)
                {
                    return ~end;
                }

                at = end;
                break;
            case (byte)'{':
                if (depth == MaxDepth)
                {
                    return at;
                }

                objects[depth >> 6] |= 1UL << depth;
                depth++;
                at = JsonScan.SkipWhiteSpace(json, at + 1);
                if (at < json.Length && json[at] == (byte)'}')
                {
                    depth--;
                    at++;
                    break;
                }

                goto Name;
            case (byte)'[':
                if (depth == MaxDepth)
                {
                    return at;
                }

                objects[depth >> 6] &= ~(1UL << depth);
                depth++;
                at = JsonScan.SkipWhiteSpace(json, at + 1);
                if (at < json.Length && json[at] == (byte)']')
                {
                    depth--;
                    at++;
                    break;
                }

                goto Value;
            case (byte)'t' when json[at..].StartsWith("true"u8):
            case (byte)'n' when json[at..].StartsWith("null"u8):
                at += 4;
                break;
            case (byte)'f' when json[at..].StartsWith("false"u8):
                at += 5;
                break;
            default:
                var number = NumberEnd(json, at);
                if (number < 0)
                {
                    return ~number;
                }

                at = number;
                break;
        }

        AfterValue:
        if ((uint)at < (uint)json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at = JsonScan.SkipWhiteSpace(json, at);
        }

        if (depth == 0)
        {
            return at == json.Length ? -1 : at;
        }

        if ((uint)at >= (uint)json.Length)
        {
            return json.Length;
        }

        var inObject = (objects[(depth - 1) >> 6] & (1UL << (depth - 1))) != 0;
        if (json[at] == (byte)',')
        {
            at = JsonScan.SkipWhiteSpace(json, at + 1);
            if (inObject)
            {
                goto Name;
            }

            goto Value;
        }

        if (json[at] != (inObject ? (byte)'}' : (byte)']'))
        {
            return at;
        }

        depth--;
        at++;
        goto AfterValue;

        Name:
        if ((uint)at >= (uint)json.Length || json[at] != (byte)'"')
        {
            return Math.Min(at, json.Length);
        }

        var nameEnd = StringEnd(json, at);
        if (nameEnd < 0)
        {
            return ~nameEnd;
        }

        at = JsonScan.SkipWhiteSpace(json, nameEnd);
        if ((uint)at >= (uint)json.Length || json[at] != (byte)':')
        {
            return Math.Min(at, json.Length);
        }

        at = JsonScan.SkipWhiteSpace(json, at + 1);
        goto Value;
    }

    /// <summary>
    /// The index after the string that begins at <paramref name="at"/>, or the complement of the offset of its fault.
    /// </summary>
    private static int StringEnd(ReadOnlySpan<byte> json, int at)
    {
        at++;
        while (true)
        {
            var step = json[at..].IndexOfAny(StringStops);
            if (step < 0)
            {
                return ~json.Length;
            }

            at += step;
            switch (json[at])
            {
                case (byte)'"':
                    return at + 1;
                case (byte)'\\':
                    if (at + 1 >= json.Length)
                    {
                        return ~json.Length;
                    }

                    var length = json[at + 1] switch
                    {
                        (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t' => 2,
                        (byte)'u' when at + 6 <= json.Length && IsHex(json.Slice(at + 2, 4)) => 6,
                        _ => 0,
                    };
                    if (length == 0)
                    {
                        return ~at;
                    }

                    at += length;
                    break;
                default:
                    return ~at;
            }
        }
    }

    private static bool IsHex(ReadOnlySpan<byte> digits)
    {
        foreach (var digit in digits)
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// The index after the number that begins at <paramref name="at"/>, or the complement of the offset of its fault.
    /// </summary>
    private static int NumberEnd(ReadOnlySpan<byte> json, int at)
    {
        if (json[at] == (byte)'-')
        {
            at++;
        }

        var digits = Digits(json, at);
        if (digits == at || (digits > at + 1 && json[at] == (byte)'0'))
        {
            return ~at;
        }

        at = digits;
        if (at < json.Length && json[at] == (byte)'.')
        {
            digits = Digits(json, at + 1);
            if (digits == at + 1)
            {
                return ~digits;
            }

            at = digits;
        }

        if (at < json.Length && json[at] is (byte)'e' or (byte)'E')
        {
            at++;
            if (at < json.Length && json[at] is (byte)'+' or (byte)'-')
            {
                at++;
            }

            digits = Digits(json, at);
            if (digits == at)
            {
                return ~at;
            }

            at = digits;
        }

        return at;
    }

    private static int Digits(ReadOnlySpan<byte> json, int at)
    {
        while ((uint)at < (uint)json.Length && (uint)(json[at] - '0') <= 9)
        {
            at++;
        }

        return at;
    }
}
