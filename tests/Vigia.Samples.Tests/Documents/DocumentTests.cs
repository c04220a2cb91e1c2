using System.Text.RegularExpressions;

namespace Vigia.Samples.Tests.Documents;

/// <summary>
/// What the packages' READMEs and the guide for people from client-go say: their code is compiled and run here, the
/// names in them exist.
/// </summary>
public sealed partial class DocumentTests
{
    private static readonly Lazy<IReadOnlyList<string>> Regions = new(() =>
        [
            .. Directory
                .GetFiles(Path.Combine(Repository.Root, "tests", "Vigia.Samples.Tests", "Documents"), "*.cs")
                .SelectMany(file => Region().Matches(File.ReadAllText(file)).Select(match => Dedent(match.Groups[1].Value))),
        ]
    );

    public static TheoryData<string> Documents =>
        [
            "src/Vigia.Kubernetes/README.md",
            "src/Vigia.Informers/README.md",
            "src/Vigia.Controllers/README.md",
            "src/Vigia.Catalog/README.md",
            "docs/from-client-go.md",
        ];

    [Theory]
    [InlineData("README.md")]
    [MemberData(nameof(Documents))]
    public void Every_example_is_compiled_and_run_as_it_stands_there(string document)
    {
        var examples = Block("csharp").Matches(Repository.Read(document)).Select(match => match.Groups[1].Value.TrimEnd()).ToList();

        Assert.NotEmpty(examples);
        Assert.Equal([], examples.Except(Regions.Value));
    }

    [Theory]
    [InlineData("src/Vigia.Kubernetes.Workloads/README.md")]
    [MemberData(nameof(Documents))]
    public void Every_name_of_ours_exists(string document)
    {
        var names = Code()
            .Matches(Block("\\w*").Replace(Repository.Read(document), ""))
            .Select(match => match.Groups[1].Value)
            .Where(name => OfOurs().IsMatch(name))
            .Distinct()
            .ToList();

        Assert.NotEmpty(names);
        Assert.Equal([], names.Where(name => !PublicNames.Exists(name)));
    }

    [Fact]
    public void The_guide_has_the_words_that_people_look_for()
    {
        var guide = Repository.Read("docs", "from-client-go.md");
        string[] words =
        [
            "Reflector",
            "DeltaFIFO",
            "Indexer",
            "Lister",
            "SharedInformerFactory",
            "ResourceEventHandlerFuncs",
            "AddEventHandlerWithResyncPeriod",
            "SetTransform",
            "SetWatchErrorHandler",
            "WaitForCacheSync",
            "workqueue",
            "RateLimiter",
            "leaderelection",
            "EventRecorder",
            "fake.NewSimpleClientset",
            "envtest",
            "dynamicinformer",
            "metadatainformer",
            "RetryOnConflict",
            "DeletedFinalStateUnknown",
            "ListWatch",
            "clientcmd",
        ];

        Assert.Equal([], words.Where(word => !guide.Contains(word, StringComparison.Ordinal)));
    }

    private static string Dedent(string text)
    {
        var lines = text.TrimEnd().Split('\n');
        var indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length > indent ? line[indent..] : ""));
    }

    [GeneratedRegex(@"#region \w+\n(.*?)\n *#endregion", RegexOptions.Singleline)]
    private static partial Regex Region();

    private static Regex Block(string language) => new($"^```{language}\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline);

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    /// <summary>
    /// Type, Type.Member: begins with a capital. Words of Go that do so are written in italics or in the left column as
    /// plain text.
    /// </summary>
    [GeneratedRegex(@"^[A-Z]\w+(<\w+>)?(\.[A-Z]\w+)*(\(.*\))?$")]
    private static partial Regex OfOurs();
}
