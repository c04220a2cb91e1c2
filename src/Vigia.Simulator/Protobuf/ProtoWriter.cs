using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vigia.Simulator.Protobuf;

/// <summary>
/// Writes stored JSON as the protobuf that the real server would send, straight from the bytes. Not thread-safe.
/// </summary>
/// <remarks>
/// A member that the tables do not contain becomes a field of number <see cref="UnknownField"/> with its JSON, as a
/// newer server's field appears to a client. Fields are in the order of the JSON, then zeros (Go writes every text,
/// number and flag that is not a pointer), then the members that JSON inlines: protobuf allows any order.
/// </remarks>
internal sealed class ProtoWriter
{
    /// <summary>The number of a member that the tables do not contain.</summary>
    public const int UnknownField = 1000;

    private byte[] _bytes = new byte[16 * 1024];
    private int _length;

    /// <summary>The bytes written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Starts again.</summary>
    public void Clear() => _length = 0;

    /// <summary>Writes an object's message, without an envelope.</summary>
    public void Object(ReadOnlySpan<byte> json, string message) => Members(json, message, isTop: true, isInline: false);

    /// <summary>
    /// Writes <c>k8s\0</c> and the envelope around a message that is so long; the message itself, then
    /// <see cref="EnvelopeEnd"/>, come after.
    /// </summary>
    public void EnvelopeFront(string apiVersion, string kind, long length)
    {
        Raw("k8s\0"u8);
        var type = Begin(1);
        Text(1, Encoding.UTF8.GetBytes(apiVersion));
        Text(2, Encoding.UTF8.GetBytes(kind));
        End(type);
        Tag(2, 2);
        Varint((ulong)length);
    }

    /// <summary>The end of an enveloped message: no encoding, no content type.</summary>
    public static ReadOnlySpan<byte> EnvelopeEnd => [(3 << 3) | 2, 0, (4 << 3) | 2, 0];

