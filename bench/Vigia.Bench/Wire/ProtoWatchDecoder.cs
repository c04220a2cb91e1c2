using Vigia.Kubernetes.Objects;

namespace Vigia.Bench.Wire;

/// <summary>Reads a watch event in protobuf: type, and a runtime.RawExtension with the object in its envelope.</summary>
internal sealed class ProtoWatchDecoder
{
    private readonly ProtoObjectDecoder _objects = new();

    /// <summary>Reads one frame without the four bytes of its length.</summary>
    public RawObject Decode(ReadOnlySpan<byte> frame)
    {
        var reader = new ProtoReader(frame);
        var type = ReadOnlySpan<byte>.Empty;
        var extension = ReadOnlySpan<byte>.Empty;
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                type = reader.Bytes;
            }
            else if (reader.Number == 2)
            {
                extension = reader.Bytes;
            }
        }

        if (!type.SequenceEqual("ADDED"u8) && !type.SequenceEqual("MODIFIED"u8) && !type.SequenceEqual("DELETED"u8))
        {
            throw new ObjectFormatException($"not an object's event: {System.Text.Encoding.UTF8.GetString(type)}");
        }

        var raw = new ProtoReader(extension);
        return raw.Next() && raw.Number == 1 ? _objects.DecodeEnvelope(raw.Bytes) : throw new ObjectFormatException("not a watch event: it lacks the object");
    }
}
