using System.Globalization;
using System.Text.Json;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Differences;

/// <summary>
/// The differences between two versions of an object, leaf by leaf, from the bytes. Used for diffs in streams, in
/// <c>vigia watch</c> and in the terminal.
/// </summary>
/// <remarks>
/// Both versions are walked once, and their leaves are compared by path. Lists are compared by position, except lists
/// of objects with a <c>name</c> (or <c>type</c>): these are compared by that key, so moving a condition is not a
/// change. <c>metadata.resourceVersion</c> and <c>metadata.generation</c> change with every write and are left out.
/// </remarks>
internal static class ObjectDiff
{
    private const int LargestChanges = 500;

    /// <summary>
    /// Calls with each leaf that differs: first those that were changed or added in the order of the newer version,
    /// then the removed ones.
    /// </summary>
    /// <param name="old">The version before.</param>
    /// <param name="next">The version after.</param>
    /// <param name="changed">
    /// Its spans are JSON, empty for a side that lacks the leaf, and valid during the call.
    /// </param>
    /// <param name="most">The maximum number of reported differences.</param>
    public static void Between(RawObject old, RawObject next, LeafChanged changed, int most = LargestChanges)
    {
        using var before = old.Open();
        using var after = next.Open();
        var left = Leaves(before.Span);
        var right = Leaves(after.Span);
        var told = 0;
        foreach (var (path, to) in right)
        {
            var had = left.Remove(path, out var from);
            if (!(had && before.Span[from].SequenceEqual(after.Span[to])) && ++told <= most)
            {
                changed(path, had ? before.Span[from] : default, after.Span[to]);
            }
        }

        foreach (var (path, from) in left)
        {
            if (++told <= most)
            {
                changed(path, before.Span[from], default);
            }
        }
    }

    /// <summary>Writes <c>[{"path", "from", "to"}, …]</c>; a side that lacks the leaf is left out.</summary>
    public static void Write(Utf8JsonWriter writer, RawObject old, RawObject next)
    {
        writer.WriteStartArray();
        Between(
            old,
            next,
            (path, from, to) =>
            {
                writer.WriteStartObject();
                writer.WriteString("path"u8, path);
                WriteSide(writer, "from"u8, from);
                WriteSide(writer, "to"u8, to);
                writer.WriteEndObject();
            }
        );
        writer.WriteEndArray();
    }

    private static void WriteSide(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        if (!json.IsEmpty)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(json, skipInputValidation: true);
        }
    }

    private static Dictionary<string, Range> Leaves(ReadOnlySpan<byte> json)
    {
        var leaves = new Dictionary<string, Range>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        Object(ref reader, json, "", leaves);
        leaves.Remove("metadata.resourceVersion");
        leaves.Remove("metadata.generation");
        return leaves;
    }

    private static void Value(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, string path, Dictionary<string, Range> leaves)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                Object(ref reader, json, path, leaves);
                break;
            case JsonTokenType.StartArray:
                var index = 0;
                var start = (int)reader.TokenStartIndex;
                HashSet<string>? keys = null;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var key = reader.TokenType == JsonTokenType.StartObject ? KeyOf(reader) : null;

                    // A variable that is set twice is two things.
                    key =
                        key is null ? index.ToString(CultureInfo.InvariantCulture)
                        : (keys ??= new(StringComparer.Ordinal)).Add(key) ? key
                        : string.Create(CultureInfo.InvariantCulture, $"{key}#{index}");
                    Value(ref reader, json, $"{path}[{key}]", leaves);
                    index++;
                }

                if (index == 0)
                {
                    leaves[path] = start..(int)reader.BytesConsumed;
                }

                break;
            default:
                leaves[path] = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
                break;
        }
    }

    private static void Object(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, string path, Dictionary<string, Range> leaves)
    {
        var start = (int)reader.TokenStartIndex;
        var any = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            any = true;
            var name = reader.GetString()!;
            reader.Read();
            var quoted =
                name.AsSpan().ContainsAny('.', '/', '[') ? $"[{name}]"
                : path.Length == 0 ? name
                : "." + name;
            Value(ref reader, json, path + quoted, leaves);
        }

        if (!any && path.Length > 0)
        {
            leaves[path] = start..(int)reader.BytesConsumed;
        }
    }

    /// <summary>The <c>name</c> or <c>type</c> of the reader's current object; works on a copy of the reader.</summary>
    private static string? KeyOf(Utf8JsonReader reader)
    {
        string? type = null;
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != depth + 1)
            {
                continue;
            }

            if (reader.ValueTextEquals("name"u8))
            {
                reader.Read();
                return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            }

            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                type = reader.TokenType == JsonTokenType.String ? reader.GetString() : type;
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return type;
    }
}
