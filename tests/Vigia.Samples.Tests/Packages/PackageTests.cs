using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace Vigia.Samples.Tests.Packages;

/// <summary>
/// The packages, packed as they would be published, opened, and used by a program that knows nothing of this
/// repository.
/// </summary>
public sealed class PackageTests(PackedPackages packages) : IClassFixture<PackedPackages>
{
    private static readonly XNamespace Nuspec = "http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd";

    [Theory]
    [InlineData("Vigia.Kubernetes", "Microsoft.Extensions.Logging.Abstractions YamlDotNet")]
    [InlineData("Vigia.Informers", "Microsoft.Extensions.Logging.Abstractions Vigia.Kubernetes YamlDotNet")]
    [InlineData("Vigia.Controllers", "Microsoft.Extensions.Logging.Abstractions Vigia.Informers YamlDotNet")]
    [InlineData("Vigia.Kubernetes.Workloads", "Microsoft.Extensions.Logging.Abstractions Vigia.Kubernetes YamlDotNet")]
    [InlineData("Vigia.Catalog", "Microsoft.Extensions.Logging.Abstractions Vigia.Kubernetes YamlDotNet")]
    [InlineData("Vigia.Simulator", "Vigia.Catalog Vigia.Kubernetes YamlDotNet")]
    public void A_package_has_its_readme_docs_symbols_licence_and_the_dependencies_that_it_needs(string id, string dependencies)
    {
        using var package = packages.Open(id, "nupkg");
        var files = package.Entries.Select(entry => entry.FullName).ToList();
        Assert.Contains("README.md", files);
        Assert.Contains($"lib/net10.0/{id}.dll", files);
        Assert.Contains($"lib/net10.0/{id}.xml", files);
        Assert.Equal(Repository.Read("src", id, "README.md"), Text(package, "README.md"));
        Assert.Contains("<summary>", Text(package, $"lib/net10.0/{id}.xml"), StringComparison.Ordinal);

        var metadata = XDocument.Parse(Text(package, $"{id}.nuspec")).Root!.Element(Nuspec + "metadata")!;
        Assert.Equal(id, (string?)metadata.Element(Nuspec + "id"));
        Assert.Equal("Apache-2.0", (string?)metadata.Element(Nuspec + "license"));
        Assert.Equal("expression", (string?)metadata.Element(Nuspec + "license")!.Attribute("type"));
        Assert.Equal("README.md", (string?)metadata.Element(Nuspec + "readme"));
        Assert.Contains("kubernetes", (string?)metadata.Element(Nuspec + "tags"), StringComparison.Ordinal);
        Assert.True(((string?)metadata.Element(Nuspec + "description"))?.Length > 40);
        Assert.Equal(
            dependencies.Split(' '),
            metadata
                .Descendants(Nuspec + "dependency")
                .Select(dependency => (string)dependency.Attribute("id")!)
                .Where(dependency => dependency is not "Microsoft.AspNetCore.App")
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            id == "Vigia.Simulator" ? ["Microsoft.AspNetCore.App"] : [],
            metadata.Descendants(Nuspec + "frameworkReference").Select(reference => (string)reference.Attribute("name")!)
        );

        using var symbols = packages.Open(id, "snupkg");
        Assert.Contains(symbols.Entries, entry => entry.FullName == $"lib/net10.0/{id}.pdb");
    }

    [Theory]
    [InlineData("Vigia.Kubernetes")]
    [InlineData("Vigia.Informers")]
    [InlineData("Vigia.Controllers")]
    [InlineData("Vigia.Kubernetes.Workloads")]
    [InlineData("Vigia.Catalog")]
    [InlineData("Vigia.Simulator")]
    public void Nothing_in_a_package_names_the_machine_that_built_it(string id)
    {
        string[] words =
        [
            Repository.Root,
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + "/",
            Environment.MachineName + ".",
        ];
        foreach (var kind in new[] { "nupkg", "snupkg" })
        {
            using var package = packages.Open(id, kind);
            foreach (var entry in package.Entries)
            {
                var content = Bytes(entry);
                Assert.All(
                    words,
                    word =>
                        Assert.True(
                            content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(word)) < 0,
                            $"{id}.{kind}: {entry.FullName} has '{word}'"
                        )
                );
            }
        }
    }

    [Fact]
    public async Task A_fresh_program_builds_against_the_packages_and_runs()
    {
        var folder = packages.Folder.CreateSubdirectory("consumer");
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "consumer.csproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RestorePackagesPath>{Path.Combine(packages.Folder.FullName, "cache")}</RestorePackagesPath>
                <RestoreFallbackFolders>{PackedPackages.MachineCache}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Vigia.Informers" Version="{packages.Version}" />
                <PackageReference Include="Vigia.Simulator" Version="{packages.Version}" />
              </ItemGroup>
            </Project>
            """
        );
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "nuget.config"),
            $"""
            <configuration><packageSources><add key="packed" value="{packages.Folder.FullName}" /></packageSources></configuration>
            """
        );
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "Program.cs"),
            """
            using System.Text.Json.Serialization;
            using Vigia.Informers;
            using Vigia.Kubernetes;
            using Vigia.Simulator;

            await using var cluster = await VigiaSimulator.StartAsync();
            await cluster.Objects.CreateAsync("kind: ConfigMap\napiVersion: v1\nmetadata: { name: greeting }\ndata: { text: hello }");
            await using var informers = SharedInformerFactory.FromKubeconfig(cluster.KubeconfigPath);
            var maps = informers.ForResource(KnownResources.ConfigMaps);
            informers.Start();
            await maps.WhenSynced;
            Console.WriteLine(maps.Store.As(Json.Default.ConfigMap).InNamespace("default").Get("greeting")!.Data["text"]);

            public sealed record ConfigMap(Dictionary<string, string> Data);

            [JsonSerializable(typeof(ConfigMap))]
            [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
            internal sealed partial class Json : JsonSerializerContext;
            """
        );

        await Dotnet.RunAsync(folder.FullName, "build", "-c", "Release", "-o", Path.Combine(folder.FullName, "out"), "-nodeReuse:false");

        Assert.Equal("hello", (await Dotnet.RunAsync(folder.FullName, Path.Combine(folder.FullName, "out", "consumer.dll"))).Trim());
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var content = new MemoryStream();
        using var stream = entry.Open();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static string Text(ZipArchive package, string name) =>
        Encoding.UTF8.GetString(Bytes(package.GetEntry(name)!)).TrimStart('\uFEFF');
}
