using Vigia.Kubernetes.Objects;

namespace Vigia.Kubernetes;

/// <summary>
/// Turns the bytes of one watch event, <c>{"type":…,"object":{…}}</c>, into a <see cref="WatchEvent"/>. Not
/// thread-safe.
/// </summary>
public sealed class WatchDecoder
{
    private readonly ObjectDecoder _objects;

    /// <summary>Creates a decoder.</summary>
    public WatchDecoder()
        : this(new ObjectDecoder()) { }

    internal WatchDecoder(ObjectDecoder objects) => _objects = objects;

    /// <summary>Reads one event.</summary>
    /// <exception cref="ObjectFormatException">Not an event.</exception>
    public WatchEvent Decode(ReadOnlySpan<byte> frame)
    {
        // With the output of Go's encoder, the type is recognised at once and the object's own scan shows whether the
        // rest is one object.
        var quick = TypeAtAGlance(frame, out var start);
        if (quick is { } known && TryDecode(frame[start..^1], known, out var read))
        {
            return read;
        }

        var (type, body) = Split(frame);
        return DecodeObject(body, type);
    }

    private bool TryDecode(ReadOnlySpan<byte> body, WatchEventType type, out WatchEvent read)
    {
        try
        {
            read = DecodeObject(body, type);
            return true;
        }
        catch (ObjectFormatException)
        {
            // The slow path names the error in the event, or finds that there is none.
            read = default;
            return false;
        }
    }

    private WatchEvent DecodeObject(ReadOnlySpan<byte> body, WatchEventType type)
    {
        switch (type)
        {
            case WatchEventType.Bookmark:
                _objects.Scan(body, out var header);
                var end = header.Annotations.End.Value > header.Annotations.Start.Value && IsInitialEventsEnd(body[header.Annotations]);
                return new(type, null, header.ResourceVersion, end);
            case WatchEventType.Error:
                return new(type, null, ResourceVersion.None, Status: KubernetesStatus.Parse(body));
            default:
                var o = _objects.Decode(body);
                return o.Kind == "Table"
                    ? throw new ObjectFormatException("not an object: the server sends Tables, so the Accept header was changed on the way")
                    : new(type, o, o.ResourceVersion);
        }
    }

    private static WatchEventType? TypeAtAGlance(ReadOnlySpan<byte> frame, out int objectAt)
    {
        objectAt = 0;
        if (!frame.StartsWith("{\"type\":\""u8) || frame[^1] != (byte)'}')
        {
            return null;
        }

        var rest = frame[9..];
        var type = rest[0] switch
        {
            (byte)'M' => WatchEventType.Modified,
            (byte)'A' => WatchEventType.Added,
            _ => WatchEventType.Deleted,
        };
        var expected = type switch
        {
            WatchEventType.Modified => "MODIFIED\",\"object\":{"u8,
            WatchEventType.Added => "ADDED\",\"object\":{"u8,
            _ => "DELETED\",\"object\":{"u8,
        };
        if (!rest.StartsWith(expected))
        {
            return null;
        }

        objectAt = 9 + expected.Length - 1;
        return type;
    }

    private static (WatchEventType Type, Range Body) Find(ReadOnlySpan<byte> frame)
    {
        WatchEventType? type = null;
        Range? body = null;
        var at = JsonScan.SkipWhiteSpace(frame, 0);
        if (at >= frame.Length || frame[at] != (byte)'{')
        {
            throw JsonScan.Malformed(frame, at, "'{' of a watch event");
        }

        at = JsonScan.SkipWhiteSpace(frame, at + 1);
        while (at < frame.Length && frame[at] == (byte)'"')
        {
            var nameEnd = JsonScan.SkipString(frame, at);
            var colon = nameEnd < 0 ? -1 : JsonScan.SkipWhiteSpace(frame, nameEnd);
            if (colon < 0 || colon >= frame.Length || frame[colon] != (byte)':')
            {
                throw JsonScan.Malformed(frame, Math.Max(colon, 0), "':' in a watch event");
            }

            var value = JsonScan.SkipWhiteSpace(frame, colon + 1);
            var end = JsonScan.SkipValue(frame, value);
            if (end < 0)
            {
                throw JsonScan.Malformed(frame, frame.Length, "the end of a watch event");
            }

            var name = frame[(at + 1)..(nameEnd - 1)];
            if (name.SequenceEqual("type"u8))
            {
                type = TypeOf(frame[value..end]);
            }
            else if (name.SequenceEqual("object"u8))
            {
                body = value..end;
            }

            at = JsonScan.SkipWhiteSpace(frame, end);
            if (at < frame.Length && frame[at] == (byte)',')
            {
                at = JsonScan.SkipWhiteSpace(frame, at + 1);
            }
        }

        if (at >= frame.Length || frame[at] != (byte)'}' || JsonScan.SkipWhiteSpace(frame, at + 1) != frame.Length)
        {
            throw JsonScan.Malformed(frame, at, "the end of a watch event");
        }

        return type is { } t && body is { } b ? (t, b) : throw new ObjectFormatException("not a watch event: it lacks type or object");
    }

    private static Frame Split(ReadOnlySpan<byte> frame)
    {
        var (type, body) = Find(frame);
        return new(type, frame[body]);
    }

    private static WatchEventType TypeOf(ReadOnlySpan<byte> quoted)
    {
        if (quoted.SequenceEqual("\"MODIFIED\""u8))
        {
            return WatchEventType.Modified;
        }

        if (quoted.SequenceEqual("\"ADDED\""u8))
        {
            return WatchEventType.Added;
        }

        if (quoted.SequenceEqual("\"DELETED\""u8))
        {
            return WatchEventType.Deleted;
        }

        if (quoted.SequenceEqual("\"BOOKMARK\""u8))
        {
            return WatchEventType.Bookmark;
        }

        return quoted.SequenceEqual("\"ERROR\""u8)
            ? WatchEventType.Error
            : throw new ObjectFormatException($"not a watch event: unknown type {System.Text.Encoding.UTF8.GetString(quoted)}");
    }

    /// <summary>
    /// The value counts, not the key's presence: "false" does not end a streaming list (client-go checks the same).
    /// </summary>
    private static bool IsInitialEventsEnd(ReadOnlySpan<byte> annotations)
    {
        var reader = new System.Text.Json.Utf8JsonReader(annotations);
        while (reader.Read())
        {
            if (reader.TokenType == System.Text.Json.JsonTokenType.PropertyName && reader.ValueTextEquals("k8s.io/initial-events-end"u8))
            {
                reader.Read();
                return reader.TokenType == System.Text.Json.JsonTokenType.String && reader.ValueTextEquals("true"u8);
            }
        }

        return false;
    }

    private readonly ref struct Frame(WatchEventType type, ReadOnlySpan<byte> body)
    {
        private readonly ReadOnlySpan<byte> _body = body;

        public void Deconstruct(out WatchEventType eventType, out ReadOnlySpan<byte> eventBody)
        {
            eventType = type;
            eventBody = _body;
        }
    }
}
