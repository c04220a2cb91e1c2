namespace Vigia.Kubernetes.Selectors;

/// <summary>Reads the text of a label selector, token by token.</summary>
internal sealed class LabelSelectorReader(string text)
{
    private int _at;

    public List<LabelRequirement> ReadAll()
    {
        var requirements = new List<LabelRequirement>();
        while (true)
        {
            requirements.Add(Requirement());
            SkipSpace();
            if (_at == text.Length)
            {
                return requirements;
            }

            Expect(',');
        }
    }

    private LabelRequirement Requirement()
    {
        SkipSpace();
        if (Take('!'))
        {
            return new(Key(), LabelOperator.DoesNotExist, []);
        }

        var key = Key();
        SkipSpace();
        if (_at == text.Length || text[_at] == ',')
        {
            return new(key, LabelOperator.Exists, []);
        }

        if (Take('='))
        {
            Take('=');
            return new(key, LabelOperator.In, [Value(",")]);
        }

        if (Take('!'))
        {
            Expect('=');
            return new(key, LabelOperator.NotIn, [Value(",")]);
        }

        if (Take('>'))
        {
            return new(key, LabelOperator.GreaterThan, [Integer('>')]);
        }

        if (Take('<'))
        {
            return new(key, LabelOperator.LessThan, [Integer('<')]);
        }

        var word = Word(" \t(,=!<>");
        return word switch
        {
            "in" => new(key, LabelOperator.In, Values()),
            "notin" => new(key, LabelOperator.NotIn, Values()),
            _ => throw Wrong(
                $"found '{(word.Length > 0 ? word : text[_at].ToString())}', expected: in, notin, =, ==, !=, >, <, or a comma"
            ),
        };
    }

    private List<string> Values()
    {
        SkipSpace();
        Expect('(');
        var values = new SortedSet<string>(StringComparer.Ordinal);
        while (true)
        {
            values.Add(Value(",)"));
            SkipSpace();
            if (Take(')'))
            {
                return [.. values];
            }

            Expect(',');
        }
    }

    private string Key()
    {
        SkipSpace();
        var key = Word(" \t,=!()<>");
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var name = key[(slash + 1)..];
        if (!IsName(name) || name.Length > 63)
        {
            throw Wrong(
                key.Length == 0
                    ? $"expected a label key, found {(_at < text.Length ? $"'{text[_at]}'" : "the end")}"
                    : $"'{key}' is not a label key: a name has 1 to 63 letters, digits, '-', '_' or '.', and begins and ends with a "
                        + $"letter or digit"
            );
        }

        if (
            slash >= 0
            && (slash == 0 || slash > 253 || !key[..slash].All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.'))
        )
        {
            throw Wrong($"'{key[..slash]}' is not a label key's prefix: it must be a DNS name in lower case");
        }

        return key;
    }

    private string Value(string ends)
    {
        SkipSpace();
        var value = Word(" \t=!(<>" + ends);
        return value.Length == 0 || (value.Length <= 63 && IsName(value))
            ? value
            : throw Wrong(
                $"'{value}' is not a label value: at most 63 letters, digits, '-', '_' or '.', beginning and ending with a letter or digit"
            );
    }

    /// <summary>
    /// The bound of <c>&gt;</c> or <c>&lt;</c>. <c>&gt;=</c> does not exist; a sign is refused, since a label's value
    /// cannot start with one.
    /// </summary>
    private string Integer(char comparison)
    {
        SkipSpace();
        if (_at < text.Length && text[_at] == '=')
        {
            throw Wrong($"found '=' after '{comparison}': there is no {comparison}=, only > and <");
        }

        var value = Value(",");
        return LabelRequirement.TryReadInteger(value, out _)
            ? value
            : throw Wrong($"'{value}' cannot be compared: for '>' and '<' the value must be an integer of 64 bits");
    }

    private static bool IsName(string name) =>
        name.Length > 0
        && char.IsAsciiLetterOrDigit(name[0])
        && char.IsAsciiLetterOrDigit(name[^1])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private string Word(string ends)
    {
        var length = text.AsSpan(_at).IndexOfAny(ends);
        var word = length < 0 ? text[_at..] : text.Substring(_at, length);
        _at += word.Length;
        return word;
    }

    private void SkipSpace()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
        {
            _at++;
        }
    }

    private bool Take(char c)
    {
        if (_at < text.Length && text[_at] == c)
        {
            _at++;
            return true;
        }

        return false;
    }

    private void Expect(char c)
    {
        if (!Take(c))
        {
            throw Wrong($"expected '{c}', found {(_at < text.Length ? $"'{text[_at]}'" : "the end")}");
        }
    }

    private SelectorFormatException Wrong(string reason) =>
        new($"unable to parse the selector '{text}': {reason} (at character {_at + 1})");
}
