using System.Text.Json;
using Vigia.Catalog.Paths;

namespace Vigia.Terminal.Objects;

/// <summary>The merge patch (RFC 7386) that makes one document of another.</summary>
internal static class MergePatchOf
{
    /// <summary>The patch; null where nothing differs.</summary>
    public static byte[]? Write(JsonElement before, JsonElement after)
    {
        if (JsonElement.DeepEquals(before, after))
        {
            return null;
        }

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, before, after);
        }

        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, JsonElement before, JsonElement after)
    {
        writer.WriteStartObject();
        foreach (var member in before.EnumerateObject().Where(member => after.At(member.Name).ValueKind == JsonValueKind.Undefined))
        {
            writer.WriteNull(member.Name);
        }

        foreach (var member in after.EnumerateObject())
        {
            var old = before.At(member.Name);
            if (old.ValueKind != JsonValueKind.Undefined && JsonElement.DeepEquals(old, member.Value))
            {
                continue;
            }

            writer.WritePropertyName(member.Name);
            if (old.ValueKind == JsonValueKind.Object && member.Value.ValueKind == JsonValueKind.Object)
            {
                Write(writer, old, member.Value);
            }
            else
            {
                member.Value.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }
}
