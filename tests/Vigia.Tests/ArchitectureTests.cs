using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Vigia.Tests;

/// <summary>
/// The structure, held: dependencies one way, files that do one thing, bytes on the live path, docs whose links lead
/// somewhere.
/// </summary>
public sealed partial class ArchitectureTests
{
    private static readonly string Root = SourceTree.Root;

    [Theory]
    [InlineData("Vigia.Kubernetes", "")]
    [InlineData("Vigia.Kubernetes.Workloads", "Vigia.Kubernetes")]
    [InlineData("Vigia.Catalog", "Vigia.Kubernetes")]
    [InlineData("Vigia.Informers", "Vigia.Kubernetes")]
    [InlineData("Vigia.Controllers", "Vigia.Informers")]
    [InlineData("Vigia.Live", "Vigia.Informers Vigia.Catalog")]
    [InlineData("Vigia.Simulator", "Vigia.Kubernetes Vigia.Catalog")]
    [InlineData("Vigia.Gateway", "Vigia.Live")]
    [InlineData("Vigia.Terminal", "Vigia.Live Vigia.Kubernetes.Workloads")]
    [InlineData("Vigia", "Vigia.Gateway Vigia.Simulator Vigia.Terminal")]
    public void Projects_depend_on_what_they_may_and_no_more(string project, string may)
    {
        var file = XDocument.Load(Path.Combine(Root, "src", project, project + ".csproj"));
        var references = file.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));

        Assert.Equal(may.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(), references.Order());
        if (project is not ("Vigia.Gateway" or "Vigia.Simulator" or "Vigia"))
        {
            Assert.Empty(file.Descendants("FrameworkReference"));
        }
    }

    [Fact]
    public void Every_project_of_the_sources_is_held_by_the_test_above() =>
        Assert.Equal(10, Directory.GetDirectories(Path.Combine(Root, "src")).Length);

    [Fact]
    public void Files_do_one_thing()
    {
        var large = Sources("src")
            .Where(file => File.ReadLines(file).Count() > 600)
            .Concat(Sources("tests").Where(file => File.ReadLines(file).Count() > 800));

        Assert.Empty(large.Select(file => Path.GetRelativePath(Root, file)));
    }

    [Fact]
    public void The_live_path_holds_bytes_and_no_object_graph()
    {
        // Discovery and access reviews are documents that are read once; they are not on the way of a change.
        string[] live =
        [
            "src/Vigia.Kubernetes/Objects",
            "src/Vigia.Kubernetes/Listing",
            "src/Vigia.Kubernetes/Watching",
            "src/Vigia.Informers",
            "src/Vigia.Controllers",
            "src/Vigia.Catalog",
            "src/Vigia.Live/Notifications",
            "src/Vigia.Live/Queries",
            "src/Vigia.Live/Subscriptions",
            "src/Vigia.Gateway/Endpoints/Sse",
        ];

        // Leases and events are small documents that a program writes about itself, each its own request.
        // A custom resource's definition is read when it changes, and described is the one object that somebody looks
        // at.
        string[] written =
        [
            Path.Combine("Vigia.Controllers", "LeaderElection"),
            Path.Combine("Vigia.Controllers", "EventRecording"),
            Path.Combine("Vigia.Catalog", "Definitions"),
            Path.Combine("Vigia.Catalog", "Describing"),
            Path.Combine("Vigia.Catalog", "Paths", "ObjectJson.cs"),
            Path.Combine("Vigia.Gateway", "Endpoints", "Sse", "StreamOperations.cs"),
        ];
        var graphs = live.SelectMany(Sources)
            .Where(file => !written.Any(folder => file.Contains(folder, StringComparison.Ordinal)))
            .Where(file => Graph().IsMatch(File.ReadAllText(file)));

        Assert.Empty(graphs.Select(file => Path.GetRelativePath(Root, file)));
    }

    [Fact]
    public void Links_in_the_documents_lead_somewhere()
    {
        foreach (
            var document in Directory
                .GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
                .Append(Path.Combine(Root, "README.md"))
        )
        {
            foreach (
                var link in Link()
                    .Matches(File.ReadAllText(document))
                    .Select(match => match.Groups[1].Value)
                    .Where(link => !link.StartsWith("http", StringComparison.Ordinal))
            )
            {
                var target = Path.Combine(Path.GetDirectoryName(document)!, link);
                Assert.True(File.Exists(target) || Directory.Exists(target), $"{Path.GetRelativePath(Root, document)} links to {link}");
            }
        }
    }

    [Fact]
    public void Event_ids_of_log_messages_are_unique()
    {
        var ids = Sources("src")
            .SelectMany(file => EventId().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .GroupBy(id => id)
            .Where(group => group.Count() > 1);

        Assert.Empty(ids.Select(group => group.Key));
    }

    private static IEnumerable<string> Sources(string folder) =>
        Directory
            .EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    [GeneratedRegex(@"\b(JsonDocument|JsonNode|JsonObject|JsonSerializer)\b(?!.*(///|not here))")]
    private static partial Regex Graph();

    [GeneratedRegex(@"\]\(([^)#]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\[LoggerMessage\((\d+)")]
    private static partial Regex EventId();
}
