using Vigia.Kubernetes.Protobuf;

namespace Vigia.Kubernetes.Watching;

/// <summary>
/// Turns a <c>meta/v1.WatchEvent</c> into a <see cref="WatchEvent"/>: a type, and a <c>runtime.RawExtension</c> with
/// the object in its envelope.
/// </summary>
internal static class ProtoWatchDecoder
{
    /// <summary>Reads one event.</summary>
    /// <exception cref="ObjectFormatException">Not an event.</exception>
    /// <exception cref="SchemaGapException">Its object has a field that the tables do not describe.</exception>
    public static WatchEvent Decode(ReadOnlySpan<byte> frame, ProtoObjectDecoder objects)
    {
        var reader = new ProtoReader(frame);
        ReadOnlySpan<byte> type = default,
            extension = default;
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                type = reader.Text;
            }
            else if (reader.Number == 2)
            {
                extension = reader.Text;
            }
        }

        var raw = new ProtoReader(extension);
        var envelope = raw.Next() && raw.Number == 1 ? raw.Text : throw new ObjectFormatException("not a watch event: it lacks the object");
        if (type.SequenceEqual("MODIFIED"u8))
        {
            return Changed(WatchEventType.Modified, envelope, objects);
        }

        if (type.SequenceEqual("ADDED"u8))
        {
            return Changed(WatchEventType.Added, envelope, objects);
        }

        if (type.SequenceEqual("DELETED"u8))
        {
            return Changed(WatchEventType.Deleted, envelope, objects);
        }

        if (type.SequenceEqual("BOOKMARK"u8))
        {
            var (revision, isEnd) = ProtoObjectDecoder.Bookmark(envelope);
            return new(WatchEventType.Bookmark, null, revision, isEnd);
        }

        return type.SequenceEqual("ERROR"u8)
            ? new(WatchEventType.Error, null, ResourceVersion.None, Status: KubernetesStatus.Parse(envelope))
            : throw new ObjectFormatException(
                $"not a watch event: its type is {System.Text.Encoding.UTF8.GetString(type[..Math.Min(type.Length, 40)])}"
            );
    }

    private static WatchEvent Changed(WatchEventType type, ReadOnlySpan<byte> envelope, ProtoObjectDecoder objects)
    {
        var o = objects.DecodeEnvelope(envelope);
        return new(type, o, o.ResourceVersion);
    }
}
