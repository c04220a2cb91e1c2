using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;
using Vigia.Simulator.Ownership;

namespace Vigia.Simulator.Storage;

/// <summary>
/// Sets the metadata that is known only once an object has been compared with its old state, by copying its bytes: it
/// is not serialised a second time.
/// </summary>
internal static class ObjectBytes
{
    /// <summary>The bytes of an object with the given metadata.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="entries">The managedFields; null to leave those of the object.</param>
    /// <param name="generation">The generation; null to leave that of the object.</param>
    /// <param name="revision">The resourceVersion.</param>
    public static byte[] With(JsonElement obj, List<ManagedFields.Entry>? entries, long? generation, long revision)
    {
        var buffer = new ArrayBufferWriter<byte>(JsonMarshal.GetRawUtf8Value(obj).Length + 1024);
        var first = true;
        foreach (var property in obj.EnumerateObject())
        {
            WriteName(buffer, JsonMarshal.GetRawUtf8PropertyName(property), ref first);
            if (property.NameEquals("metadata"u8))
            {
                WriteMetadata(buffer, property.Value, entries, generation, revision);
            }
            else
            {
                buffer.Write(JsonMarshal.GetRawUtf8Value(property.Value));
            }
        }

        buffer.Write("}"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMetadata(
        ArrayBufferWriter<byte> buffer,
        JsonElement metadata,
        List<ManagedFields.Entry>? entries,
        long? generation,
        long revision
    )
    {
        var (first, hasGeneration, hasRevision) = (true, false, false);
        foreach (var property in metadata.EnumerateObject())
        {
            if (entries is not null && property.NameEquals("managedFields"u8))
            {
                continue;
            }

            WriteName(buffer, JsonMarshal.GetRawUtf8PropertyName(property), ref first);
            if (generation is { } number && property.NameEquals("generation"u8))
            {
                hasGeneration = true;
                WriteNumber(buffer, number);
            }
            else if (property.NameEquals("resourceVersion"u8))
            {
                hasRevision = true;
                WriteText(buffer, revision);
            }
            else
            {
                buffer.Write(JsonMarshal.GetRawUtf8Value(property.Value));
            }
        }

        if (entries is not null && entries.Exists(entry => !entry.Fields.IsEmpty))
        {
            WriteName(buffer, "managedFields"u8, ref first);
            ManagedFields.WriteTo(buffer, entries);
        }

        if (generation is { } added && !hasGeneration)
        {
            WriteName(buffer, "generation"u8, ref first);
            WriteNumber(buffer, added);
        }

        if (!hasRevision)
        {
            WriteName(buffer, "resourceVersion"u8, ref first);
            WriteText(buffer, revision);
        }

        buffer.Write("}"u8);
    }

    private static void WriteName(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> name, ref bool first)
    {
        buffer.Write(first ? "{\""u8 : ",\""u8);
        buffer.Write(name);
        buffer.Write("\":"u8);
        first = false;
    }

    private static void WriteNumber(ArrayBufferWriter<byte> buffer, long number)
    {
        Utf8Formatter.TryFormat(number, buffer.GetSpan(20), out var written);
        buffer.Advance(written);
    }

    private static void WriteText(ArrayBufferWriter<byte> buffer, long number)
    {
        buffer.Write("\""u8);
        WriteNumber(buffer, number);
        buffer.Write("\""u8);
    }
}
