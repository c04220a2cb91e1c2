namespace Vigia.Kubernetes;

/// <summary>One term of a field selector.</summary>
/// <param name="Field">The path, as <c>spec.nodeName</c>.</param>
/// <param name="IsEqual">True for <c>=</c> and <c>==</c>, false for <c>!=</c>.</param>
/// <param name="Value">The value, unescaped.</param>
public sealed record FieldRequirement(string Field, bool IsEqual, string Value)
{
    /// <summary>True if the field's value satisfies it; an absent field counts as the empty text.</summary>
    public bool Matches(string value) => string.Equals(value, Value, StringComparison.Ordinal) == IsEqual;

    /// <summary>The canonical text.</summary>
    public override string ToString()
    {
        var escaped = Value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace(",", "\\,", StringComparison.Ordinal)
            .Replace("=", "\\=", StringComparison.Ordinal);
        return $"{Field}{(IsEqual ? "=" : "!=")}{escaped}";
    }
}
