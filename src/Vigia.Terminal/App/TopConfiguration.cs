using System.Globalization;
using Vigia.Catalog.Searching;
using Vigia.Terminal.Keys;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vigia.Terminal.App;

/// <summary>
/// What a user wants each time: <c>$XDG_CONFIG_HOME/vigia/top.yaml</c>, else <c>~/.config/vigia/top.yaml</c>.
/// </summary>
internal sealed record TopConfiguration
{
    private static readonly string[] Known = ["theme", "command", "namespace", "favourites", "readonly", "mouse", "keys", "aliases"];

    /// <summary>
    /// <c>keys</c>: keys and what they do, as <c>ctrl-x: delete</c>, <c>f5: ":po /crash"</c>, <c>x: none</c>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Keys { get; init; } = new Dictionary<string, string>();

    /// <summary><c>aliases</c>: names for commands, as <c>crash: po /crash</c>.</summary>
    public IReadOnlyDictionary<string, string> Aliases { get; init; } = new Dictionary<string, string>();

    /// <summary><c>theme</c>: dark, light, none or auto.</summary>
    public string Theme { get; init; } = "auto";

    /// <summary><c>command</c>: what is shown first, as <c>deploy</c>.</summary>
    public string? Command { get; init; }

    /// <summary><c>namespace</c>: where one begins; all of them where it is not given.</summary>
    public string? Namespace { get; init; }

    /// <summary><c>favourites</c>: the namespaces of the keys 1 to 9.</summary>
    public IReadOnlyList<string> Favourites { get; init; } = [];

    /// <summary><c>readonly</c>: nothing is changed in any cluster.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// <c>mouse</c>: whether wheel and clicks are taken; text is then selected with shift. Default false.
    /// </summary>
    public bool Mouse { get; init; }

    /// <summary>Where the file is.</summary>
    public static string DefaultPath(Func<string, string?> variable) =>
        Path.Combine(
            variable("XDG_CONFIG_HOME") is { Length: > 0 } folder ? folder : Path.Combine(variable("HOME") ?? "", ".config"),
            "vigia",
            "top.yaml"
        );

    /// <summary>Reads the file; the defaults where there is none.</summary>
    /// <exception cref="TopConfigurationException">
    /// It says something that is not understood: all faults, each with its line.
    /// </exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TopConfiguration Load(string path)
    {
        if (!File.Exists(path))
        {
            return new();
        }

        var faults = new List<string>();
        try
        {
            var stream = new YamlStream();
            using var reader = File.OpenText(path);
            stream.Load(reader);
            if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is YamlScalarNode { Value: null or "" })
            {
                return new();
            }

            if (stream.Documents[0].RootNode is not YamlMappingNode root)
            {
                throw new TopConfigurationException([$"{path}: expected names and values, as 'theme: dark'"]);
            }

            var configuration = Read(
                root,
                (node, fault) => faults.Add(string.Create(CultureInfo.InvariantCulture, $"{path}, line {node.Start.Line}: {fault}"))
            );
            return faults.Count == 0 ? configuration : throw new TopConfigurationException(faults);
        }
        catch (YamlException error)
        {
            throw new TopConfigurationException(
                [string.Create(CultureInfo.InvariantCulture, $"{path}, line {error.Start.Line}: {error.Message}")],
                error
            );
        }
    }

    private static TopConfiguration Read(YamlMappingNode root, Action<YamlNode, string> fault)
    {
        foreach (var key in root.Children.Keys)
        {
            var name = (key as YamlScalarNode)?.Value ?? key.ToString();
            if (!Known.Contains(name))
            {
                fault(
                    key,
                    $"'{name}' is not known{(NearestName.Of(name, Known) is { } near ? $", did you mean '{near}'?" : "")}; there are "
                        + $"{string.Join(", ", Known)}"
                );
            }
        }

        var keys = Pairs("keys");
        foreach (var (key, what) in keys)
        {
            try
            {
                KeyTable.Default.With(new Dictionary<string, string> { [key] = what });
            }
            catch (ArgumentException unknown)
            {
                fault(
                    root.Children[new YamlScalarNode("keys")],
                    $"keys: {key}: {unknown.Message.Split(" (Parameter", StringSplitOptions.None)[0]}"
                );
            }
        }

        return new()
        {
            Theme = Choice("theme", "auto", ["dark", "light", "none", "auto"]),
            Command = Text("command"),
            Namespace = Text("namespace"),
            Favourites = Items("favourites"),
            IsReadOnly = Choice("readonly", "false", ["true", "false"]) == "true",
            Mouse = Choice("mouse", "false", ["true", "false"]) == "true",
            Keys = keys,
            Aliases = Pairs("aliases"),
        };

        string? Text(string name)
        {
            if (!root.Children.TryGetValue(name, out var node))
            {
                return null;
            }

            if (node is YamlScalarNode scalar)
            {
                return scalar.Value is { Length: > 0 } text ? text : null;
            }

            fault(node, $"{name} is one value, as '{name}: shop'");
            return null;
        }

        string Choice(string name, string otherwise, string[] choices)
        {
            var text = Text(name) ?? otherwise;
            if (choices.Contains(text))
            {
                return text;
            }

            fault(
                root.Children[new YamlScalarNode(name)],
                $"{name} is '{text}', expected {string.Join(", ", choices[..^1])} or {choices[^1]}"
            );
            return otherwise;
        }

        IReadOnlyList<string> Items(string name)
        {
            if (!root.Children.TryGetValue(name, out var node) || node is YamlScalarNode { Value: null or "" })
            {
                return [];
            }

            if (node is YamlSequenceNode list && list.Children.All(item => item is YamlScalarNode))
            {
                return [.. list.Children.Select(item => ((YamlScalarNode)item).Value ?? "")];
            }

            fault(node, $"{name} is a list, as [shop, kube-system]");
            return [];
        }

        Dictionary<string, string> Pairs(string name)
        {
            var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
            if (!root.Children.TryGetValue(name, out var node) || node is YamlScalarNode { Value: null or "" })
            {
                return pairs;
            }

            if (node is not YamlMappingNode map)
            {
                fault(node, $"{name} are names and values, as '{(name == "keys" ? "ctrl-x: delete" : "crash: po /crash")}'");
                return pairs;
            }

            foreach (var (key, value) in map.Children)
            {
                if (value is YamlScalarNode { Value.Length: > 0 } text)
                {
                    pairs[key.ToString()] = text.Value;
                }
                else
                {
                    fault(value, $"{name}: what shall '{key}' be?");
                }
            }

            return pairs;
        }
    }
}

/// <summary>The configuration of the terminal is wrong.</summary>
internal sealed class TopConfigurationException(IReadOnlyList<string> faults, Exception? inner = null)
    : Exception(string.Join('\n', faults), inner);
