using System.Collections.Concurrent;
using System.Globalization;

namespace Vigia.Simulator.Protobuf;

/// <summary>One field of a message, as kubernetes.fields has it.</summary>
internal sealed record ProtoField(int Number, string Name, string Type, bool Repeated, bool Inline, bool IsMap, bool Optional)
{
    /// <summary>A text, number or flag that is not a pointer in Go: it is written even if it is zero.</summary>
    public bool IsPlain =>
        !Repeated && !Inline && !IsMap && !Optional && Type is "string" or "bool" or "int32" or "int64" or "uint32" or "uint64";
}

/// <summary>The fields of one message by number and by name: kubernetes.fields.</summary>
internal sealed class ProtoFields
{
    private static readonly Lazy<Dictionary<string, string>> Lines = new(Load);
    private static readonly ConcurrentDictionary<string, ProtoFields> Tables = new(StringComparer.Ordinal);

    private readonly Dictionary<int, ProtoField> _byNumber = [];
    private readonly Dictionary<string, ProtoField> _byName = new(StringComparer.Ordinal);

    private ProtoFields(string line)
    {
        foreach (var part in line.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var pieces = part.Split(':');
            var type = pieces[2].TrimStart('*', '!', '?');
            var map = type.StartsWith("map<", StringComparison.Ordinal);
            var field = new ProtoField(
                int.Parse(pieces[0], CultureInfo.InvariantCulture),
                pieces[1],
                map ? type[4..^1] : type,
                pieces[2][0] == '*',
                pieces[2][0] == '!',
                map,
                pieces[2][0] == '?'
            );
            _byNumber[field.Number] = field;
            if (!field.Inline)
            {
                _byName[field.Name] = field;
            }
        }
    }

    /// <summary>All of them.</summary>
    public IEnumerable<ProtoField> Fields => _byNumber.Values;

    /// <summary>The table of a message, as <c>core.v1.Pod</c>.</summary>
    public static ProtoFields Of(string message) => Tables.GetOrAdd(message, static name => new(Lines.Value[name]));

    /// <summary>True if there is one.</summary>
    public static bool Knows(string message) => Lines.Value.ContainsKey(message);

    /// <summary>The message of a kind, as <c>core.v1.Pod</c>, whether there is one or not.</summary>
    public static string MessageOf(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var (group, version) = slash < 0 ? ("core", apiVersion) : (apiVersion[..slash].Split('.')[0], apiVersion[(slash + 1)..]);
        return kind switch
        {
            "DeleteOptions" or "CreateOptions" => $"meta.v1.{kind}", // options come under the group of the object they are about
            "PartialObjectMetadata" or "Status" => $"meta.v1.{kind}",
            _ => $"{group}.{version}.{kind}",
        };
    }

    /// <summary>The field of that number.</summary>
    public bool TryGet(int number, out ProtoField field) => _byNumber.TryGetValue(number, out field!);

    /// <summary>The field of that name in JSON.</summary>
    public bool TryGet(string name, out ProtoField field) => _byName.TryGetValue(name, out field!);

    /// <summary>True if a message that JSON inlines here has a member of that name.</summary>
    public bool Inlines(string name) =>
        _byNumber.Values.Any(field => field.Inline && Of(field.Type) is var inner && (inner.TryGet(name, out _) || inner.Inlines(name)));

    private static Dictionary<string, string> Load()
    {
        using var stream = typeof(ProtoFields).Assembly.GetManifestResourceStream("kubernetes.fields")!;
        using var reader = new StreamReader(stream);
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (!line.StartsWith('#') && equals >= 0)
            {
                lines[line[..equals]] = line[(equals + 1)..];
            }
        }

        return lines;
    }
}
