using System.Globalization;
using System.Text;

namespace Vigia.Catalog.Rows;

/// <summary>How many columns text takes in a terminal (wcwidth, Unicode's East Asian widths).</summary>
internal static class TextWidth
{
    // Ranges of characters that are two columns wide: CJK, Hangul, full-width forms, emoji presentation.
    private static readonly (int From, int To)[] Wide =
    [
        (0x1100, 0x115F),
        (0x231A, 0x231B),
        (0x23E9, 0x23EC),
        (0x23F0, 0x23F0),
        (0x23F3, 0x23F3),
        (0x25FD, 0x25FE),
        (0x2614, 0x2615),
        (0x2648, 0x2653),
        (0x267F, 0x267F),
        (0x2693, 0x2693),
        (0x26A1, 0x26A1),
        (0x26AA, 0x26AB),
        (0x26BD, 0x26BE),
        (0x26C4, 0x26C5),
        (0x26CE, 0x26CE),
        (0x26D4, 0x26D4),
        (0x26EA, 0x26EA),
        (0x26F2, 0x26F3),
        (0x26F5, 0x26F5),
        (0x26FA, 0x26FA),
        (0x26FD, 0x26FD),
        (0x2705, 0x2705),
        (0x270A, 0x270B),
        (0x2728, 0x2728),
        (0x274C, 0x274C),
        (0x274E, 0x274E),
        (0x2753, 0x2755),
        (0x2757, 0x2757),
        (0x2795, 0x2797),
        (0x27B0, 0x27B0),
        (0x27BF, 0x27BF),
        (0x2B1B, 0x2B1C),
        (0x2B50, 0x2B50),
        (0x2B55, 0x2B55),
        (0x2E80, 0x303E),
        (0x3041, 0x33FF),
        (0x3400, 0x4DBF),
        (0x4E00, 0x9FFF),
        (0xA000, 0xA4CF),
        (0xA960, 0xA97F),
        (0xAC00, 0xD7A3),
        (0xF900, 0xFAFF),
        (0xFE10, 0xFE19),
        (0xFE30, 0xFE6F),
        (0xFF00, 0xFF60),
        (0xFFE0, 0xFFE6),
        (0x16FE0, 0x18CFF),
        (0x1B000, 0x1B2FF),
        (0x1F004, 0x1F004),
        (0x1F0CF, 0x1F0CF),
        (0x1F18E, 0x1F18E),
        (0x1F191, 0x1F19A),
        (0x1F200, 0x1F251),
        (0x1F300, 0x1F320),
        (0x1F32D, 0x1F335),
        (0x1F337, 0x1F37C),
        (0x1F37E, 0x1F393),
        (0x1F3A0, 0x1F3CA),
        (0x1F3CF, 0x1F3D3),
        (0x1F3E0, 0x1F3F0),
        (0x1F3F4, 0x1F3F4),
        (0x1F3F8, 0x1F43E),
        (0x1F440, 0x1F440),
        (0x1F442, 0x1F4FC),
        (0x1F4FF, 0x1F53D),
        (0x1F54B, 0x1F54E),
        (0x1F550, 0x1F567),
        (0x1F57A, 0x1F57A),
        (0x1F595, 0x1F596),
        (0x1F5A4, 0x1F5A4),
        (0x1F5FB, 0x1F64F),
        (0x1F680, 0x1F6C5),
        (0x1F6CC, 0x1F6CC),
        (0x1F6D0, 0x1F6D2),
        (0x1F6D5, 0x1F6D7),
        (0x1F6DC, 0x1F6DF),
        (0x1F6EB, 0x1F6EC),
        (0x1F6F4, 0x1F6FC),
        (0x1F7E0, 0x1F7EB),
        (0x1F90C, 0x1F93A),
        (0x1F93C, 0x1F945),
        (0x1F947, 0x1F9FF),
        (0x1FA70, 0x1FAFF),
        (0x20000, 0x3FFFD),
    ];

