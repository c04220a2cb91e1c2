namespace Vigia.Tests;

/// <summary>
/// The structure inside the projects, held: folders that do not depend on each other in a circle, namespaces that say
/// where a file is.
/// </summary>
public sealed class FolderTests
{
    // Public types of a package stand in its own namespace, so that one using is enough.
    private static readonly string[] Packages =
    [
        "Vigia.Kubernetes",
        "Vigia.Kubernetes.Workloads",
        "Vigia.Informers",
        "Vigia.Controllers",
        "Vigia.Catalog",
        "Vigia.Simulator",
    ];

    public static TheoryData<string> Projects => new(SourceTree.Projects);

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_folder_depends_on_itself_by_way_of_others(string project)
    {
        var cycles = SourceTree.Load().CyclesOf(project);

        Assert.Empty(cycles.Select(cycle => string.Join(" → ", cycle)));
    }

    [Fact]
    public void A_cycle_is_found()
    {
        var tree = new SourceTree([
            new("src/P/A/One.cs", "namespace P.A;\nusing P.B;\nclass One { Two two; }"),
            new("src/P/B/Two.cs", "namespace P.B;\nusing P.C;\nclass Two { Three three; /* One */ }"),
            new("src/P/C/Three.cs", "namespace P.C;\nusing P.A;\nclass Three { One one; }"),
            new("src/P/D/Four.cs", "namespace P.D;\nusing P.A;\nclass Four { One one; }"),
        ]);

        Assert.Equal("src/P/A src/P/B src/P/C", string.Join(' ', Assert.Single(tree.CyclesOf("P")).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Namespaces_say_where_a_file_is()
    {
        var wrong = SourceTree.Load().Files.Where(file => file.Namespace.Length > 0 && file.Namespace != Expected(file));

        Assert.Empty(wrong.Select(file => $"{file.Path} is in {file.Namespace}, not in {Expected(file)}"));
    }

    private static string Expected(SourceFile file) =>
        Packages.Contains(file.Project) && file.DeclaresPublicType ? file.Project : file.Folder["src/".Length..].Replace('/', '.');
}
