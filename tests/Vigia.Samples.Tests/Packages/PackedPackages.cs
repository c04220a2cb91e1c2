using System.IO.Compression;
using System.Xml.Linq;

namespace Vigia.Samples.Tests.Packages;

/// <summary>The packages, packed once into a folder of their own from what the tests were built with.</summary>
public sealed class PackedPackages : IAsyncLifetime
{
    private static readonly string[] Projects =
    [
        "Vigia.Kubernetes",
        "Vigia.Kubernetes.Workloads",
        "Vigia.Informers",
        "Vigia.Controllers",
        "Vigia.Catalog",
        "Vigia.Simulator",
    ];

    /// <summary>
    /// What this machine has restored already: dependencies come from here, so that the tests need no network.
    /// </summary>
    public static string MachineCache { get; } =
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    public DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("vigia-packages");

    public string Version { get; } =
        (string)XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props")).Descendants("Version").Single();

    public ZipArchive Open(string id, string kind) => ZipFile.OpenRead(Path.Combine(Folder.FullName, $"{id}.{Version}.{kind}"));

    public async ValueTask InitializeAsync()
    {
        foreach (var project in Projects)
        {
            await Dotnet.RunAsync(
                Repository.Root,
                "pack",
                Path.Combine("src", project),
                "--no-build",
                "-c",
                Repository.Configuration,
                "-o",
                Folder.FullName,
                "-nodeReuse:false"
            );
        }
    }

    public ValueTask DisposeAsync()
    {
        Folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
