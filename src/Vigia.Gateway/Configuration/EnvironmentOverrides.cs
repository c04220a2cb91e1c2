using Microsoft.Extensions.Configuration;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vigia.Gateway.Configuration;

/// <summary>
/// Environment variables as the topmost layer of the configuration: <c>VIGIA__ACCESS__MODE=token</c> is
/// <c>access.mode</c>, whatever the case; <c>VIGIA__SOCKETS__ALLOWEDORIGINS__0</c> is the first item of a list.
/// </summary>
/// <remarks>
/// They follow the rules of .NET's configuration (two underscores between the names). A host may pass any other
/// <see cref="IConfiguration"/> instead; faults then name the variable that would set the key. A name that no key has
/// is a fault, as in a file, and so is a value for a section that has keys too.
/// </remarks>
public static class EnvironmentOverrides
{
    private const string Prefix = "VIGIA__";

    // They are read by the catalog, from files alone.
    private static readonly string[] InFilesOnly = ["resources", "presets"];

    /// <summary>The variables of this process.</summary>
    public static IConfiguration OfProcess() => new ConfigurationBuilder().AddEnvironmentVariables(Prefix).Build();

    /// <summary>The variable that sets a key.</summary>
    /// <param name="path">The key's path, for example <c>access.mode</c>.</param>
    public static string VariableOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Prefix + path.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();
    }

    /// <summary>The layer; null where nothing is set.</summary>
    internal static ConfigurationLayer? LayerOf(IConfiguration? values, List<string> faults)
    {
        if (values is null || !values.GetChildren().Any())
        {
            return null;
        }

        var names = ConfigurationFile.Keys().Select(key => key.Path).ToDictionary(path => path, StringComparer.OrdinalIgnoreCase);
        var root = new YamlMappingNode();
        foreach (var value in values.GetChildren())
        {
            var name = NameOf("", value, names);
            if (InFilesOnly.Contains(name, StringComparer.Ordinal))
            {
                faults.Add($"{VariableOf(name)}: {name} cannot be set by the environment; put it in a file and name that with --config");
                continue;
            }

            root.Add(name, NodeOf(name, value, names, faults));
        }

        return new(null, root);
    }

    private static YamlNode NodeOf(string path, IConfigurationSection value, Dictionary<string, string> names, List<string> faults)
    {
        var children = value.GetChildren().ToArray();
        if (children.Length == 0)
        {
            return new YamlScalarNode(value.Value ?? "") { Style = ScalarStyle.Plain };
        }

        if (value.Value is { Length: > 0 } ignored)
        {
            faults.Add($"{VariableOf(path)}: '{ignored}' has no meaning beside {VariableOf(path)}__{children[0].Key}: unset one of them");
        }

        if (children.All(child => uint.TryParse(child.Key, out _)))
        {
            return new YamlSequenceNode(children.Select(child => NodeOf(path, child, names, faults)));
        }

        var mapping = new YamlMappingNode();
        foreach (var child in children)
        {
            var name = NameOf(path, child, names);
            mapping.Add(name, NodeOf($"{path}.{name}", child, names, faults));
        }

        return mapping;
    }

    /// <summary>
    /// The key's own spelling; as it is written where there is no such key, which the reader then refuses.
    /// </summary>
    private static string NameOf(string path, IConfigurationSection value, Dictionary<string, string> names) =>
        names.TryGetValue(path.Length == 0 ? value.Key : $"{path}.{value.Key}", out var known)
            ? known[(known.LastIndexOf('.') + 1)..]
            : value.Key.ToLowerInvariant();
}