    /// <summary>Columns of a rune: 0 for what joins the rune before it, 1, or 2.</summary>
    public static int Of(Rune rune)
    {
        var value = rune.Value;
        if (value < 0x300)
        {
            return value == 0xAD ? 0 : 1;
        }

        if (
            value is (>= 0x200B and <= 0x200F) or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF)
            || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
        )
        {
            return 0;
        }

        return value >= 0x1100 && IsWide(value) ? 2 : 1;
    }

    /// <summary>Columns of a text.</summary>
    public static int Of(ReadOnlySpan<char> text)
    {
        if (Ascii.IsValid(text))
        {
            return text.Length;
        }

        var width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            width += Of(Printable(rune));
        }

        return width;
    }

    /// <summary>A text with what must not reach a terminal taken out: see <see cref="Printable"/>.</summary>
    public static string Clean(string text) => Clean(text, kept: "");

    /// <summary>A text of several lines, cleaned: line feeds and tabs stay.</summary>
    public static string CleanLines(string text) => Clean(text, kept: "\n\t");

    /// <summary>A text as one line, cleaned: line ends and tabs become blanks.</summary>
    public static string CleanLine(string text) =>
        Clean(text.AsSpan().IndexOfAny('\n', '\r', '\t') < 0 ? text : text.ReplaceLineEndings(" ").Replace('\t', ' '));

    private static string Clean(string text, string kept)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (Shown(rune, kept) != rune)
            {
                return string.Concat(text.EnumerateRunes().Select(each => Shown(each, kept).ToString()));
            }
        }

        return text;
    }

    private static Rune Shown(Rune rune, string kept) => rune.IsBmp && kept.Contains((char)rune.Value) ? rune : Printable(rune);

    /// <summary>A text over several lines, broken at blanks where that is possible.</summary>
    /// <param name="text">One line.</param>
    /// <param name="width">Columns, 1 or more.</param>
    /// <param name="indent">The prefix of every line but the first.</param>
    public static IEnumerable<string> Wrap(string text, int width, string indent = "")
    {
        width = Math.Max(width, indent.Length + 4);
        while (Of(text) > width)
        {
            var cut = 0;
            var columns = 0;
            foreach (var rune in text.EnumerateRunes())
            {
                columns += Of(Printable(rune));
                if (columns > width)
                {
                    break;
                }

                cut += rune.Utf16SequenceLength;
            }

            var at = text.LastIndexOf(' ', cut - 1);
            at = at < cut / 3 || at <= indent.Length ? cut : at;
            yield return text[..at];
            text = indent + text[at..].TrimStart();
        }

        yield return text;
    }

    /// <summary>
    /// The printable form of a rune: control characters and those that change the text direction never reach a
    /// terminal.
    /// </summary>
    public static Rune Printable(Rune rune) =>
        rune.Value switch
        {
            < 0x20 or (>= 0x7F and < 0xA0) or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0x2028 or 0x2029 => new Rune('?'),
            _ => rune,
        };

    /// <summary>A text cut to a number of columns; an ellipsis marks the cut.</summary>
    public static string Fit(string text, int width)
    {
        if (width <= 0)
        {
            return "";
        }

        if (Of(text) <= width)
        {
            return text;
        }

        var (taken, chars) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            var next = Of(Printable(rune));
            if (taken + next > width - 1)
            {
                break;
            }

            taken += next;
            chars += rune.Utf16SequenceLength;
        }

        return text[..chars] + "…";
    }

    /// <summary>A name cut to a number of columns: names differ at their ends, so the cut is in the middle.</summary>
    public static string FitMiddle(string text, int width)
    {
        if (width < 8 || text.Length <= width || !Ascii.IsValid(text))
        {
            return Fit(text, width);
        }

        var head = (width - 1) / 2;
        return string.Concat(text.AsSpan(0, head), "…", text.AsSpan(text.Length - (width - 1 - head)));
    }

    private static bool IsWide(int value)
    {
        var (low, high) = (0, Wide.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (value < Wide[middle].From)
            {
                high = middle - 1;
            }
            else if (value > Wide[middle].To)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }
}
