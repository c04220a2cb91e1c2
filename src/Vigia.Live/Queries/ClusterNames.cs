namespace Vigia.Live.Queries;

/// <summary>
/// Reads the parameter <c>cluster</c>: names of contexts, joined by commas. A name may hold anything; a comma that
/// belongs to one is written <c>\,</c>.
/// </summary>
internal static class ClusterNames
{
    private const string Comma = "\u0001";

    /// <summary>The names in a value.</summary>
    public static IEnumerable<string> Split(string? value) =>
        (value ?? "")
            .Replace(@"\,", Comma, StringComparison.Ordinal)
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(name => name.Replace(Comma, ",", StringComparison.Ordinal));
}
