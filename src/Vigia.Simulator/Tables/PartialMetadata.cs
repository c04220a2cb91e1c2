using System.Text;
using System.Text.Json;

namespace Vigia.Simulator.Tables;

/// <summary>An object cut down to its metadata, made from the bytes without a graph.</summary>
internal static class PartialMetadata
{
    /// <summary><c>{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":…}</c>.</summary>
    public static byte[] Of(StoredObject item, string version) => OfBytes(item.Bytes, version);

    public static byte[] OfBytes(ReadOnlySpan<byte> json, string version)
    {
        var front = Encoding.ASCII.GetBytes($"{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/{version}\",\"metadata\":");
        var metadata = Metadata(json);
        var made = new byte[front.Length + metadata.Length + 1];
        front.CopyTo(made, 0);
        metadata.CopyTo(made.AsSpan(front.Length));
        made[^1] = (byte)'}';
        return made;
    }

    private static ReadOnlySpan<byte> Metadata(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (found)
            {
                return json[start..(int)reader.BytesConsumed];
            }
        }

        return "{}"u8;
    }
}
