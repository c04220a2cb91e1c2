using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Vigia.Kubernetes;

/// <summary>
/// A field selector (apimachinery <c>pkg/fields</c>): <c>spec.nodeName=n,status.phase!=Running</c>. All terms must
/// hold. In values <c>\,</c>, <c>\=</c> and <c>\\</c> are escapes.
/// </summary>
public sealed class FieldSelector
{
    private FieldSelector(IReadOnlyList<FieldRequirement> requirements) => Requirements = requirements;

    /// <summary>The terms, in their order.</summary>
    public IReadOnlyList<FieldRequirement> Requirements { get; }

    /// <summary>Reads a selector.</summary>
    /// <exception cref="SelectorFormatException">It cannot be understood.</exception>
    public static FieldSelector Parse(string text) =>
        TryParse(text, out var selector, out var error) ? selector : throw new SelectorFormatException(error);

    /// <summary>Parses a selector, or returns the error. The empty text matches everything.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out FieldSelector? selector, [NotNullWhen(false)] out string? error)
    {
        selector = null;
        var requirements = new List<FieldRequirement>();
        foreach (var term in Split(text ?? ""))
        {
            if (term.Length == 0)
            {
                continue;
            }

            var equals = term.IndexOf('=', StringComparison.Ordinal);
            var isEqual = equals < 1 || term[equals - 1] != '!';
            var field = equals < 0 ? "" : term[..(isEqual ? equals : equals - 1)].Trim();
            if (field.Length == 0)
            {
                error =
                    $"unable to parse the field selector '{text}': '{term}' is not of the form FIELD=VALUE, FIELD==VALUE or FIELD!=VALUE";
                return false;
            }

            var value = term[(equals + 1)..];
            if (isEqual && value.StartsWith('='))
            {
                value = value[1..];
            }

            if (!TryUnescape(value.Trim(), out var plain))
            {
                error =
                    $"unable to parse the field selector '{text}': "
                    + $"in '{value}' a ',', '=' or '\\' must be escaped with '\\', and nothing else may be";
                return false;
            }

            requirements.Add(new(field, isEqual, plain));
        }

        selector = new FieldSelector(requirements);
        error = null;
        return true;
    }

    /// <summary>True if all terms hold; <paramref name="fields"/> returns a field's value, null for absent.</summary>
    public bool Matches(Func<string, string?> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return Requirements.All(requirement => requirement.Matches(fields(requirement.Field) ?? ""));
    }

    /// <summary>The canonical text.</summary>
    public override string ToString() => string.Join(',', Requirements);

    private static List<string> Split(string text)
    {
        var terms = new List<string>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                terms.Add(text[start..i].Trim());
                start = i + 1;
            }
        }

        terms.Add(text[start..].Trim());
        return terms;
    }

    private static bool TryUnescape(string value, out string plain)
    {
        var text = new StringBuilder(value.Length);
        plain = "";
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] is '=' or ',')
            {
                return false;
            }

            if (value[i] == '\\' && (++i == value.Length || value[i] is not ('\\' or '=' or ',')))
            {
                return false;
            }

            text.Append(value[i]);
        }

        plain = text.ToString();
        return true;
    }
}
