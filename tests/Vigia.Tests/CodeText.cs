namespace Vigia.Tests;

/// <summary>
/// C# with blanks in place of comments, strings and characters, so that the braces that are left are those of the code.
/// Lines stay where they are; what stands in the holes of an interpolated string is blank too.
/// </summary>
internal sealed class CodeText
{
    private readonly string _text;

    private CodeText(string text) => _text = text;

    public static string Of(string text) => new CodeText(text).Blanked();

    private string Blanked()
    {
        var code = _text.ToCharArray();
        var lineBegins = true;
        for (var i = 0; i < code.Length; )
        {
            // A directive may hold an apostrophe that is no character: #pragma, #region.
            var end = lineBegins && code[i] == '#' ? EndOfLine(i) : AfterText(i);
            if (end == i)
            {
                lineBegins = code[i] == '\n' || (lineBegins && char.IsWhiteSpace(code[i]));
                i++;
                continue;
            }

            for (; i < end; i++)
            {
                code[i] = code[i] == '\n' ? '\n' : ' ';
            }

            lineBegins = false;
        }

        return new(code);
    }

    /// <summary>Behind the comment, string or character that begins here; here where none does.</summary>
    private int AfterText(int i) =>
        _text[i] switch
        {
            '/' when At(i + 1) == '/' => EndOfLine(i),
            '/' when At(i + 1) == '*' => After("*/", i + 2),
            '\'' => AfterCharacter(i + 1),
            '"' or '$' or '@' => AfterString(i),
            _ => i,
        };

    private int AfterCharacter(int i)
    {
        while (i < _text.Length && _text[i] != '\'')
        {
            i += _text[i] == '\\' ? 2 : 1;
        }

        return Math.Min(i + 1, _text.Length);
    }

    private int AfterString(int begin)
    {
        var (i, dollars, verbatim) = (begin, 0, false);
        for (; At(i) is '$' or '@'; i++)
        {
            dollars += At(i) == '$' ? 1 : 0;
            verbatim |= At(i) == '@';
        }

        var quotes = Run(i, '"');
        return quotes == 0 ? begin
            : !verbatim && quotes >= 3 ? AfterRaw(i + quotes, quotes, dollars)
            : AfterQuoted(i + 1, verbatim, dollars > 0);
    }

    private int AfterQuoted(int i, bool verbatim, bool hasHoles)
    {
        while (i < _text.Length)
        {
            switch (_text[i])
            {
                case '\\' when !verbatim:
                case '"' when verbatim && At(i + 1) == '"':
                case '{' when hasHoles && At(i + 1) == '{':
                    i += 2;
                    break;
                case '"':
                    return i + 1;
                case '{' when hasHoles:
                    i = AfterHole(i + 1, 1);
                    break;
                default:
                    i++;
                    break;
            }
        }

        return _text.Length;
    }

    private int AfterRaw(int i, int quotes, int dollars)
    {
        while (i < _text.Length)
        {
            var run = Run(i, _text[i]);
            if (_text[i] == '"' && run >= quotes)
            {
                return i + run;
            }

            i = _text[i] == '{' && dollars > 0 && run >= dollars ? AfterHole(i + run, dollars) : i + run;
        }

        return _text.Length;
    }

    private int AfterHole(int i, int braces)
    {
        for (var depth = 0; i < _text.Length; )
        {
            if (AfterText(i) is var end && end > i)
            {
                i = end;
                continue;
            }

            if (_text[i] == '}' && depth == 0)
            {
                return Math.Min(i + braces, _text.Length);
            }

            depth += Step(_text[i++]);
        }

        return _text.Length;
    }

    private static int Step(char c) =>
        c switch
        {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };

    private int EndOfLine(int i) => _text.IndexOf('\n', i) is >= 0 and var end ? end : _text.Length;

    private int After(string mark, int i) =>
        _text.IndexOf(mark, i, StringComparison.Ordinal) is >= 0 and var at ? at + mark.Length : _text.Length;

    private int Run(int i, char c)
    {
        var end = i;
        while (At(end) == c && end < _text.Length)
        {
            end++;
        }

        return end - i;
    }

    private char At(int i) => i < _text.Length ? _text[i] : '\0';
}
