using System.Text;
using Vigia.Catalog.Rows;

namespace Vigia.Catalog;

/// <summary>
/// The order of cells within a column, the same in the terminal, the API and wherever rows are sorted.
/// </summary>
/// <remarks>
/// By value: numbers, quantities (<c>500Mi</c> before <c>10Gi</c>), fractions (<c>1/2</c> before <c>3/3</c>),
/// percentages, durations by length, ages by length (the youngest first). Missing values come first, then values, then
/// words alphabetically.
/// </remarks>
public static class CellOrder
{
    /// <summary>Compares two cells of a column.</summary>
    public static int Compare(ColumnType type, Cell left, Cell right)
    {
        if (left.Text is not null || right.Text is not null)
        {
            return left.Text is null ? 1
                : right.Text is null ? -1
                : CompareTexts(left.Text, right.Text);
        }

        return type switch
        {
            // An unknown moment is the oldest.
            ColumnType.Age => (right.Time ?? DateTimeOffset.MinValue).CompareTo(left.Time ?? DateTimeOffset.MinValue),
            ColumnType.Duration => Length(left).CompareTo(Length(right)),
            ColumnType.Decimal => left.Fraction.CompareTo(right.Fraction),
            _ => left.CompareTo(right),
        };
    }

    /// <summary>Compares texts: missing ones first, then those with a value, then words.</summary>
    public static int CompareTexts(string left, string right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (IsWord(left) && IsWord(right))
        {
            return string.CompareOrdinal(left, right);
        }

        var (a, b) = (Value(left), Value(right));
        var order = a.Class.CompareTo(b.Class);
        order = order != 0 ? order : a.Number.CompareTo(b.Number);
        order = order != 0 ? order : a.Second.CompareTo(b.Second);
        return order != 0 ? order : string.CompareOrdinal(left, right);
    }

    /// <summary>A span that still runs is longer than any that has ended; of two, the one that began first.</summary>
    private static long Length(Cell span) =>
        span.End is { } end ? (end - span.Time!.Value).Ticks
        : span.Time is { } from ? long.MaxValue - from.UtcTicks
        : -1;

    private static bool IsWord(string text) => text.Length > 0 && char.IsAsciiLetter(text[0]);

    private static (int Class, double Number, double Second) Value(string text)
    {
        if (text.Length == 0 || text[0] == '<')
        {
            return (0, 0, 0);
        }

        var span = text.AsSpan();
        var slash = span.IndexOf('/');
        if (slash > 0 && Number(span[..slash]) is { } part && Number(span[(slash + 1)..]) is { } whole)
        {
            return (1, whole == 0 ? part : part / whole, part);
        }

        return Number(span.EndsWith("%") ? span[..^1] : span) is { } number ? (1, number, 0) : (2, 0, 0);
    }

    private static double? Number(ReadOnlySpan<char> text)
    {
        // The longest quantity: a sign, digits with a point, an exponent or suffix.
        const int Longest = 40;
        if (text.Length is 0 or > Longest || !(char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.') || !Ascii.IsValid(text))
        {
            return null;
        }

        Span<byte> ascii = stackalloc byte[Longest];
        var length = Encoding.ASCII.GetBytes(text, ascii);
        return Quantity.TryParse(ascii[..length], out var number) ? number : null;
    }
}
