using YamlDotNet.RepresentationModel;

namespace Vigia.Gateway.Configuration;

/// <summary>The result of reading files: every error, and every known key.</summary>
internal sealed class ConfigurationReading
{
    /// <summary>One sentence each.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>In the order in which sections read them.</summary>
    public List<ConfigurationKey> Keys { get; } = [];
}

/// <summary>A mapping within a file, or what environment variables say instead.</summary>
/// <param name="File">The file's name; null for environment variables.</param>
/// <param name="Node">The mapping.</param>
internal sealed record ConfigurationLayer(string? File, YamlMappingNode Node)
{
    /// <summary>The folder that relative paths are relative to.</summary>
    public string Folder => File is null ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(File))!;

    /// <summary>Where a value stands, for messages: file, line and path, or the variable's name.</summary>
    public string PlaceOf(YamlNode node, string path) =>
        File is null
            ? EnvironmentOverrides.VariableOf(path)
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{File}:{node.Start.Line}: {path}");
}
