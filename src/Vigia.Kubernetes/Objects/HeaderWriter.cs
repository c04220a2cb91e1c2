using System.Buffers;
using System.Text.Json;

namespace Vigia.Kubernetes.Objects;

/// <summary>Writes the header of an object as JSON: the body of an object whose real body is no longer kept.</summary>
internal static class HeaderWriter
{
    public static byte[] Write(RawObject o)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("kind"u8, o.Kind);
        json.WriteString("apiVersion"u8, o.ApiVersion);
        json.WriteStartObject("metadata"u8);
        json.WriteString("name"u8, o.Name);
        if (o.Namespace.Length > 0)
        {
            json.WriteString("namespace"u8, o.Namespace);
        }

        json.WriteString("uid"u8, o.Uid);
        json.WriteString("resourceVersion"u8, o.ResourceVersion.ToString());
        if (o.CreationTimestamp is { } created)
        {
            json.WriteString(
                "creationTimestamp"u8,
                created.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture)
            );
        }

        if (o.Labels.Count > 0)
        {
            json.WriteStartObject("labels"u8);
            foreach (var (key, value) in o.Labels)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
