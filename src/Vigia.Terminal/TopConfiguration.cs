using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vigia.Terminal;

/// <summary>What a user wants each time: <c>$XDG_CONFIG_HOME/vigia/top.yaml</c>, else <c>~/.config/vigia/top.yaml</c>.</summary>
internal sealed record TopConfiguration
{
    private static readonly string[] Known = ["theme", "command", "namespace", "favourites", "readonly", "mouse", "keys", "aliases"];

    /// <summary><c>keys</c>: keys and what they do, as <c>ctrl-x: delete</c>, <c>f5: ":po /crash"</c>, <c>x: none</c>.</summary>
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

    /// <summary><c>mouse</c>: whether wheel and clicks are taken; text is then selected with shift. Default false.</summary>
    public bool Mouse { get; init; }

    /// <summary>Where the file is.</summary>
    public static string DefaultPath(Func<string, string?> variable)
        => Path.Combine(variable("XDG_CONFIG_HOME") is { Length: > 0 } folder ? folder : Path.Combine(variable("HOME") ?? "", ".config"), "vigia", "top.yaml");

    /// <summary>Reads the file; the defaults where there is none.</summary>
    /// <exception cref="IOException">It cannot be read, or says something that is not understood: the sentence names file and line.</exception>
    public static TopConfiguration Load(string path)
    {
        if (!File.Exists(path))
        {
            return new();
        }

        try
        {
            var stream = new YamlStream();
            using var reader = File.OpenText(path);
            stream.Load(reader);
            if (stream.Documents.Count == 0)
            {
                return new();
            }

            if (stream.Documents[0].RootNode is not YamlMappingNode root)
            {
                throw new IOException($"{path}: expected names and values, as 'theme: dark'");
            }

            if (root.Children.Keys.FirstOrDefault(key => !Known.Contains(((YamlScalarNode)key).Value)) is { } unknown)
            {
                throw new IOException($"{path}, line {unknown.Start.Line}: '{unknown}' is not known; there are {string.Join(", ", Known)}");
            }

            var theme = Text("theme") ?? "auto";
            return new()
            {
                Theme = theme is "dark" or "light" or "none" or "auto" ? theme : throw new IOException($"{path}: theme is '{theme}', expected dark, light, none or auto"),
                Command = Text("command"),
                Namespace = Text("namespace"),
                Favourites = root.Children.TryGetValue("favourites", out var list) && list is YamlSequenceNode items ? [.. items.Children.Select(item => item.ToString())] : [],
                IsReadOnly = Flag("readonly"),
                Mouse = Flag("mouse"),
                Keys = Pairs("keys"),
                Aliases = Pairs("aliases"),
            };

            string? Text(string name) => root.Children.TryGetValue(name, out var node) && node is YamlScalarNode { Value.Length: > 0 } scalar ? scalar.Value : null;

            Dictionary<string, string> Pairs(string name)
            {
                var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
                if (!root.Children.TryGetValue(name, out var node) || node is YamlScalarNode { Value: null or "" })
                {
                    return pairs;
                }

                foreach (var (key, value) in node is YamlMappingNode map ? map.Children : throw new IOException($"{path}, line {node.Start.Line}: {name} are names and values, as '{(name == "keys" ? "ctrl-x: delete" : "crash: po /crash")}'"))
                {
                    pairs[key.ToString()] = value is YamlScalarNode { Value.Length: > 0 } text ? text.Value : throw new IOException($"{path}, line {value.Start.Line}: {name}: what shall '{key}' be?");
                }

                return pairs;
            }

            bool Flag(string name) => Text(name) switch
            {
                null or "false" => false,
                "true" => true,
                var other => throw new IOException($"{path}: {name} is '{other}', expected true or false"),
            };
        }
        catch (YamlException error)
        {
            throw new IOException($"{path}, line {error.Start.Line}: {error.Message}", error);
        }
    }
}
