using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Vigia.Simulator.Protobuf;

/// <summary>
/// Reads the protobuf bodies that kubectl (from 1.32) and Go clients send for built-in kinds, into the JSON that the
/// rest of the server works on: four bytes <c>k8s\0</c>, then <c>runtime.Unknown</c> around the object.
/// </summary>
internal static class KubernetesProto
{
    private static readonly byte[] Magic = "k8s\0"u8.ToArray();

    public static bool Is(ReadOnlySpan<byte> body) => body.StartsWith(Magic);

    /// <summary>Reads one object.</summary>
    /// <exception cref="StatusException">
    /// 415 for a kind that is not known here, 400 for bytes that are cut short.
    /// </exception>
    public static JsonObject Read(byte[] body)
    {
        try
        {
            string apiVersion = "",
                kind = "";
            ReadOnlyMemory<byte> raw = default;
            foreach (var (number, _, bytes) in Fields(body.AsMemory(4)))
            {
                if (number == 1)
                {
                    foreach (var (part, _, text) in Fields(bytes))
                    {
                        (apiVersion, kind) = part == 1 ? (Text(text), kind) : (apiVersion, Text(text));
                    }
                }
                else if (number == 2)
                {
                    raw = bytes;
                }
            }

            var json = new JsonObject { ["kind"] = kind, ["apiVersion"] = apiVersion };
            Message(json, Name(apiVersion, kind), raw);
            return json;
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            throw StatusException.BadRequest($"the protobuf body cannot be read: {e.Message}");
        }
    }

    private static string Name(string apiVersion, string kind)
    {
        var name = ProtoFields.MessageOf(apiVersion, kind);
        return ProtoFields.Knows(name)
            ? name
            : throw new StatusException(
                415,
                "UnsupportedMediaType",
                $"protobuf of {apiVersion} {kind} is unknown to the simulator: send application/json"
            );
    }

    private static void Message(JsonObject into, string name, ReadOnlyMemory<byte> bytes)
    {
        var known = ProtoFields.Of(name);
        foreach (var (number, value, content) in Fields(bytes))
        {
            if (!known.TryGet(number, out var field))
            {
                continue;
            }

            if (field.Inline)
            {
                Message(into, field.Type, content);
            }
            else if (field.IsMap)
            {
                var map = into[field.Name] as JsonObject ?? Put<JsonObject>(into, field.Name, []);
                var (key, item) = ("", (JsonNode?)null);
                foreach (var (part, number2, inner) in Fields(content))
                {
                    (key, item) = part == 1 ? (Text(inner), item) : (key, Value(field.Type, number2, inner));
                }

                map[key] = item ?? (field.Type == "string" ? "" : null);
            }
            else if (field.Repeated)
            {
                (into[field.Name] as JsonArray ?? Put<JsonArray>(into, field.Name, [])).Add(Value(field.Type, value, content));
            }
            else if (Value(field.Type, value, content) is { } node && (field.Optional || !IsZero(node)))
            {
                into[field.Name] = node;
            }
        }
    }

    // Go writes every text, number and flag that is not a pointer, set or not; JSON omits the zeros.
    private static bool IsZero(JsonNode node) =>
        node is JsonValue value
        && (
            (value.TryGetValue(out string? text) && text.Length == 0)
            || (value.TryGetValue(out long number) && number == 0)
            || (value.TryGetValue(out bool flag) && !flag)
        );

    private static T Put<T>(JsonObject into, string name, T node)
        where T : JsonNode
    {
        into[name] = node;
        return node;
    }

    private static JsonNode? Value(string type, ulong number, ReadOnlyMemory<byte> bytes)
    {
        switch (type)
        {
            case "string":
                return Text(bytes);
            case "bytes":
                return Convert.ToBase64String(bytes.Span);
            case "bool":
                return number != 0;
            case "int32" or "int64":
                return (long)number;
            case "uint32" or "uint64":
                return number;
            case "double":
                return BitConverter.UInt64BitsToDouble(number);
            case "Quantity":
                return Fields(bytes).Where(f => f.Number == 1).Select(f => Text(f.Bytes)).FirstOrDefault("0");
            case "IntOrString":
                var (isText, count, text) = (false, 0L, "");
                foreach (var (part, value, content) in Fields(bytes))
                {
                    (isText, count, text) = part switch
                    {
                        1 => (value == 1, count, text),
                        2 => (isText, (long)value, text),
                        _ => (isText, count, Text(content)),
                    };
                }

                return isText ? text : count;
            case "RawExtension" or "meta.v1.FieldsV1":
                var raw = Fields(bytes).Where(f => f.Number == 1).Select(f => f.Bytes).FirstOrDefault();
                return raw.IsEmpty ? null : JsonNode.Parse(raw.Span);
            case "meta.v1.Time" or "meta.v1.MicroTime":
                var (seconds, nanos) = (0L, 0L);
                foreach (var (part, value, _) in Fields(bytes))
                {
                    (seconds, nanos) = part == 1 ? ((long)value, nanos) : (seconds, (long)value);
                }

                // Go's zero time is written as nothing, or as the first second of year 1: both mean null.
                return seconds is 0 or -62135596800
                    ? null
                    : DateTimeOffset
                        .FromUnixTimeSeconds(seconds)
                        .AddTicks(nanos / 100)
                        .ToString(
                            type.EndsWith("MicroTime", StringComparison.Ordinal)
                                ? "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'"
                                : "yyyy-MM-dd'T'HH:mm:ss'Z'",
                            CultureInfo.InvariantCulture
                        );
            case "meta.v1.Duration":
                return $"{Fields(bytes).Where(f => f.Number == 1).Select(f => (long)f.Value).FirstOrDefault() / 1_000_000_000}s";
            default:
                var json = new JsonObject();
                Message(json, type, bytes);
                return json;
        }
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes.Span);

    /// <summary>
    /// The fields of a message in their order: number, the value of a number, the bytes of anything longer.
    /// </summary>
    private static IEnumerable<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> Fields(ReadOnlyMemory<byte> message)
    {
        for (var at = 0; at < message.Length; )
        {
            var tag = Varint(message.Span, ref at);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    yield return (number, Varint(message.Span, ref at), default);
                    break;
                case 1:
                    yield return (number, BinaryPrimitives.ReadUInt64LittleEndian(message.Span[at..]), default);
                    at += 8;
                    break;
                case 2:
                    var length = checked((int)Varint(message.Span, ref at));
                    yield return (number, 0, message.Slice(at, length));
                    at += length;
                    break;
                case 5:
                    yield return (number, BinaryPrimitives.ReadUInt32LittleEndian(message.Span[at..]), default);
                    at += 4;
                    break;
                default:
                    throw new ArgumentException($"wire type {tag & 7} at byte {at}");
            }
        }
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = bytes[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }
}
