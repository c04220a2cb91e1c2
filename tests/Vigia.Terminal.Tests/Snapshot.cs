namespace Vigia.Terminal.Tests;

/// <summary>Compares screens.</summary>
internal static class Snapshot
{
    /// <summary>Line by line, blanks at the ends aside.</summary>
    public static void Matches(string expected, string actual) => Assert.Equal(Lines(expected), Lines(actual));

    /// <summary>A text that may be broken over lines of a box.</summary>
    public static void Contains(string expected, string actual) => Assert.Contains(Flat(expected), Flat(actual));

    private static string Lines(string text) =>
        string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd())).TrimEnd('\n') + "\n";

    private static string Flat(string text) => new([.. text.Where(c => !char.IsWhiteSpace(c) && c is not ('│' or '─'))]);
}
