using System.Globalization;
using System.Text;

namespace Vigia.Catalog.Paths;

/// <summary>Reads the text of a <see cref="JsonPath"/>.</summary>
internal sealed class PathParser
{
    private const string Ends = " \t\r\n.,[]$@{}";

    private readonly string _text;
    private int _at;

    private readonly bool _asServer;

    private PathParser(string text, bool asServer) => (_text, _asServer) = (text, asServer);

    /// <summary>The steps of a path that begins with <c>.</c>, <c>[</c>, <c>$</c> or <c>@</c>.</summary>
    /// <exception cref="FormatException">It is none; the message says where.</exception>
    public static PathStep[] Parse(string text, bool asServer)
    {
        if (text.Length == 0 || text[0] is not ('.' or '[' or '$' or '@'))
        {
            throw new FormatException($"'{text}' does not begin with '.' or '['");
        }

        return [.. new PathParser(text, asServer).Steps()];
    }

    private bool IsAtEnd => _at >= _text.Length;

    private IEnumerable<PathStep> Steps()
    {
        var descended = false;
        while (!IsAtEnd)
        {
            if (_text[_at] is ' ' or '$' or '@')
            {
                _at++;
                continue;
            }

            if (Follows(".."))
            {
                _at += 2;
                yield return descended ? throw Wrong("'..' follows '..'") : new DescendStep();
                descended = true;
                if (!IsAtEnd && (char.IsLetterOrDigit(_text[_at]) || _text[_at] == '_'))
                {
                    yield return Field();
                    descended = false;
                }

                continue;
            }

            descended = false;
            if (_text[_at] == '.')
            {
                _at++;
                if (!Follows("["))
                {
                    yield return Field();
                }
            }
            else if (_text[_at] == '[')
            {
                yield return Bracket();
            }
            else
            {
                throw Wrong("expected '.' or '['");
            }
        }
    }

    private PathStep Field()
    {
        var name = new StringBuilder();
        var start = _at;
        while (!IsAtEnd && !Ends.Contains(_text[_at], StringComparison.Ordinal))
        {
            if (_text[_at] == '\\' && ++_at >= _text.Length)
            {
                break;
            }

            name.Append(_text[_at++]);
        }

        // To client-go, a lone point is a member without a name, which no object has.
        return name.Length == 0 && _text != "." ? throw Wrong("a name is missing")
            : _text[start.._at] == "*" ? new AllStep()
            : new FieldStep(Encoding.UTF8.GetBytes(name.ToString()));
    }

    private PathStep Bracket()
    {
        var end = Close();
        var inside = _text[(_at + 1)..end];
        if (inside.StartsWith("?(", StringComparison.Ordinal))
        {
            if (!inside.EndsWith(')'))
            {
                throw Wrong("the filter is not closed by ')]'");
            }

            _at = end + 1;
            return Filter(inside[2..^1]);
        }

        var parts = Split(inside);
        var step = parts.Count == 1 ? Subscript(parts[0]) : new UnionStep([.. parts.Select(part => new[] { Subscript(part) })]);
        _at = end + 1;
        return step;
    }

    private PathStep Subscript(string text)
    {
        text = text.Trim();
        if (text == "*")
        {
            return new SliceStep(null, null, 1, false);
        }

        if (text.Length >= 2 && text[0] is '\'' or '"' && text[^1] == text[0])
        {
            return Quoted(text[1..^1]);
        }

        var numbers = text.Split(':');
        if (
            numbers.Length > 3
            || numbers.Any(number =>
                number.Length > 0 && !int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
            )
        )
        {
            throw Wrong($"[{text}] is not an index, a slice, '*', a quoted name or a filter ?(@.x==\"y\")");
        }

        int?[] values = [.. numbers.Select(number => number.Length == 0 ? (int?)null : int.Parse(number, CultureInfo.InvariantCulture))];
        var step = values.Length > 2 ? values[2] ?? 1 : 1;
        return step < 1 ? throw Wrong("the step of a slice must be positive")
            : values.Length == 1 ? new SliceStep(values[0], (values[0] ?? 0) + 1, 1, true)
            : new SliceStep(values[0], values[1], step, false);
    }

