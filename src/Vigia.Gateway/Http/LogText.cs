using Vigia.Catalog.Rows;

namespace Vigia.Gateway.Http;

/// <summary>A client's text for a log line.</summary>
internal static class LogText
{
    private const int Longest = 200;

    /// <summary>Short, and without line breaks and terminal escapes.</summary>
    public static string Of(string? text)
    {
        var shown =
            text is null ? ""
            : text.Length <= Longest ? text
            : text[..Longest] + "…";
        return TextWidth.Clean(shown);
    }
}
