namespace Vigia.Tests;

/// <summary>The sources below src/ and which of their folders depend on which, by the types that they name.</summary>
/// <remarks>Read as text: a name that is a type of a namespace in sight counts as a use of it.</remarks>
internal sealed class SourceTree(IReadOnlyList<SourceFile> files)
{
    /// <summary>The repository's folder.</summary>
    public static readonly string Root = FindRoot();

    private static readonly Lazy<SourceTree> Repository = new(static () =>
        new([.. Below("src").Select(file => new SourceFile(file, File.ReadAllText(Path.Combine(Root, file))))])
    );

    public static IEnumerable<string> Projects =>
        Directory.GetDirectories(Path.Combine(Root, "src")).Select(folder => Path.GetFileName(folder)!);

    public IReadOnlyList<SourceFile> Files => files;

    public static SourceTree Load() => Repository.Value;

    /// <summary>The files of C# in a folder of the repository and below: paths from its root, with slashes.</summary>
    public static IEnumerable<string> Below(string folder) =>
        Directory
            .EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    /// <summary>The sets of folders of a project that depend on each other in a circle.</summary>
    public IReadOnlyList<IReadOnlyList<string>> CyclesOf(string project)
    {
        var uses = Uses(project);
        var reached = uses.Keys.ToDictionary(folder => folder, folder => Reach(uses, folder), StringComparer.Ordinal);
        return
        [
            .. reached
                .Keys.Where(folder => reached[folder].Contains(folder))
                .GroupBy(
                    folder =>
                        string.Join(' ', reached[folder].Where(other => reached[other].Contains(folder)).Order(StringComparer.Ordinal)),
                    StringComparer.Ordinal
                )
                .Select(group => (IReadOnlyList<string>)[.. group]),
        ];
    }

    private Dictionary<string, HashSet<string>> Uses(string project)
    {
        var mine = files.Where(file => file.Project == project).ToArray();
        var declared = mine.SelectMany(file => file.Types.Select(type => (Type: type, File: file)))
            .ToLookup(pair => pair.Type, pair => pair.File, StringComparer.Ordinal);
        var uses = mine.Select(file => file.Folder)
            .Distinct(StringComparer.Ordinal)
            .ToDictionary(folder => folder, _ => new HashSet<string>(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var file in mine)
        {
            foreach (var other in file.Names.Where(name => !file.Types.Contains(name)).SelectMany(name => declared[name]))
            {
                if (other.Folder != file.Folder && file.Visible.Contains(other.Namespace))
                {
                    uses[file.Folder].Add(other.Folder);
                }
            }
        }

        return uses;
    }

    private static HashSet<string> Reach(Dictionary<string, HashSet<string>> uses, string from)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(uses[from]);
        while (open.TryPop(out var folder))
        {
            if (reached.Add(folder))
            {
                foreach (var next in uses[folder])
                {
                    open.Push(next);
                }
            }
        }

        return reached;
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Vigia.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the repository");
        }

        return folder;
    }
}
