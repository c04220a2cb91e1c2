using System.Text.RegularExpressions;

namespace Vigia.Tests;

/// <summary>
/// docs/conformance.md says which test pins which behaviour of client-go: none may be missing there, and none named
/// that does not exist.
/// </summary>
public sealed partial class ConformanceTests
{
    private const int Behaviours = 144;

    private static readonly string Root = SourceTree.Root;

    private static readonly IReadOnlyList<(int Number, string Behaviour, string PinnedBy)> Rows =
    [
        .. Row()
            .Matches(File.ReadAllText(Path.Combine(Root, "docs", "conformance.md")))
            .Select(row =>
                (
                    int.Parse(row.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture),
                    row.Groups[2].Value,
                    row.Groups[3].Value
                )
            ),
    ];

    [Fact]
    public void Every_behaviour_stands_there_once_and_in_order() =>
        Assert.Equal(Enumerable.Range(1, Behaviours), Rows.Select(row => row.Number));

    [Fact]
    public void Every_test_named_there_exists()
    {
        var tests = Directory
            .EnumerateFiles(Path.Combine(Root, "tests"), "*Tests*.cs", SearchOption.AllDirectories)
            .SelectMany(file =>
            {
                var source = File.ReadAllText(file);
                return Class()
                    .Matches(source)
                    .SelectMany(type => Method().Matches(source).Select(method => $"{type.Groups[1].Value}.{method.Groups[1].Value}"));
            })
            .ToHashSet(StringComparer.Ordinal);

        var named = Named()
            .Matches(File.ReadAllText(Path.Combine(Root, "docs", "conformance.md")))
            .Select(name => name.Groups[1].Value)
            .Distinct()
            .ToList();
        Assert.NotEmpty(named);
        Assert.Equal([], named.Except(tests));
    }

    [Fact]
    public void Every_behaviour_has_a_test_or_a_reason()
    {
        var bare = Rows.Where(row =>
                !Named().IsMatch(row.PinnedBy)
                && !(row.PinnedBy.StartsWith("differs: ", StringComparison.Ordinal) && row.PinnedBy.Length > 15)
                && !row.PinnedBy.StartsWith("see ", StringComparison.Ordinal)
            )
            .Select(row => row.Number);
        Assert.Equal([], bare);
    }

    [GeneratedRegex(@"^\| (\d+) \| ([^|]+) \| (.+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(\w+Tests\.\w+)`")]
    private static partial Regex Named();

    [GeneratedRegex(@"class (\w+Tests)\b")]
    private static partial Regex Class();

    [GeneratedRegex(@"public (?:async Task|void|Task) (\w+)\(")]
    private static partial Regex Method();
}
