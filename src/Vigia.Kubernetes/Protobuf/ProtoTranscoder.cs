using Vigia.Kubernetes.Objects;

namespace Vigia.Kubernetes.Protobuf;

/// <summary>Writes protobuf messages as the JSON that the API server would have sent. Not thread-safe.</summary>
/// <remarks>
/// Its output is JSON by construction, for any input, if the texts are UTF-8: the caller checks that once, over all of
/// it. Depth is bounded by the tables, in which no message contains itself.
/// </remarks>
/// <param name="to">The output.</param>
/// <param name="isLenient">
/// Skips fields that the tables do not contain: for a Status, where a part is better than nothing.
/// </param>
internal sealed class ProtoTranscoder(JsonOut to, bool isLenient = false)
{
    /// <summary>Writes the members of a message, without braces.</summary>
    /// <exception cref="ObjectFormatException">Not protobuf.</exception>
    /// <exception cref="SchemaGapException">
    /// A field that the tables do not contain, or one that occurs twice.
    /// </exception>
    public void Members(ReadOnlySpan<byte> message, MessageTable table)
    {
        // The loop of ProtoReader once more, with its state in registers: a pod is 450 fields.
        var seen = 0UL;
        var close = (byte)0;
        var open = 0;
        for (var at = 0; at < message.Length; )
        {
            ulong tag = message[at++];
            tag = tag < 0x80 ? tag : ProtoReader.LongVarint(message, ref at, tag);
            var value = 0UL;
            var bytes = ReadOnlySpan<byte>.Empty;
            switch (tag & 7)
            {
                case 2:
                    var length = at < message.Length ? message[at++] : throw ProtoReader.CutShort(at, message.Length);
                    var size = length < 0x80 ? length : ProtoReader.LongVarint(message, ref at, length);
                    if (size > (ulong)(message.Length - at))
                    {
                        throw ProtoReader.CutShort(at, message.Length);
                    }

                    bytes = message.Slice(at, (int)size);
                    at += (int)size;
                    break;
                case 0:
                    value = at < message.Length ? message[at++] : throw ProtoReader.CutShort(at, message.Length);
                    value = value < 0x80 ? value : ProtoReader.LongVarint(message, ref at, value);
                    break;
                default:
                    ProtoReader.SkipFixed(message, ref at, tag);
                    break;
            }

            var number = ProtoReader.NumberOf(tag, at, message.Length);
            if (table[number] is not { } field)
            {
                _ = isLenient ? 0 : throw Gap(table, number);
                continue;
            }

            if (field.WireType != (int)(tag & 7))
            {
                throw new ObjectFormatException(
                    $"not protobuf of a Kubernetes object: field {number} of {table.Name} is of wire type {tag & 7}"
                );
            }

            if (number != open && close != 0)
            {
                to.Byte(close);
                close = 0;
            }

            var bit = 1UL << number;
            if ((seen & bit) != 0 && close == 0 && field.Kind != FieldKind.Skip)
            {
                // Protobuf allows it, Go does not write it: a member must not occur twice in the JSON.
                throw new SchemaGapException($"field {number} of {table.Name} occurs in two places");
            }

            switch (field.Shape)
            {
                case FieldShape.Single:
                    Single(bytes, value, field);
                    break;
                case FieldShape.Inline:
                    Members(bytes, field.Message!);
                    break;
                default:
                    if (close == 0)
                    {
                        to.Name(field.Name, field.NameLength);
                        to.Byte(field.Shape == FieldShape.List ? (byte)'[' : (byte)'{');
                        close = field.Shape == FieldShape.List ? (byte)']' : (byte)'}';
                        open = number;
                    }

                    Element(bytes, value, field);
                    break;
            }

            seen |= bit;
        }

        if (close != 0)
        {
            to.Byte(close);
        }

        if ((table.Required & ~seen) != 0)
        {
            Missing(table, table.Required & ~seen);
        }
    }

    private static SchemaGapException Gap(MessageTable table, int number) =>
        new($"field {number} of {table.Name} is unknown to this version of Vigia");

    private void Single(ReadOnlySpan<byte> bytes, ulong value, MessageField field)
    {
        switch (field.Kind)
        {
            case FieldKind.Text:
                if (field.Keep || !bytes.IsEmpty)
                {
                    to.Name(field.Name, field.NameLength);
                    to.Text(bytes);
                }

                break;
            case FieldKind.Integer:
                if (field.Keep || value != 0)
                {
                    to.Name(field.Name, field.NameLength);
                    to.Number((long)value);
                }

                break;
            case FieldKind.Truth:
                if (field.Keep || value != 0)
                {
                    to.Name(field.Name, field.NameLength);
                    to.Raw(value != 0 ? "true"u8 : "false"u8);
                }

                break;
            case FieldKind.Bytes:
                if (field.Keep || !bytes.IsEmpty)
                {
                    to.Name(field.Name, field.NameLength);
                    to.Base64(bytes);
                }

                break;
            case FieldKind.Message:
                to.Name(field.Name, field.NameLength);
                to.Byte((byte)'{');
                Members(bytes, field.Message!);
                to.Byte((byte)'}');
                break;
            case FieldKind.Skip:
                break;
            default:
                to.Name(field.Name, field.NameLength);
                BytesValue(bytes, field);
                break;
        }
    }

