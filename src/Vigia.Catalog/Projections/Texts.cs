using System.Text;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Projections;

/// <summary>Texts that several kinds' columns share, in kubectl's words.</summary>
internal static class Texts
{
    public const string None = "<none>";
    public const string Unset = "<unset>";

    private static readonly string?[] Slots = new string?[4096];

    /// <summary>
    /// One string for equal texts: words that repeat in thousands of rows are kept once. Direct-mapped and of fixed
    /// size, so it cannot grow; a race costs only a copy.
    /// </summary>
    public static string Shared(string text)
    {
        ref var slot = ref Slots[string.GetHashCode(text) & 4095];
        return slot is { } held && held == text ? held : slot = text;
    }

    public static string OrNone(string? text) => string.IsNullOrEmpty(text) ? None : text;

    /// <summary>The values of a member of each item, joined by commas.</summary>
    public static string Join(JsonView items, ReadOnlySpan<byte> member, string separator = ",")
    {
        var text = new StringBuilder();
        foreach (var item in items.Items())
        {
            if (item[member].Text is { } value)
            {
                text.Append(text.Length > 0 ? separator : "").Append(value);
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// <c>a=b,c=d</c>, sorted; <c>&lt;none&gt;</c> for none (apimachinery <c>labels.FormatLabels</c>).
    /// </summary>
    public static string Labels(JsonView map)
    {
        var pairs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in map.Members())
        {
            pairs[Encoding.UTF8.GetString(member.Name)] = member.Value.Text ?? "";
        }

        return pairs.Count == 0 ? None : string.Join(',', pairs.Select(pair => $"{pair.Key}={pair.Value}"));
    }

    /// <summary>A LabelSelector object as text (apimachinery <c>metav1.FormatLabelSelector</c>).</summary>
    public static string Selector(JsonView selector)
    {
        if (selector.IsAbsent)
        {
            return None;
        }

        var terms = new List<string>();
        foreach (var label in selector["matchLabels"u8].Members())
        {
            terms.Add($"{Encoding.UTF8.GetString(label.Name)}={label.Value.Text}");
        }

        foreach (var expression in selector["matchExpressions"u8].Items())
        {
            var key = expression["key"u8].Text;
            var values = new List<string>();
            foreach (var value in expression["values"u8].Items())
            {
                values.Add(value.Text ?? "");
            }

            values.Sort(StringComparer.Ordinal);
            terms.Add(
                expression["operator"u8].Text switch
                {
                    "In" => $"{key} in ({string.Join(',', values)})",
                    "NotIn" => $"{key} notin ({string.Join(',', values)})",
                    "Exists" => key ?? "",
                    _ => $"!{key}",
                }
            );
        }

        // Sorted by key, whatever the operator (seen on a 1.20 server).
        terms.Sort((left, right) => string.CompareOrdinal(left.TrimStart('!'), right.TrimStart('!')));
        return terms.Count == 0 ? None : string.Join(',', terms);
    }
}
