using System.Globalization;
using System.Text;

namespace Vigia.Terminal.Texts;

/// <summary>Which characters may stand in YAML as they are, and how the others are written.</summary>
/// <remarks>
/// YAML 1.1 breaks lines at U+0085, U+2028 and U+2029 as well as at U+000A: written raw, they end a plain or block text
/// early, and what follows is read as YAML. U+FEFF is dropped as a byte order mark. Marks that turn the direction of a
/// line make a text look like another one.
/// </remarks>
internal static class YamlCharacters
{
    /// <summary>True where a text has to be written in double quotes, with escapes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="withLines">True where line ends and tabs are no reason, as in a block text.</param>
    public static bool NeedEscapes(string text, bool withLines)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsPlain(rune.Value) && !(withLines && rune.Value is '\n' or '\t'))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The text in double quotes.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '\r' => quoted.Append("\\r"),
                var value when IsPlain(value) => quoted.Append(rune.ToString()),
                var value when rune.IsBmp => quoted.Append(CultureInfo.InvariantCulture, $"\\u{value:x4}"),
                var value => quoted.Append(CultureInfo.InvariantCulture, $"\\U{value:x8}"),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static bool IsPlain(int rune) =>
        rune switch
        {
            < 0x20 or (>= 0x7F and < 0xA0) => false,
            >= 0x2028 and <= 0x202E or >= 0x2066 and <= 0x2069 => false,
            0xFEFF or >= 0xFFF9 and <= 0xFFFB => false,
            _ => (rune & 0xFFFE) != 0xFFFE && rune is not (>= 0xE0000 and <= 0xE007F),
        };
}
