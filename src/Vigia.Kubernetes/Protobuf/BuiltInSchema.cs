using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Vigia.Kubernetes.Protobuf;

/// <summary>
/// The built-in resources that are known in protobuf, and the tables of their messages: builtin.fields, which
/// eng/protobuf/generate.cs writes.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Thread-safe. A kind's tables are read at their first use; after that they are immutable.
/// </remarks>
internal static class BuiltInSchema
{
    /// <summary>The type of objects that are requested as metadata only.</summary>
    public const string PartialObject = "PartialObjectMetadata";

    private const string MetaApi = "meta.k8s.io/v1";
    private const string ObjectMeta = "meta/v1.ObjectMeta";

    // A message as the object itself, not a part of another one: then its managedFields are cut out. A claim is both
    // (volumeClaimTemplates).
    private const string Own = "own:";
    private const int ManagedFields = 17;

    private static readonly FrozenDictionary<string, FieldKind> s_kinds = new Dictionary<string, FieldKind>
    {
        ["string"] = FieldKind.Text,
        ["int"] = FieldKind.Integer,
        ["bool"] = FieldKind.Truth,
        ["bytes"] = FieldKind.Bytes,
        ["Quantity"] = FieldKind.Quantity,
        ["Time"] = FieldKind.Time,
        ["MicroTime"] = FieldKind.MicroTime,
        ["IntOrString"] = FieldKind.IntOrString,
        ["json"] = FieldKind.Json,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly Lock s_reading = new();
    private static readonly Dictionary<string, MessageTable> s_tables = new(StringComparer.Ordinal);
    private static readonly Lazy<Source> s_source = new(ReadSource);

    /// <summary>True if objects of this resource can be read from protobuf.</summary>
    public static bool Knows(GroupVersionResource resource) => s_source.Value.Resources.Contains((resource.ApiVersion, resource.Resource));

    /// <summary>The table of a kind; null for an unknown kind.</summary>
    public static MessageTable? Find(string apiVersion, string kind)
    {
        // Metadata of any kind comes under this one; a few servers still say v1beta1.
        apiVersion = kind == PartialObject ? MetaApi : apiVersion;
        return s_source.Value.Kinds.TryGetValue((apiVersion, kind), out var message) ? Table(message, isOwn: true) : null;
    }

    /// <summary>The kinds that are known, as apiVersion and kind.</summary>
    public static IEnumerable<(string ApiVersion, string Kind)> Kinds => s_source.Value.Kinds.Keys;

    /// <summary>The resources that are known.</summary>
    public static IEnumerable<GroupVersionResource> Resources =>
        s_source
            .Value.Resources.Where(known => known.ApiVersion != MetaApi)
            .Select(known =>
                known.ApiVersion.Split('/') is [var group, var version]
                    ? new GroupVersionResource(group, version, known.Resource)
                    : new GroupVersionResource("", known.ApiVersion, known.Resource)
            );

    /// <summary>The table of a message other than an object, for example <c>meta/v1.Status</c>.</summary>
    /// <exception cref="KeyNotFoundException">builtin.fields has none of that name.</exception>
    public static MessageTable Message(string name) => Table(name, isOwn: false);

    private static MessageTable Table(string name, bool isOwn)
    {
        lock (s_reading)
        {
            return TableLocked(name, isOwn);
        }
    }

    private static MessageTable TableLocked(string name, bool isOwn)
    {
        var key = isOwn ? Own + name : name;
        if (s_tables.TryGetValue(key, out var table))
        {
            return table;
        }

        var line = s_source.Value.Messages[name];
        table = s_tables[key] = new MessageTable(name);
        table.Fill([.. line.Split(", ").Select(field => Parse(field, isOwn, isOwn && name == ObjectMeta))]);
        return table;
    }

    private static MessageField Parse(string text, bool isOwn, bool isOwnMeta)
    {
        var parts = text.Split(' ');
        var number = int.Parse(parts[0], CultureInfo.InvariantCulture);
        var name = parts[1].TrimEnd('*', '+', '!');
        var type = parts[2];
        var shape =
            name == "." ? FieldShape.Inline
            : type.StartsWith("[]", StringComparison.Ordinal) ? FieldShape.List
            : type.StartsWith("{}", StringComparison.Ordinal) ? FieldShape.Map
            : FieldShape.Single;
        type = shape is FieldShape.List or FieldShape.Map ? type[2..] : type;
        var padded = Encoding.UTF8.GetBytes($",\"{name}\":");
        var length = padded.Length;
        Array.Resize(ref padded, (length + 31) / 32 * 32);
        if (isOwnMeta && number == ManagedFields)
        {
            return new(number, padded, length, FieldKind.Skip, FieldShape.Single, Keep: false, Required: false, null);
        }

        var isMessage = !s_kinds.TryGetValue(type, out var kind);
        var message = isMessage ? TableLocked(type, isOwn && type == ObjectMeta) : null;
        return new(
            number,
            padded,
            length,
            isMessage ? FieldKind.Message : kind,
            shape,
            name.Length < parts[1].Length,
            parts[1].EndsWith('!'),
            message
        );
    }

    private static Source ReadSource()
    {
        using var stream =
            typeof(BuiltInSchema).Assembly.GetManifestResourceStream("builtin.fields")
            ?? throw new InvalidOperationException("builtin.fields is not embedded in this assembly");
        using var reader = new StreamReader(stream);
        var source = new Source([], [], new(StringComparer.Ordinal));
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('@'))
            {
                var parts = line.Split(' ');
                source.Resources.Add((parts[1], parts[2]));
                source.Kinds[(parts[1], parts[3])] = parts[4];
            }
            else if (!line.StartsWith('#'))
            {
                var colon = line.IndexOf(": ", StringComparison.Ordinal);
                source.Messages[line[..colon]] = line[(colon + 2)..];
            }
        }

        return source;
    }

    /// <summary>The file: which resources and kinds, and a line for each message.</summary>
    private sealed record Source(
        HashSet<(string ApiVersion, string Resource)> Resources,
        Dictionary<(string ApiVersion, string Kind), string> Kinds,
        Dictionary<string, string> Messages
    );
}
