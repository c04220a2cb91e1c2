using System.Text.Encodings.Web;
using System.Text.Json;

namespace Vigia.Informers;

/// <summary>Common transforms, working on bytes: no object graph is built.</summary>
public static class Transforms
{
    /// <summary>The input is valid JSON already, and stays unchanged byte for byte where possible.</summary>
    private static readonly JsonWriterOptions Writing = new()
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Removes fields: <c>Transforms.Without("spec.template", "status", "metadata.annotations")</c>.</summary>
    /// <param name="paths">
    /// Members by name, from the object's root, separated by dots. Members inside arrays cannot be named, and a name
    /// may not contain a dot.
    /// </param>
    /// <exception cref="ArgumentException">An empty path, or one of what every object must keep.</exception>
    public static ObjectTransform Without(params string[] paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        foreach (var path in paths)
        {
            if (
                path
                is null
                    or ""
                    or "kind"
                    or "apiVersion"
                    or "metadata"
                    or "metadata.name"
                    or "metadata.namespace"
                    or "metadata.uid"
                    or "metadata.resourceVersion"
            )
            {
                throw new ArgumentException(
                    $"'{path}' cannot be removed: an object keeps its kind, apiVersion, name, namespace, uid and resourceVersion",
                    nameof(paths)
                );
            }
        }

        var dropped = paths.ToHashSet(StringComparer.Ordinal);
        var deepest = paths.Select(path => path.Count(c => c == '.') + 1).DefaultIfEmpty().Max();
        return (item, keep) =>
        {
            using var json = item.Open();
            var reader = new Utf8JsonReader(json.Span);
            using var writer = new Utf8JsonWriter(keep, Writing);
            reader.Read();
            CopyObject(json.Span, ref reader, writer, dropped, deepest, "", 1);
        };
    }

    private static void CopyObject(
        ReadOnlySpan<byte> json,
        ref Utf8JsonReader reader,
        Utf8JsonWriter writer,
        HashSet<string> dropped,
        int deepest,
        string prefix,
        int depth
    )
    {
        writer.WriteStartObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var path = prefix.Length == 0 ? name : $"{prefix}.{name}";
            reader.Read();
            if (dropped.Contains(path))
            {
                reader.Skip();
                continue;
            }

            writer.WritePropertyName(name);
            if (reader.TokenType == JsonTokenType.StartObject && depth < deepest)
            {
                CopyObject(json, ref reader, writer, dropped, deepest, path, depth + 1);
            }
            else
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                writer.WriteRawValue(json[start..(int)reader.BytesConsumed], skipInputValidation: true);
            }
        }

        writer.WriteEndObject();
    }
}