    /// <summary>Writes one frame of a watch: four bytes of length, the type, and the object in its envelope.</summary>
    public void Frame(string type, string apiVersion, string kind, ReadOnlySpan<byte> message)
    {
        var start = _length;
        Raw([0, 0, 0, 0]);
        Text(1, Encoding.ASCII.GetBytes(type));
        var extension = Begin(2);
        var raw = Begin(1);
        EnvelopeFront(apiVersion, kind, message.Length);
        Raw(message);
        Raw(EnvelopeEnd);
        End(raw);
        End(extension);
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(start), _length - start - 4);
    }

    /// <summary>Writes a field of text or bytes.</summary>
    public void Text(int number, ReadOnlySpan<byte> value)
    {
        Tag(number, 2);
        Varint((ulong)value.Length);
        Raw(value);
    }

    /// <summary>Begins a field that is a message; everything until <see cref="End"/> is in it.</summary>
    public int Begin(int number)
    {
        Tag(number, 2);
        return _length;
    }

    /// <summary>Ends it: its length is put in front of it, which moves it.</summary>
    public void End(int start)
    {
        var length = _length - start;
        Span<byte> prefix = stackalloc byte[10];
        var size = 0;
        for (var rest = (uint)length; ; rest >>= 7)
        {
            prefix[size++] = (byte)(rest >= 0x80 ? rest | 0x80 : rest);
            if (rest < 0x80)
            {
                break;
            }
        }

        Room(size);
        _bytes.AsSpan(start, length).CopyTo(_bytes.AsSpan(start + size));
        prefix[..size].CopyTo(_bytes.AsSpan(start));
        _length += size;
    }

    // A claim has its type in JSON within a StatefulSet too, and nowhere in protobuf.
    private void Members(ReadOnlySpan<byte> json, string message, bool isTop, bool isInline)
    {
        var known = ProtoFields.Of(message);
        var seen = new HashSet<int>();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var value = json[start..(int)reader.BytesConsumed];
            if (known.TryGet(name, out var field))
            {
                seen.Add(field.Number);
                Field(field, value);
            }
            else if (
                !isInline
                && !known.Inlines(name)
                && !((isTop || message == "core.v1.PersistentVolumeClaim") && name is "kind" or "apiVersion")
            )
            {
                Text(UnknownField, Encoding.UTF8.GetBytes($"\"{name}\":{Encoding.UTF8.GetString(value)}"));
            }
        }

        foreach (var field in known.Fields)
        {
            if (field.Inline)
            {
                var nested = Begin(field.Number);
                Members(json, field.Type, isTop: false, isInline: true);
                End(nested);
            }
            else if (field.IsPlain && !seen.Contains(field.Number))
            {
                Zero(field);
            }
        }
    }

    private void Field(ProtoField field, ReadOnlySpan<byte> json)
    {
        if (json.SequenceEqual("null"u8))
        {
            if (field.Type is "meta.v1.Time" or "meta.v1.MicroTime")
            {
                Text(field.Number, default);
            }
            else if (field.IsPlain)
            {
                Zero(field);
            }

            return;
        }

        if (!field.Repeated && !field.IsMap)
        {
            Value(field.Number, field.Type, json);
            return;
        }

        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
        {
            var key = field.IsMap ? reader.GetString() : null;
            _ = key is not null && reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var value = json[start..(int)reader.BytesConsumed];
            if (key is null)
            {
                Value(field.Number, field.Type, value);
                continue;
            }

            var entry = Begin(field.Number);
            Text(1, Encoding.UTF8.GetBytes(key));
            Value(2, field.Type, value);
            End(entry);
        }
    }

    private void Value(int number, string type, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        switch (type)
        {
            case "string":
                Text(number, ref reader);
                break;
            case "bytes":
                Text(number, reader.GetBytesFromBase64());
                break;
            case "bool":
                Number(number, reader.GetBoolean() ? 1 : 0);
                break;
            case "int32" or "int64" or "uint32" or "uint64":
                Number(number, reader.GetInt64());
                break;
            case "Quantity":
                var quantity = Begin(number);
                Text(1, ref reader);
                End(quantity);
                break;
            case "IntOrString":
                IntOrString(number, ref reader);
                break;
            case "RawExtension" or "meta.v1.FieldsV1":
                var raw = Begin(number);
                Text(1, json);
                End(raw);
                break;
            case "meta.v1.Time" or "meta.v1.MicroTime":
                var at = DateTimeOffset.Parse(reader.GetString()!, CultureInfo.InvariantCulture);
                var time = Begin(number);
                Number(1, at.ToUnixTimeSeconds());
                Number(2, at.Ticks % TimeSpan.TicksPerSecond * 100);
                End(time);
                break;
            default:
                var nested = Begin(number);
                Members(json, type, isTop: false, isInline: false);
                End(nested);
                break;
        }
    }

    private void IntOrString(int number, ref Utf8JsonReader reader)
    {
        var isText = reader.TokenType == JsonTokenType.String;
        var value = Begin(number);
        Number(1, isText ? 1 : 0);
        Number(2, isText ? 0 : reader.GetInt64());
        if (isText)
        {
            Text(3, ref reader);
        }
        else
        {
            Text(3, default);
        }

        End(value);
    }

    private void Zero(ProtoField field)
    {
        if (field.Type == "string")
        {
            Text(field.Number, default);
        }
        else
        {
            Number(field.Number, 0);
        }
    }

    /// <summary>A text without its escapes; a number, as quantities may be, unchanged.</summary>
    private void Text(int number, ref Utf8JsonReader reader)
    {
        var field = Begin(number);
        Room(reader.ValueSpan.Length);
        if (reader.TokenType == JsonTokenType.String)
        {
            _length += reader.CopyString(_bytes.AsSpan(_length));
        }
        else
        {
            Raw(reader.ValueSpan);
        }

        End(field);
    }

    /// <summary>Writes a field that is a number or a flag.</summary>
    public void Number(int number, long value)
    {
        Tag(number, 0);
        Varint((ulong)value);
    }

    private void Tag(int number, int wireType) => Varint(((ulong)number << 3) | (uint)wireType);

    private void Varint(ulong value)
    {
        Room(10);
        for (; value >= 0x80; value >>= 7)
        {
            _bytes[_length++] = (byte)(value | 0x80);
        }

        _bytes[_length++] = (byte)value;
    }

    private void Raw(ReadOnlySpan<byte> value)
    {
        Room(value.Length);
        value.CopyTo(_bytes.AsSpan(_length));
        _length += value.Length;
    }

    private void Room(int more)
    {
        if (_bytes.Length - _length < more)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + more));
        }
    }
}
