namespace Vigia.Gateway.Limits;

/// <summary>What came from a client, for a line of a log.</summary>
internal static class LogText
{
    private const int Longest = 200;

    /// <summary>Short, and without what begins a line or what a terminal would obey.</summary>
    public static string Of(string? text)
    {
        var shown = text is null ? "" : text.Length <= Longest ? text : text[..Longest] + "…";
        return shown.Any(IsUnwanted) ? string.Concat(shown.Select(c => IsUnwanted(c) ? '\ufffd' : c)) : shown;
    }

    // Marks that turn the direction of what follows make one name look like another.
    private static bool IsUnwanted(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
