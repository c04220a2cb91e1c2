namespace Vigia.Tests;

/// <summary>
/// Lines that a person can read: none is longer than what the formatter keeps to, and what it cannot break is broken by
/// hand.
/// </summary>
public sealed class LineLengthTests
{
    // As printWidth in .csharpierrc.yaml.
    private const int Longest = 140;

    // Prose is read line by line.
    private const int LongestComment = 120;

    public static TheoryData<string> Folders => ["src", "tests", "bench", "samples", "eng"];

    [Theory]
    [MemberData(nameof(Folders))]
    public void No_line_is_too_long(string folder)
    {
        var files = SourceTree.Below(folder).ToArray();

        Assert.NotEmpty(files);
        Assert.Empty(files.SelectMany(file => TooLong(file, File.ReadLines(Path.Combine(SourceTree.Root, file)))));
    }

    [Fact]
    public void A_long_line_is_found_and_named()
    {
        string[] lines = ["", new('é', Longest), new('é', Longest + 1), $"  // {new('é', 115)}", $"  // {new('é', 116)}"];

        Assert.Equal(["A.cs:3 has 141 characters", "A.cs:5 has 121 characters"], TooLong("A.cs", lines));
    }

    private static IEnumerable<string> TooLong(string file, IEnumerable<string> lines) =>
        lines
            .Select(
                (line, index) =>
                    (
                        Length: line.EnumerateRunes().Count(),
                        Number: index + 1,
                        IsComment: line.TrimStart().StartsWith("//", StringComparison.Ordinal)
                    )
            )
            .Where(line => line.Length > (line.IsComment ? LongestComment : Longest))
            .Select(line => $"{file}:{line.Number} has {line.Length} characters");
}
