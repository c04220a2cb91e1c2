using System.Text.Json;
using Vigia.Kubernetes.Objects;

namespace Vigia.Gateway.Streams;

/// <summary>What changed between two versions of an object: <c>[{"path", "from", "to"}, …]</c>, leaf by leaf, from the bytes.</summary>
/// <remarks>
/// Both versions are walked once and their leaves compared by path; lists are compared by position, except lists of objects with a <c>name</c> (or <c>type</c>), which are compared by it, so that a condition that changes place is no
/// change. <c>metadata.resourceVersion</c> and <c>metadata.generation</c> change with everything and are left out. A side that lacks the path is left out of the entry.
/// </remarks>
internal static class JsonDiff
{
    private const int LargestChanges = 500;

    /// <summary>Writes the array.</summary>
    public static void Write(Utf8JsonWriter writer, RawObject old, RawObject next)
    {
        using var before = old.Open();
        using var after = next.Open();
        var left = Leaves(before.Span);
        var right = Leaves(after.Span);
        writer.WriteStartArray();
        var written = 0;
        foreach (var (path, to) in right)
        {
            var had = left.Remove(path, out var from);
            if (had && Same(before.Span, from, after.Span, to))
            {
                continue;
            }

            if (++written <= LargestChanges)
            {
                WriteChange(writer, path, had ? before.Span[from] : default, after.Span[to]);
            }
        }

        foreach (var (path, from) in left)
        {
            if (++written <= LargestChanges)
            {
                WriteChange(writer, path, before.Span[from], default);
            }
        }

        writer.WriteEndArray();
    }

    private static bool Same(ReadOnlySpan<byte> left, Range from, ReadOnlySpan<byte> right, Range to) => left[from].SequenceEqual(right[to]);

    private static void WriteChange(Utf8JsonWriter writer, string path, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        writer.WriteStartObject();
        writer.WriteString("path"u8, path);
        if (!from.IsEmpty)
        {
            writer.WritePropertyName("from"u8);
            writer.WriteRawValue(from, skipInputValidation: true);
        }

        if (!to.IsEmpty)
        {
            writer.WritePropertyName("to"u8);
            writer.WriteRawValue(to, skipInputValidation: true);
        }

        writer.WriteEndObject();
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
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var key = reader.TokenType == JsonTokenType.StartObject ? KeyOf(reader) : null;
                    Value(ref reader, json, key is null ? $"{path}[{index}]" : $"{path}[{key}]", leaves);
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
            var quoted = name.AsSpan().ContainsAny('.', '/', '[') ? $"[{name}]" : path.Length == 0 ? name : "." + name;
            Value(ref reader, json, path + quoted, leaves);
        }

        if (!any && path.Length > 0)
        {
            leaves[path] = start..(int)reader.BytesConsumed;
        }
    }

    /// <summary>The <c>name</c> or <c>type</c> of the object the reader stands at; works on a copy of the reader.</summary>
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
