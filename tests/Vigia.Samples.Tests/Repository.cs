namespace Vigia.Samples.Tests;

/// <summary>Where things stand in the repository that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>debug or release, as these tests.</summary>
    public static string Configuration { get; } = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path]));

    public static string Built(string sample) => Path.Combine(Root, "artifacts", "bin", sample, Configuration, sample + ".dll");

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
