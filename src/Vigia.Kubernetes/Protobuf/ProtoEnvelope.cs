namespace Vigia.Kubernetes.Protobuf;

/// <summary>
/// The envelope of an object or a list: <c>k8s\0</c>, then <c>runtime.Unknown</c> with the type and the bytes.
/// </summary>
internal readonly ref struct ProtoEnvelope
{
    private ProtoEnvelope(ReadOnlySpan<byte> type, ReadOnlySpan<byte> raw)
    {
        Type = type;
        Raw = raw;
    }

    /// <summary>The start of an envelope.</summary>
    public static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <summary>A <c>runtime.TypeMeta</c>.</summary>
    public ReadOnlySpan<byte> Type { get; }

    /// <summary>The object.</summary>
    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>Opens one.</summary>
    /// <exception cref="ObjectFormatException">Not an envelope.</exception>
    public static ProtoEnvelope Open(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(Magic))
        {
            throw new ObjectFormatException("not a Kubernetes object in protobuf: it does not begin with k8s and a zero");
        }

        var reader = new ProtoReader(bytes[4..]);
        ReadOnlySpan<byte> type = default,
            raw = default;
        while (reader.Next())
        {
            switch (reader.Number)
            {
                case 1:
                    type = reader.Text;
                    break;
                case 2:
                    raw = reader.Text;
                    break;
                case 3 when !reader.Text.IsEmpty:
                    throw new SchemaGapException($"an object is encoded as {System.Text.Encoding.UTF8.GetString(reader.Text)}");
            }
        }

        return new(type, raw);
    }

    /// <summary>Reads a <c>runtime.TypeMeta</c>.</summary>
    public static (string Kind, string ApiVersion) TypeOf(ReadOnlySpan<byte> type, ProtoHeader strings)
    {
        var (kind, apiVersion) = ("", "");
        var reader = new ProtoReader(type);
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                apiVersion = strings.Shared(reader.Text);
            }
            else if (reader.Number == 2)
            {
                kind = strings.Shared(reader.Text);
            }
        }

        return (kind, apiVersion);
    }
}
