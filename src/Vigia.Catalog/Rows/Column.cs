namespace Vigia.Catalog;

/// <summary>The type of a column's cells.</summary>
public enum ColumnType
{
    /// <summary>Text. In JSON a string.</summary>
    Text,

    /// <summary>A whole number. In JSON a number.</summary>
    Number,

    /// <summary>A moment, printed as how long ago it is. In JSON its RFC 3339 time, or null.</summary>
    Age,

    /// <summary>
    /// A span, printed as <see cref="HumanDuration"/>; one that still runs grows. In JSON an object <c>{"from",
    /// "to"}</c> of RFC 3339 times, <c>to</c> left out while it runs; or null.
    /// </summary>
    Duration,

    /// <summary>A number with a fraction. In JSON a number.</summary>
    Decimal,

    /// <summary>
    /// A Kubernetes quantity, for example <c>10Gi</c>: printed unchanged, sorted by value. In JSON a string.
    /// </summary>
    Quantity,

    /// <summary>
    /// A count with the time of the last one, printed as <c>3 (5m ago)</c>. In JSON the number, and the time under the
    /// key with <c>At</c> behind it.
    /// </summary>
    CountAgo,
}

/// <summary>A column of a resource's table.</summary>
/// <param name="Name">As kubectl prints it: <c>UP-TO-DATE</c>.</param>
/// <param name="Key">The member in a JSON row: <c>upToDate</c>.</param>
/// <param name="Type">The type of its cells.</param>
/// <param name="IsWide">True if it is shown with <c>-o wide</c> only.</param>
/// <param name="Description">In a sentence; may be empty.</param>
public sealed record Column(string Name, string Key, ColumnType Type, bool IsWide, string Description)
{
    /// <summary>
    /// Makes the key of a name: <c>NOMINATED NODE</c> becomes <c>nominatedNode</c>, <c>PORT(S)</c> <c>ports</c>.
    /// </summary>
    public static string KeyOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var words = new string([
            .. name.Select(c =>
                char.IsAsciiLetterOrDigit(c) ? c
                : c is '(' or ')' ? '\0'
                : ' '
            ),
        ]).Replace("\0", "", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var isUpper = !name.Any(char.IsAsciiLetterLower);
        return string.Concat(
            words.Select(
                (word, i) =>
                    i == 0
                        ? (isUpper ? word.ToLowerInvariant() : char.ToLowerInvariant(word[0]) + word[1..])
                        : char.ToUpperInvariant(word[0]) + (isUpper ? word[1..].ToLowerInvariant() : word[1..])
            )
        );
    }
}
