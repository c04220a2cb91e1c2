using System.Text;
using System.Text.Json;
using Vigia.Simulator.Types;

namespace Vigia.Simulator.Storage;

/// <summary>
/// The result of one pass over an object's bytes: metadata that the store needs, and the selectable fields.
/// </summary>
internal struct HeaderScan
{
    public string? Namespace;
    public string? Name;
    public string? Uid;
    public Dictionary<string, string>? Labels;
    public List<string>? OwnerUids;
    public List<string>? Finalizers;
    public bool IsDeleting;
    public Range ResourceVersion;

    /// <summary>Offset just behind the brace that opens metadata; 0 without metadata.</summary>
    public int MetadataStart;

    /// <summary>True if the metadata object holds nothing.</summary>
    public bool MetadataIsEmpty;
    public string?[] Fields;

    public static HeaderScan Read(ReadOnlySpan<byte> json, FieldTree fields)
    {
        var scan = new HeaderScan { Fields = fields.Count == 0 ? [] : new string?[fields.Count] };
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                reader.Read();
                scan.ReadMetadata(ref reader);
                continue;
            }

            var child = fields.Child(ref reader);
            reader.Read();
            scan.ReadField(ref reader, child);
        }

        return scan;
    }

    private readonly void ReadField(ref Utf8JsonReader reader, FieldTree? node)
    {
        if (node is null)
        {
            reader.Skip();
            return;
        }

        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var child = node.Child(ref reader);
                reader.Read();
                ReadField(ref reader, child);
            }

            return;
        }

        if (node.Slot >= 0)
        {
            Fields[node.Slot] = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString(),
                JsonTokenType.Null or JsonTokenType.StartArray => null,
                _ => Encoding.UTF8.GetString(reader.ValueSpan),
            };
        }

        reader.Skip();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return;
        }

        MetadataStart = (int)reader.BytesConsumed;
        MetadataIsEmpty = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            MetadataIsEmpty = false;
            if (reader.ValueTextEquals("name"u8))
            {
                Name = Text(ref reader);
            }
            else if (reader.ValueTextEquals("namespace"u8))
            {
                Namespace = Text(ref reader);
            }
            else if (reader.ValueTextEquals("uid"u8))
            {
                Uid = Text(ref reader);
            }
            else if (reader.ValueTextEquals("resourceVersion"u8))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex + 1;
                ResourceVersion = start..(start + reader.ValueSpan.Length);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("deletionTimestamp"u8))
            {
                IsDeleting = Text(ref reader) is not null;
            }
            else if (reader.ValueTextEquals("labels"u8))
            {
                ReadLabels(ref reader);
            }
            else if (reader.ValueTextEquals("ownerReferences"u8))
            {
                ReadOwners(ref reader);
            }
            else if (reader.ValueTextEquals("finalizers"u8))
            {
                ReadFinalizers(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }

    private void ReadLabels(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            (Labels ??= new(StringComparer.Ordinal))[key] = Text(ref reader) ?? "";
        }
    }

    private void ReadOwners(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isUid = reader.ValueTextEquals("uid"u8);
                if (isUid && Text(ref reader) is { } uid)
                {
                    (OwnerUids ??= []).Add(uid);
                }
                else if (!isUid)
                {
                    reader.Read();
                    reader.Skip();
                }
            }
        }
    }

    private void ReadFinalizers(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            (Finalizers ??= []).Add(reader.GetString()!);
        }
    }
}
