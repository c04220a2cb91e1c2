using System.Security.Cryptography;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vigia.Gateway.Access;

/// <summary>Reads files of tokens.</summary>
/// <remarks>
/// Two forms. Lines as kube-apiserver's <c>--token-auth-file</c> has them, <c>token,user,uid,"group1,group2"</c> (lines
/// that begin with # are skipped); or YAML:
/// <code>
/// tokens:
/// - token: s3cr3t          # or sha256: the token's SHA-256 in hexadecimal digits, so that the file holds no secret
///   user: anna
///   uid: "7"               # optional, as are the groups
///   groups: [developers]
///   namespaces: [team-a]   # optional: what she sees; absent: everything
///   resources: [pods]
///   clusters: [prod]
/// </code>
/// </remarks>
internal static class TokenFile
{
    private const int MostBytes = 4 * 1024 * 1024;

    public static byte[] Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > MostBytes)
            {
                throw new TokenFileException($"{path} has {file.Length} bytes; the limit for a token file is {MostBytes}");
            }

            using var content = new MemoryStream();
            file.CopyTo(content);
            return content.ToArray();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TokenFileException($"the token file cannot be read: {error.Message}");
        }
    }

    public static IReadOnlyList<TokenEntry> Parse(string path, byte[] content)
    {
        var text = Encoding.UTF8.GetString(content).TrimStart('\uFEFF');
        var entries = IsYaml(path, text) ? Yaml(path, text) : Lines(path, text);
        if (entries.Count == 0)
        {
            throw new TokenFileException($"{path} contains no token; expected lines token,user,uid,\"group1,group2\"");
        }

        var doubles = entries.GroupBy(entry => Convert.ToHexString(entry.Digest)).FirstOrDefault(group => group.Count() > 1);
        return doubles is null
            ? entries
            : throw new TokenFileException(
                $"{path} has the same token for {string.Join(" and ", doubles.Select(entry => entry.User))}; each "
                    + "user needs a different token"
            );
    }

    private static bool IsYaml(string path, string text) =>
        Path.GetExtension(path) is ".yaml" or ".yml"
        || text.AsSpan().TrimStart().StartsWith("tokens:")
        || text.Contains("\ntokens:", StringComparison.Ordinal);

    private static List<TokenEntry> Lines(string path, string text)
    {
        var entries = new List<TokenEntry>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var trimmed = line.Trim();
            if (trimmed.Length == 0 || trimmed[0] == '#')
            {
                continue;
            }

            var fields = Fields(trimmed);
            if (fields.Count < 3 || fields[0].Length == 0 || fields[1].Length == 0)
            {
                throw new TokenFileException($"{path} line {number}: expected token,user,uid,\"group1,group2\", with a token and a user");
            }

            var groups =
                fields.Count > 3 ? fields[3].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [];
            entries.Add(new TokenEntry(Digest(fields[0]), fields[1], fields[2], groups, null, null, null));
        }

        return entries;
    }

    /// <summary>Fields between commas; one in quotes may hold commas, and quotes that are doubled.</summary>
    private static List<string> Fields(string line)
    {
        var (fields, field, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
            {
                field.Append('"');
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                fields.Add(field.ToString().Trim());
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }

        fields.Add(field.ToString().Trim());
        return fields;
    }

    private static List<TokenEntry> Yaml(string path, string text)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(text));
        }
        catch (YamlException error)
        {
            // The exception's text may quote the file, and with it a token: only the position is reported.
            throw new TokenFileException($"{path} line {error.Start.Line}: not valid YAML");
        }

        if (
            yaml.Documents.Count == 0
            || yaml.Documents[0].RootNode is not YamlMappingNode root
            || !root.Children.TryGetValue("tokens", out var list)
            || list is not YamlSequenceNode tokens
        )
        {
            throw new TokenFileException($"{path}: expected a list \"tokens:\" of entries with token (or sha256) and user");
        }

        return [.. tokens.Children.Select(node => Entry(path, node))];
    }

    private static TokenEntry Entry(string path, YamlNode node)
    {
        var place = $"{path} line {node.Start.Line}";
        if (node is not YamlMappingNode entry)
        {
            throw new TokenFileException($"{place}: expected an entry with token (or sha256) and user");
        }

        foreach (var key in entry.Children.Keys)
        {
            if (
                key
                is not YamlScalarNode
                {
                    Value: "token" or "sha256" or "user" or "uid" or "groups" or "namespaces" or "resources" or "clusters"
                }
            )
            {
                throw new TokenFileException(
                    $"{path} line {key.Start.Line}: unknown key '{key}'; an entry has token or sha256, user, uid, groups, "
                        + "namespaces, resources, clusters"
                );
            }
        }

        var (token, sha256, user) = (Text(entry, "token"), Text(entry, "sha256"), Text(entry, "user"));
        if (user is not { Length: > 0 } || (token is not { Length: > 0 } && sha256 is not { Length: > 0 }))
        {
            throw new TokenFileException($"{place}: an entry needs a user, and a token or its sha256");
        }

        byte[] digest;
        try
        {
            digest = token is { Length: > 0 } ? Digest(token) : Convert.FromHexString(sha256!);
        }
        catch (FormatException)
        {
            digest = [];
        }

        return digest.Length == SHA256.HashSizeInBytes
            ? new TokenEntry(
                digest,
                user,
                Text(entry, "uid") ?? "",
                Texts(path, entry, "groups") ?? [],
                Texts(path, entry, "namespaces"),
                Texts(path, entry, "resources"),
                Texts(path, entry, "clusters")
            )
            : throw new TokenFileException($"{place}: sha256 must be 64 hexadecimal digits (printf %s TOKEN | sha256sum)");
    }

    private static string? Text(YamlMappingNode entry, string key) =>
        entry.Children.TryGetValue(key, out var node) && node is YamlScalarNode { Value: { } value } ? value : null;

    private static string[]? Texts(string path, YamlMappingNode entry, string key)
    {
        if (!entry.Children.TryGetValue(key, out var node))
        {
            return null;
        }

        return node switch
        {
            YamlSequenceNode list when list.Children.All(item => item is YamlScalarNode) =>
            [
                .. list.Children.Select(item => ((YamlScalarNode)item).Value ?? ""),
            ],
            YamlScalarNode { Value: { Length: > 0 } one } =>
            [
                .. one.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            ],

            // An empty "namespaces:" is an error: it was not meant as all of them.
            _ => throw new TokenFileException($"{path} line {node.Start.Line}: {key} must be a list, for example [a, b]"),
        };
    }

    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