    private void Element(ReadOnlySpan<byte> bytes, ulong number, MessageField field)
    {
        to.Comma();
        if (field.Shape == FieldShape.List)
        {
            if (field.Kind == FieldKind.Message)
            {
                to.Byte((byte)'{');
                to.Raw(field.Front);
                Members(bytes, field.Message!);
                to.Byte((byte)'}');
            }
            else if (field.Kind == FieldKind.Integer)
            {
                to.Number((long)number);
            }
            else
            {
                BytesValue(bytes, field);
            }

            return;
        }

        var entry = new ProtoReader(bytes);
        var key = ReadOnlySpan<byte>.Empty;
        var value = ReadOnlySpan<byte>.Empty;
        while (entry.Next())
        {
            if (entry.Number == 1)
            {
                key = entry.Text;
            }
            else if (entry.Number == 2)
            {
                value = entry.Text;
            }
            else
            {
                throw new ObjectFormatException(
                    $"not protobuf of a Kubernetes object: an entry of map {field.Number} has a field {entry.Number}"
                );
            }
        }

        to.Text(key);
        to.Byte((byte)':');
        BytesValue(value, field);
    }

    private void BytesValue(ReadOnlySpan<byte> bytes, MessageField field)
    {
        switch (field.Kind)
        {
            case FieldKind.Text:
                to.Text(bytes);
                break;
            case FieldKind.Message:
                to.Byte((byte)'{');
                Members(bytes, field.Message!);
                to.Byte((byte)'}');
                break;
            case FieldKind.Quantity:
                Quantity(bytes);
                break;
            case FieldKind.Time or FieldKind.MicroTime:
                Time(bytes, field.Kind == FieldKind.MicroTime);
                break;
            case FieldKind.IntOrString:
                IntOrString(bytes);
                break;
            case FieldKind.Bytes:
                to.Base64(bytes);
                break;
            case FieldKind.Json:
                Json(bytes);
                break;
            default:
                throw new InvalidOperationException($"builtin.fields: field {field.Number} cannot be a {field.Shape} of {field.Kind}");
        }
    }

    /// <summary>
    /// JSON within protobuf comes from another encoder: it is checked before it becomes part of an object.
    /// </summary>
    private void Json(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var json = reader.Next() ? reader.Text : default;
        Only(ref reader, 1);
        if (json.IsEmpty)
        {
            to.Raw("null"u8);
            return;
        }

        if (JsonGrammar.FirstFault(json) is >= 0 and var fault)
        {
            throw new ObjectFormatException(
                $"not protobuf of a Kubernetes object: the JSON in it is invalid at offset {fault} of {json.Length}"
            );
        }

        // An object is one line, as Go's encoder writes it; in a string no line can end.
        for (var end = json.IndexOfAny((byte)'\n', (byte)'\r'); end >= 0; end = json.IndexOfAny((byte)'\n', (byte)'\r'))
        {
            to.Raw(json[..end]);
            json = json[(end + 1)..];
        }

        to.Raw(json);
    }

    /// <summary>Its text, in the canonical form that the server's own JSON has; an empty one is 0.</summary>
    private void Quantity(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var text = reader.Next() ? reader.Text : default;
        Only(ref reader, 1);
        to.Text(text.IsEmpty ? "0"u8 : text);
    }

    private static void Only(ref ProtoReader reader, int last)
    {
        if (reader.Number > last || reader.Next())
        {
            throw new SchemaGapException($"a value has a field {reader.Number} that is unknown to this version of Vigia");
        }
    }

    /// <summary>The zero time is an empty message in protobuf and null in JSON.</summary>
    private void Time(ReadOnlySpan<byte> message, bool micro)
    {
        if (message.IsEmpty)
        {
            to.Raw("null"u8);
            return;
        }

        var (seconds, nanos) = Timestamp(message);
        to.Time(seconds, nanos, micro);
    }

    private void IntOrString(ReadOnlySpan<byte> message)
    {
        var (type, number) = (0UL, 0L);
        var text = ReadOnlySpan<byte>.Empty;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Number)
            {
                case 1:
                    type = reader.Value;
                    break;
                case 2:
                    number = (int)reader.Value;
                    break;
                case 3:
                    text = reader.Text;
                    break;
                default:
                    throw new SchemaGapException($"an IntOrString has a field {reader.Number} that is unknown to this version of Vigia");
            }
        }

        if (type == 0)
        {
            to.Number(number);
        }
        else
        {
            to.Text(text);
        }
    }

    /// <summary>
    /// Pointers, lists and maps that are not omitempty: nil is null. Others are always on the wire of a server that has
    /// them.
    /// </summary>
    private void Missing(MessageTable table, ulong missing)
    {
        for (; missing != 0; missing &= missing - 1)
        {
            var field = table[System.Numerics.BitOperations.TrailingZeroCount(missing)]!;
            to.Name(field.Name, field.NameLength);
            to.Raw("null"u8);
        }
    }

    /// <summary>Seconds since 1970 and nanoseconds, within the range of a time.</summary>
    /// <exception cref="ObjectFormatException">Not a time.</exception>
    public static (long Seconds, int Nanos) Timestamp(ReadOnlySpan<byte> message)
    {
        var (seconds, nanos) = (0L, 0L);
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                seconds = (long)reader.Value;
            }
            else if (reader.Number == 2)
            {
                nanos = (long)reader.Value;
            }
            else
            {
                throw new SchemaGapException($"a time has a field {reader.Number} that is unknown to this version of Vigia");
            }
        }

        // From the year 1 to the year 9999, as Go's own JSON.
        return seconds is >= -62_135_596_800 and <= 253_402_300_799 && nanos is >= 0 and < 1_000_000_000
            ? (seconds, (int)nanos)
            : throw new ObjectFormatException(
                $"not protobuf of a Kubernetes object: {seconds} seconds and {nanos} nanoseconds are not a valid time"
            );
    }
}
