using System.Buffers;
using System.Text.Json;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>The cached entry of an object whose transform failed: its identity, its owner, and the error.</summary>
public static class TransformFailure
{
    /// <summary>The annotation of such an entry; its value is the reason.</summary>
    public const string Annotation = "vigia.dev/transform-failed";

    /// <summary>
    /// Why the transform of an object failed; null if it did not. Reads the object's annotations: about a
    /// microsecond.
    /// </summary>
    /// <exception cref="JsonException">Never for an object of a store.</exception>
    public static string? Of(RawObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        using var json = item.Open();
        var reader = new Utf8JsonReader(json.Span);
        return Enter(ref reader, "metadata"u8) && Enter(ref reader, "annotations"u8) && Enter(ref reader, "vigia.dev/transform-failed"u8)
            ? reader.GetString()
            : null;
    }

    /// <summary>The entry: the header of the object as it came, and the reason.</summary>
    internal static void Write(RawObject item, string reason, IBufferWriter<byte> into)
    {
        using var json = new Utf8JsonWriter(into);
        json.WriteStartObject();
        json.WriteString("kind"u8, item.Kind);
        json.WriteString("apiVersion"u8, item.ApiVersion);
        json.WriteStartObject("metadata"u8);
        json.WriteString("name"u8, item.Name);
        Text(json, "namespace"u8, item.Namespace);
        Text(json, "uid"u8, item.Uid);
        Text(json, "resourceVersion"u8, item.ResourceVersion.ToString());
        Time(json, "creationTimestamp"u8, item.CreationTimestamp);
        Time(json, "deletionTimestamp"u8, item.DeletionTimestamp);
        if (item.Generation != 0)
        {
            json.WriteNumber("generation"u8, item.Generation);
        }

        json.WriteStartObject("annotations"u8);
        json.WriteString(Annotation, reason);
        json.WriteEndObject();
        json.WriteStartObject("labels"u8);
        foreach (var (key, value) in item.Labels)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        json.WriteStartArray("ownerReferences"u8);
        foreach (var owner in item.Owners)
        {
            json.WriteStartObject();
            json.WriteString("apiVersion"u8, owner.ApiVersion);
            json.WriteString("kind"u8, owner.Kind);
            json.WriteString("name"u8, owner.Name);
            json.WriteString("uid"u8, owner.Uid);
            json.WriteBoolean("controller"u8, owner.IsController);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteString(name, value);
        }
    }

    private static void Time(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? value)
    {
        if (value is { } at)
        {
            json.WriteString(name, at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    /// <summary>From before an object to the value of one of its members.</summary>
    private static bool Enter(ref Utf8JsonReader reader, ReadOnlySpan<byte> member)
    {
        if (reader.TokenType != JsonTokenType.StartObject && (!reader.Read() || reader.TokenType != JsonTokenType.StartObject))
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(member);
            reader.Read();
            if (found)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }
}
