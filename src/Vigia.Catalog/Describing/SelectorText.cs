using System.Text.Json;
using Vigia.Catalog.Paths;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Describing;

/// <summary>
/// A selector of an object (<c>matchLabels</c> and <c>matchExpressions</c>) as the text that kubectl takes and prints.
/// </summary>
internal static class SelectorText
{
    /// <summary>The text; null for a missing or empty selector.</summary>
    public static string? Of(JsonElement selector)
    {
        var terms = selector.At("matchLabels").Members().Select(label => $"{label.Name}={label.Value.GetString()}").ToList();
        foreach (var expression in selector.At("matchExpressions").Items())
        {
            var values = string.Join(',', expression.At("values").Items().Select(value => value.GetString()));
            var key = expression.Text("key");
            terms.Add(
                expression.Text("operator") switch
                {
                    "In" => $"{key} in ({values})",
                    "NotIn" => $"{key} notin ({values})",
                    "Exists" => $"{key}",
                    _ => $"!{key}",
                }
            );
        }

        return terms.Count > 0 ? string.Join(',', terms) : null;
    }

    /// <summary>The selector itself; null where there is none, an empty one, or one that cannot be parsed.</summary>
    public static LabelSelector? Parse(JsonElement selector) =>
        Of(selector) is { } text && LabelSelector.TryParse(text, out var parsed, out _) ? parsed : null;
}
