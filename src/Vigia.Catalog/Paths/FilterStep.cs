using System.Globalization;

namespace Vigia.Catalog.Paths;

/// <summary>An operand of a filter: a path from the item, or a literal text, number or word.</summary>
/// <param name="Path">The path; null for a literal.</param>
/// <param name="Text">For a text: the text.</param>
/// <param name="Json">For a number or a word: its JSON.</param>
internal sealed record Operand(PathStep[]? Path, string? Text = null, byte[]? Json = null);

/// <summary>The items of an array that a condition holds for.</summary>
/// <param name="Left">The left operand.</param>
/// <param name="Comparison">
/// <c>==</c> and its like; empty if it is enough that <paramref name="Left"/> exists.
/// </param>
/// <param name="Right">The right operand; null for existence.</param>
internal sealed record FilterStep(Operand Left, string Comparison, Operand? Right) : PathStep
{
    public override List<Place>? Next(ReadOnlySpan<byte> json, List<Place> values)
    {
        var found = new List<Place>();
        foreach (var value in values)
        {
            var view = value.In(json);
            if (!view.IsArray)
            {
                return null;
            }

            foreach (var item in view.Items())
            {
                var place = Place.Of(json, item);
                if (Right is null)
                {
                    // An error within is not a failure here: client-go uses the values found before it.
                    if (Walk(json, [place], Left.Path ?? []) is { Count: > 0 })
                    {
                        found.Add(place);
                    }

                    continue;
                }

                var (left, right) = (Value.Of(json, place, Left), Value.Of(json, place, Right));
                if (left.IsWrong || right.IsWrong)
                {
                    return null;
                }

                if (left.IsMissing || right.IsMissing)
                {
                    continue;
                }

                if (Holds(left, right) is not { } holds)
                {
                    return null;
                }

                if (holds)
                {
                    found.Add(place);
                }
            }
        }

        return found;
    }

    /// <summary>
    /// Null if the two cannot be compared: a text with a number, a whole number with a fraction, an object with
    /// anything.
    /// </summary>
    private bool? Holds(Value left, Value right)
    {
        if (left.Kind != right.Kind || left.Kind == ValueKind.Other)
        {
            return null;
        }

        if (left.Kind == ValueKind.Bool)
        {
            return Comparison switch
            {
                "==" => left.Text == right.Text,
                "!=" => left.Text != right.Text,
                _ => null,
            };
        }

        var order =
            left.Kind == ValueKind.Text ? string.CompareOrdinal(left.Text, right.Text)
            : left.Kind == ValueKind.Whole
                ? decimal.Parse(left.Text, NumberStyles.Float, CultureInfo.InvariantCulture)
                    .CompareTo(decimal.Parse(right.Text, NumberStyles.Float, CultureInfo.InvariantCulture))
            : double.Parse(left.Text, CultureInfo.InvariantCulture).CompareTo(double.Parse(right.Text, CultureInfo.InvariantCulture));
        return Comparison switch
        {
            "==" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    private enum ValueKind
    {
        Text,
        Whole,
        Fraction,
        Bool,
        Other,
    }

    private readonly record struct Value(ValueKind Kind, string Text, bool IsMissing = false, bool IsWrong = false)
    {
        public static Value Of(ReadOnlySpan<byte> json, Place item, Operand operand)
        {
            if (operand.Text is { } text)
            {
                return new(ValueKind.Text, text);
            }

            if (operand.Json is { } written)
            {
                return Of(new JsonView(written));
            }

            return Walk(json, [item], operand.Path!) switch
            {
                null or { Count: > 1 } => new(ValueKind.Other, "", IsWrong: true),
                { Count: 0 } => new(ValueKind.Other, "", IsMissing: true),
                var places => Of(places[0].In(json)),
            };
        }

        private static Value Of(JsonView view) =>
            view.Text is not { } text
                ? new(ValueKind.Other, "")
                : new(
                    view.IsString ? ValueKind.Text
                        : text is "true" or "false" ? ValueKind.Bool
                        : text.AsSpan().IndexOfAny(".eE") >= 0 || text.Length > 27 ? ValueKind.Fraction
                        : ValueKind.Whole,
                    text
                );
    }
}
