using System.Globalization;
using System.Text;

namespace Vigia.Bench.Wire;

/// <summary>What a field holds.</summary>
internal enum FieldKind
{
    Skip,
    Text,
    Integer,
    Truth,
    Bytes,
    Message,
    Quantity,
    Time,
    MicroTime,
    IntOrString,

    /// <summary>A message whose one field is JSON (FieldsV1).</summary>
    Json,
}

/// <summary>How often a field occurs, and as what.</summary>
internal enum FieldShape
{
    Single,
    List,
    Map,

    /// <summary>A message whose members are its parent's in JSON.</summary>
    Inline,
}

/// <summary>One field of a message.</summary>
/// <param name="Number">On the wire.</param>
/// <param name="Name">The JSON member with its quotes, its colon and a comma in front, padded to whole blocks of 32 bytes.</param>
/// <param name="NameLength">Without the padding.</param>
/// <param name="Kind">Of the value, or of a list's or a map's values.</param>
/// <param name="Shape">Single, list, map or inlined.</param>
/// <param name="Keep">Written even where it is empty: a pointer, or not omitempty.</param>
/// <param name="Required">Not omitempty: written even where it is not on the wire.</param>
/// <param name="Message">For messages, their table.</param>
internal sealed record Field(int Number, byte[] Name, int NameLength, FieldKind Kind, FieldShape Shape, bool Keep, bool Required, MessageTable? Message);

/// <summary>The fields of one protobuf message by number.</summary>
internal sealed class MessageTable
{
    private static readonly Dictionary<string, FieldKind> Kinds = new(StringComparer.Ordinal)
    {
        ["skip"] = FieldKind.Skip,
        ["string"] = FieldKind.Text,
        ["int"] = FieldKind.Integer,
        ["bool"] = FieldKind.Truth,
        ["bytes"] = FieldKind.Bytes,
        ["Quantity"] = FieldKind.Quantity,
        ["Time"] = FieldKind.Time,
        ["MicroTime"] = FieldKind.MicroTime,
        ["IntOrString"] = FieldKind.IntOrString,
        ["FieldsV1"] = FieldKind.Json,
    };

    private Field?[] _fields = [];

    /// <summary>Fields that JSON has even where the wire has not, as bits by number.</summary>
    public ulong Required { get; private set; }

    /// <summary>The field of that number; null where it is unknown.</summary>
    public Field? this[int number] => (uint)number < (uint)_fields.Length ? _fields[number] : null;

    /// <summary>Reads the tables of fields.txt.</summary>
    public static Dictionary<string, MessageTable> Load()
    {
        using var stream = typeof(MessageTable).Assembly.GetManifestResourceStream("fields.txt") ?? throw new InvalidOperationException("fields.txt is not embedded");
        using var reader = new StreamReader(stream);
        var lines = reader.ReadToEnd().Replace("\n  ", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').Select(line => line.Split(": ", 2)).ToList();
        var tables = lines.ToDictionary(line => line[0], _ => new MessageTable(), StringComparer.Ordinal);
        foreach (var line in lines)
        {
            tables[line[0]].Fill(line[1], tables);
        }

        return tables;
    }

    private void Fill(string text, Dictionary<string, MessageTable> tables)
    {
        var fields = text.Split(", ").Select(field => Parse(field, tables)).ToList();
        _fields = new Field?[fields.Max(field => field.Number) + 1];
        foreach (var field in fields)
        {
            _fields[field.Number] = field;
            Required |= field.Required ? 1UL << field.Number : 0;
        }
    }

    private static Field Parse(string text, Dictionary<string, MessageTable> tables)
    {
        var parts = text.Split(' ');
        var number = int.Parse(parts[0], CultureInfo.InvariantCulture);
        var name = parts[1].TrimEnd('*', '!');
        var kind = parts[2];
        var shape = name == "." ? FieldShape.Inline : kind.StartsWith("[]", StringComparison.Ordinal) ? FieldShape.List : kind.StartsWith("{}", StringComparison.Ordinal) ? FieldShape.Map : FieldShape.Single;
        kind = shape is FieldShape.List or FieldShape.Map ? kind[2..] : kind;
        var message = Kinds.TryGetValue(kind, out var known) ? null : tables[kind];
        var padded = Encoding.UTF8.GetBytes($",\"{name}\":");
        var length = padded.Length;
        Array.Resize(ref padded, (length + 31) / 32 * 32);
        return new(number, padded, length, message is null ? known : FieldKind.Message, shape, name.Length < parts[1].Length, parts[1].EndsWith('!'), message);
    }
}
