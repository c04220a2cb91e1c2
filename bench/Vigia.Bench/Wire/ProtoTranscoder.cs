using Vigia.Kubernetes.Objects;

namespace Vigia.Bench.Wire;

/// <summary>Writes protobuf messages as the JSON that the API server would have sent. Not thread-safe.</summary>
internal sealed class ProtoTranscoder(JsonOut to)
{
    /// <summary>Fields that the tables do not know: a newer server's, which would be missing in the JSON.</summary>
    public long Unknown { get; private set; }

    /// <summary>Writes the members of a message, without braces.</summary>
    /// <exception cref="ObjectFormatException">Not protobuf, or a list whose elements do not stand together.</exception>
    public void Members(ReadOnlySpan<byte> message, MessageTable table)
    {
        // The loop of ProtoReader once more, with its state in registers: a pod is 450 fields.
        var seen = 0UL;
        var close = (byte)0;
        var open = 0;
        for (var at = 0; at < message.Length;)
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
                    throw new ObjectFormatException($"not a Kubernetes object: wire type {tag & 7} at offset {at}");
            }

            var number = (int)(tag >> 3);
            var field = table[number];
            if (number != open && close != 0)
            {
                to.Byte(close);
                close = 0;
            }

            if (field is null)
            {
                // Go writes an empty text of a field that was removed; nothing is lost by leaving it out.
                Unknown += (tag & 7) == 2 && bytes.IsEmpty ? 0 : 1;
                continue;
            }

            var bit = 1UL << number;
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
                        if ((seen & bit) != 0)
                        {
                            throw new ObjectFormatException($"the elements of field {number} do not stand together");
                        }

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

    private void Single(ReadOnlySpan<byte> bytes, ulong value, Field field)
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

    private void Element(ReadOnlySpan<byte> bytes, ulong number, Field field)
    {
        to.Comma();
        if (field.Shape == FieldShape.List)
        {
            if (field.Kind == FieldKind.Message)
            {
                to.Byte((byte)'{');
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
                key = entry.Bytes;
            }
            else if (entry.Number == 2)
            {
                value = entry.Bytes;
            }
        }

        to.Text(key);
        to.Byte((byte)':');
        BytesValue(value, field);
    }

    private void BytesValue(ReadOnlySpan<byte> bytes, Field field)
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
                var raw = new ProtoReader(bytes);
                to.Raw(raw.Next() ? raw.Bytes : "null"u8);
                break;
            default:
                throw new ObjectFormatException($"field {field.Number} is no {field.Kind} on the wire");
        }
    }

    /// <summary>Its text, in the canonical form that the server's own JSON has; an empty one is 0.</summary>
    private void Quantity(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        to.Text(reader.Next() && !reader.Bytes.IsEmpty ? reader.Bytes : "0"u8);
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
                    number = (long)reader.Value;
                    break;
                case 3:
                    text = reader.Bytes;
                    break;
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

    /// <summary>What JSON has of a field that is not on the wire though it is not omitempty: Go's zero value.</summary>
    private void Missing(MessageTable table, ulong missing)
    {
        for (var number = 1; number < 64; number++)
        {
            if ((missing & (1UL << number)) == 0 || table[number] is not { } field)
            {
                continue;
            }

            to.Name(field.Name, field.NameLength);
            to.Raw(field.Shape != FieldShape.Single || field.Kind == FieldKind.Bytes ? "null"u8 : field.Kind switch
            {
                FieldKind.Text => "\"\""u8,
                FieldKind.Integer or FieldKind.IntOrString => "0"u8,
                FieldKind.Truth => "false"u8,
                FieldKind.Quantity => "\"0\""u8,
                FieldKind.Message => "{}"u8,
                _ => "null"u8,
            });
        }
    }

    /// <summary>Seconds since 1970 and nanoseconds.</summary>
    public static (long Seconds, int Nanos) Timestamp(ReadOnlySpan<byte> message)
    {
        var (seconds, nanos) = (0L, 0);
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                seconds = (long)reader.Value;
            }
            else if (reader.Number == 2)
            {
                nanos = (int)reader.Value;
            }
        }

        return (seconds, nanos);
    }
}
