using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vigia.Kubernetes.Kubeconfig;

/// <summary>A cluster, user or context entry of a kubeconfig, with its file.</summary>
internal sealed record KubeconfigEntry(string Name, YamlMappingNode Body, string File)
{
    /// <summary>A member's text, or null.</summary>
    public string? Text(string member) => KubeconfigFile.Text(Body, member);

    /// <summary>A member's flag; absent is false.</summary>
    public bool Flag(string member) => Text(member) is "true" or "True" or "TRUE";

    /// <summary>
    /// A path in the entry, made absolute: relative ones are relative to the file (client-go <c>clientcmd</c>).
    /// </summary>
    public string? Path(string member) =>
        Text(member) is { Length: > 0 } path
            ? System.IO.Path.GetFullPath(path, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(File))!)
            : null;
}

/// <summary>One kubeconfig file, or several merged as kubectl merges them: the first that has a name wins.</summary>
internal sealed class KubeconfigFile
{
    private readonly Dictionary<string, KubeconfigEntry> _clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeconfigEntry> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeconfigEntry> _contexts = new(StringComparer.Ordinal);
    private readonly List<string> _files = [];

    public string? CurrentContext { get; private set; }

    /// <summary>The files read, joined for messages.</summary>
    public string Files => string.Join(", ", _files);

    public IEnumerable<string> Contexts => _contexts.Keys.Order(StringComparer.Ordinal);

    public KubeconfigEntry? Cluster(string name) => _clusters.GetValueOrDefault(name);

    public KubeconfigEntry? User(string name) => _users.GetValueOrDefault(name);

    public KubeconfigEntry? Context(string name) => _contexts.GetValueOrDefault(name);

    /// <summary>Reads a file into this one.</summary>
    /// <exception cref="KubeconfigException">It cannot be read, or is not a kubeconfig.</exception>
    public void Read(string file)
    {
        _files.Add(file);
        var yaml = new YamlStream();
        try
        {
            using var text = new StreamReader(file);
            yaml.Load(text);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KubeconfigException($"the kubeconfig {file} does not exist; check --kubeconfig or $KUBECONFIG", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"the kubeconfig {file} cannot be read: {error.Message.TrimEnd('.')}", error);
        }
        catch (YamlException error)
        {
            throw new KubeconfigException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the kubeconfig {file} is not valid YAML at line {error.Start.Line}, column {error.Start.Column}: "
                        + $"{error.Message.TrimEnd('.')}"
                ),
                error
            );
        }
        catch (InvalidOperationException error)
        {
            // YamlDotNet's answer to a flow collection that never ends.
            throw new KubeconfigException(
                $"the kubeconfig {file} is not valid YAML at line {LastLine(file)}: it ends within a list or mapping",
                error
            );
        }

        if (yaml.Documents.Count == 0)
        {
            // kubectl treats an empty file as one without entries.
            return;
        }

        if (
            yaml.Documents[0].RootNode is not YamlMappingNode root
            || (
                !root.Children.ContainsKey(new YamlScalarNode("clusters"))
                && !root.Children.ContainsKey(new YamlScalarNode("contexts"))
                && Text(root, "kind") != "Config"
            )
        )
        {
            throw new KubeconfigException($"{file} is not a kubeconfig: it has neither clusters nor contexts");
        }

        YamlMergeKeys.Resolve(root);
        CurrentContext = string.IsNullOrEmpty(CurrentContext) ? Text(root, "current-context") : CurrentContext;
        Entries(root, "clusters", "cluster", file, _clusters);
        Entries(root, "users", "user", file, _users);
        Entries(root, "contexts", "context", file, _contexts);
    }

    private static int LastLine(string file) => File.ReadLines(file).Count();

    /// <summary>A scalar member's text, or null.</summary>
    public static string? Text(YamlMappingNode node, string member) =>
        node.Children.TryGetValue(new YamlScalarNode(member), out var value)
        && value is YamlScalarNode { Value: { } text } scalar
        && !(scalar.Style == ScalarStyle.Plain && text is "" or "~" or "null")
            ? text
            : null;

    private static void Entries(YamlMappingNode root, string list, string body, string file, Dictionary<string, KubeconfigEntry> into)
    {
        if (!root.Children.TryGetValue(new YamlScalarNode(list), out var value) || value is YamlScalarNode)
        {
            return;
        }

        if (value is not YamlSequenceNode sequence)
        {
            throw new KubeconfigException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the kubeconfig {file} is invalid at line {value.Start.Line}: {list} must be a list"
                )
            );
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in sequence)
        {
            if (item is not YamlMappingNode entry)
            {
                throw new KubeconfigException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the kubeconfig {file} is invalid at line {item.Start.Line}: an entry of {list} needs a name and a {body}"
                    )
                );
            }

            // kubectl treats an entry without a name as one with the empty name, and refuses two of the same name in a
            // file.
            var name = Text(entry, "name") ?? "";
            if (!names.Add(name))
            {
                throw new KubeconfigException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the kubeconfig {file} is invalid at line {item.Start.Line}: {list} has two entries named "
                            + $"\"{name}\"; remove or rename one"
                    )
                );
            }

            var content =
                entry.Children.TryGetValue(new YamlScalarNode(body), out var found) && found is YamlMappingNode mapping ? mapping : [];
            into.TryAdd(name, new KubeconfigEntry(name, content, file));
        }
    }
}
