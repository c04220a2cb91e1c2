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

/// <summary>A mapping within a file.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Node">The mapping.</param>
internal sealed record ConfigurationLayer(string File, YamlMappingNode Node);