    /// <summary>
    /// A quoted name is a path of its own to client-go: its dots part names, but where they are escaped.
    /// </summary>
    private PathStep Quoted(string text)
    {
        var name = Encoding.UTF8.GetBytes(text.Replace("\\", "", StringComparison.Ordinal));
        return !text.Replace("\\.", "", StringComparison.Ordinal).Contains('.', StringComparison.Ordinal)
            || TryParse(text) is not { Length: > 1 } nested
                ? new FieldStep(name)
            : _asServer ? new UnionStep([nested])
            : new FieldStep(name, nested);
    }

    private PathStep[]? TryParse(string text)
    {
        try
        {
            return Parse("." + text, _asServer);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private FilterStep Filter(string condition)
    {
        var at = Outside(condition, "!<>=");
        if (at < 0)
        {
            return new FilterStep(Operand(condition), "", null);
        }

        var end = at;
        while (end < condition.Length && "!<>=".Contains(condition[end], StringComparison.Ordinal))
        {
            end++;
        }

        var comparison = condition[at..end];
        return comparison is "==" or "!=" or "<" or "<=" or ">" or ">="
            ? new FilterStep(Operand(condition[..at]), comparison, Operand(condition[end..]))
            : throw Wrong($"the filter '{condition}' has the operator '{comparison}': expected ==, !=, <, <=, > or >=");
    }

    private Operand Operand(string text)
    {
        text = text.Trim();
        if (text.StartsWith('@') || text.StartsWith('.') || text.StartsWith('$') || text.StartsWith('['))
        {
            return new(Parse(text, _asServer));
        }

        if (text.Length >= 2 && text[0] is '"' or '\'' && text[^1] == text[0])
        {
            return new(null, Unescape(text[1..^1]));
        }

        return
            text is "true" or "false"
            || double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)
            ? new(null, null, Encoding.UTF8.GetBytes(text.TrimStart('+')))
            : throw Wrong($"'{text}' in the filter is not a path (@.x), a quoted text, a number, true or false");
    }

    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || ++i == text.Length)
            {
                plain.Append(i < text.Length ? text[i] : '\\');
                continue;
            }

            plain.Append(
                text[i] switch
                {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    var other => other,
                }
            );
        }

        return plain.ToString();
    }

    /// <summary>The bracket that closes the one at hand, outside of quotes and of brackets within.</summary>
    private int Close()
    {
        var (quote, depth) = ('\0', 0);
        for (var i = _at; i < _text.Length; i++)
        {
            var c = _text[i];
            if (quote != '\0')
            {
                quote = c == quote && _text[i - 1] != '\\' ? '\0' : quote;
            }
            else if (c is '\'' or '"')
            {
                quote = c;
            }
            else if (c is '[' or ']' && (depth += c == '[' ? 1 : -1) == 0)
            {
                return i;
            }
        }

        throw Wrong("the bracket is not closed");
    }

    /// <summary>The first of some characters outside of quotes and brackets; -1 for none.</summary>
    private static int Outside(string text, string any, int from = 0)
    {
        var (quote, depth) = ('\0', 0);
        for (var i = from; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0')
            {
                quote = c == quote && text[i - 1] != '\\' ? '\0' : quote;
            }
            else if (c is '\'' or '"')
            {
                quote = c;
            }
            else if (c is '[' or ']')
            {
                depth += c == '[' ? 1 : -1;
            }
            else if (depth == 0 && any.Contains(c, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }

    private static List<string> Split(string text)
    {
        var parts = new List<string>();
        for (var from = 0; ; )
        {
            var comma = Outside(text, ",", from);
            parts.Add(text[from..(comma < 0 ? text.Length : comma)]);
            if (comma < 0)
            {
                return parts;
            }

            from = comma + 1;
        }
    }

    private bool Follows(string what) => string.CompareOrdinal(_text, _at, what, 0, what.Length) == 0;

    private FormatException Wrong(string why) => new($"'{_text}': {why}, at character {(_at + 1).ToString(CultureInfo.InvariantCulture)}");
}
