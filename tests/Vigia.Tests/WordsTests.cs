using System.Text.RegularExpressions;

namespace Vigia.Tests;

/// <summary>Names and sentences that were replaced by the field's own do not come back.</summary>
public sealed partial class WordsTests
{
    // In two halves, so that this file is not found by its own search.
    private static readonly string[] Names =
    [
        "Hand" + "over",
        "Wak" + "ers",
        "Wak" + "er",
        "Wake" + "Signal",
        "IAlar" + "med",
        "Freshness" + "Teller",
        "Ticket" + "Office",
        "Witnessed" + "ListerWatcher",
        "Testi" + "mony",
        "Hear" + "Async",
        "Dis" + "trust",
        "List" + "Belief",
        "Prove" + "Async",
        "Sse" + "Surroundings",
        "Stand" + "Async",
        "Candidacy" + "End",
        "Event" + "Keeper",
        "Event" + "Memory",
        "Relist" + "Gaps",
        "Fault" + "Box",
        "Jud" + "ges",
    ];

    private static readonly string[] Sentences =
    [
        "an API that kubectl reads from",
        "good at every replica",
        "the words for those who come from client-go",
        "what is held says whether it is live",
        "made again under the same name is told apart",
        "What was held before you came",
        "of which this informer never heard",
        "is nothing of this gateway",
        "Who are you?",
        "stumbled and goes on",
        "although nobody is asked who he is",
    ];

    [Fact]
    public void Retired_names_do_not_come_back()
    {
        var retired = new Regex($@"\b({string.Join('|', Names)}|\w+(Rig|Figures))\b", RegexOptions.None, TimeSpan.FromSeconds(10));

        Assert.Empty(
            SourceTree
                .Below("src")
                .Concat(SourceTree.Below("tests"))
                .Concat(SourceTree.Below("bench"))
                .Concat(SourceTree.Below("samples"))
                .SelectMany(file =>
                    File.ReadLines(Path.Combine(SourceTree.Root, file))
                        .SelectMany((line, index) => retired.Matches(line).Select(match => $"{file}:{index + 1} says {match.Value}"))
                )
        );
    }

    [Fact]
    public void Sentences_that_needed_a_second_reading_do_not_come_back()
    {
        var files = SourceTree.Below("src").Concat(Documents()).Where(file => !file.EndsWith("WordsTests.cs", StringComparison.Ordinal));

        Assert.Empty(
            files.SelectMany(file =>
            {
                var text = Spaces().Replace(File.ReadAllText(Path.Combine(SourceTree.Root, file)), " ");
                return Sentences
                    .Where(sentence => text.Contains(sentence, StringComparison.OrdinalIgnoreCase))
                    .Select(sentence => $"{file} says '{sentence}'");
            })
        );
    }

    private static IEnumerable<string> Documents() =>
        Directory
            .EnumerateFiles(SourceTree.Root, "*.md", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(SourceTree.Root, path))
            .Where(path =>
                !path.StartsWith("artifacts", StringComparison.Ordinal) && !path.Contains("node_modules", StringComparison.Ordinal)
            );

    [GeneratedRegex(@"\s+(///? )?")]
    private static partial Regex Spaces();
}
