using System.Globalization;

namespace Vigia.Kubernetes;

/// <summary>The operator of a label requirement.</summary>
public enum LabelOperator
{
    /// <summary><c>k=v</c>, <c>k==v</c>, <c>k in (a,b)</c>: the label is there with one of the values.</summary>
    In,

    /// <summary><c>k!=v</c>, <c>k notin (a,b)</c>: the label is absent, or has none of the values.</summary>
    NotIn,

    /// <summary><c>k</c>: the label is there.</summary>
    Exists,

    /// <summary><c>!k</c>: the label is absent.</summary>
    DoesNotExist,

    /// <summary><c>k&gt;n</c>: the label is there and is an integer greater than the value.</summary>
    GreaterThan,

    /// <summary><c>k&lt;n</c>: the label is there and is an integer less than the value.</summary>
    LessThan,
}

/// <summary>One term of a label selector.</summary>
/// <param name="Key">The label's key.</param>
/// <param name="Operator">The operator.</param>
/// <param name="Values">
/// The values, sorted; empty for existence; one integer of 64 bits, as text, for
/// <see cref="LabelOperator.GreaterThan"/> and <see cref="LabelOperator.LessThan"/>.
/// </param>
public sealed record LabelRequirement(string Key, LabelOperator Operator, IReadOnlyList<string> Values)
{
    /// <summary>True if the labels satisfy it. Allocates nothing.</summary>
    public bool Matches(LabelSet labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var found = labels.TryGetValue(Key, out var value);
        return Operator switch
        {
            LabelOperator.In => found && Has(value!),
            LabelOperator.NotIn => !found || !Has(value!),
            LabelOperator.Exists => found,
            LabelOperator.GreaterThan => found && Order(value!) > 0,
            LabelOperator.LessThan => found && Order(value!) < 0,
            _ => !found,
        };
    }

    /// <summary>The canonical text, as apimachinery prints it.</summary>
    public override string ToString() =>
        Operator switch
        {
            LabelOperator.In when Values.Count == 1 => $"{Key}={Values[0]}",
            LabelOperator.In => $"{Key} in ({string.Join(',', Values)})",
            LabelOperator.NotIn when Values.Count == 1 => $"{Key}!={Values[0]}",
            LabelOperator.NotIn => $"{Key} notin ({string.Join(',', Values)})",
            LabelOperator.Exists => Key,
            LabelOperator.GreaterThan => $"{Key}>{Values[0]}",
            LabelOperator.LessThan => $"{Key}<{Values[0]}",
            _ => $"!{Key}",
        };

    /// <summary>Reads an integer as apimachinery does (Go's <c>strconv.ParseInt</c>, base 10, 64 bits).</summary>
    internal static bool TryReadInteger(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    /// <summary>
    /// Compares a label's value with the bound; 0, which satisfies neither operator, if it is not an integer.
    /// </summary>
    private int Order(string value) =>
        TryReadInteger(value, out var number) && TryReadInteger(Values[0], out var bound) ? number.CompareTo(bound) : 0;

    private bool Has(string value)
    {
        for (var i = 0; i < Values.Count; i++)
        {
            if (string.Equals(Values[i], value, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
