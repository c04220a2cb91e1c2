using Vigia.Catalog.Rows;

namespace Vigia.Gateway.Http;

/// <summary>What came from a client, for a line of a log.</summary>
internal static class LogText
{
    private const int Longest = 200;

    /// <summary>Short, and without what begins a line or what a terminal would obey.</summary>
    public static string Of(string? text)
    {
        var shown =
            text is null ? ""
            : text.Length <= Longest ? text
            : text[..Longest] + "…";
        return TextWidth.Clean(shown);
    }
}
