using System.Text.Json;
using Vigia.Catalog.Paths;

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
}
