using Vigia.Kubernetes.Listing;

namespace Vigia.Kubernetes.Protobuf;

/// <summary>
/// Reads the body of a list in protobuf item by item, as <see cref="ListDecoder"/> reads one in JSON; peak memory is
/// the largest item, not the list.
/// </summary>
internal sealed class ProtoListDecoder(ProtoObjectDecoder objects, IListSink sink)
{
    private ResourceVersion _revision;
    private string _continue = "";
    private long? _remaining;
    private string? _kind;

    /// <summary>Items read so far, including skipped ones.</summary>
    public int Count { get; private set; }

    /// <summary>Reads the whole body.</summary>
    /// <exception cref="ObjectFormatException">Not a list, or cut short.</exception>
    /// <exception cref="SchemaGapException">It has a field that the tables do not describe.</exception>
    public async Task<ListPage> ReadAsync(BodyBuffer body, CancellationToken cancellationToken)
    {
        await FillAsync(body, ProtoEnvelope.Magic.Length, cancellationToken);
        if (!body.Unread.StartsWith(ProtoEnvelope.Magic))
        {
            throw new ObjectFormatException("not a list in protobuf: it does not begin with k8s and a zero");
        }

        body.Consume(ProtoEnvelope.Magic.Length);
        var isRead = false;
        while (await FieldAsync(body, cancellationToken) is { } field)
        {
            if (field.Number == 2)
            {
                await ListAsync(body, field.Length, cancellationToken);
                isRead = true;
                continue;
            }

            await FillAsync(body, field.Length, cancellationToken);
            if (field.Number == 1)
            {
                Type(body.Unread[..(int)field.Length]);
            }
            else if (field.Number == 3 && field.Length > 0)
            {
                throw new SchemaGapException("the list is in an encoding that is unknown to this version of Vigia");
            }

            body.Consume((int)field.Length);
        }

        return isRead ? new ListPage(_revision, _continue, _remaining, Count) : throw CutShort();
    }

    private void Type(ReadOnlySpan<byte> type)
    {
        (_kind, var apiVersion) = objects.TypeOf(type);
        objects.Of(
            _kind.EndsWith("List", StringComparison.Ordinal)
                ? _kind[..^4]
                : throw new ObjectFormatException($"not a list: the server answered with kind '{_kind}'"),
            apiVersion
        );
    }

    private async ValueTask ListAsync(BodyBuffer body, long length, CancellationToken cancellationToken)
    {
        if (_kind is null)
        {
            throw new ObjectFormatException("not a list in protobuf: its type does not come first");
        }

        for (long read = 0; read < length; )
        {
            var field = await FieldAsync(body, cancellationToken) ?? throw CutShort();
            read += field.Head + field.Length;
            if (read > length)
            {
                throw new ObjectFormatException($"not a list in protobuf: the part after item {Count} is longer than the list");
            }

            await FillAsync(body, field.Length, cancellationToken);
            Member(field.Number, body.Unread[..(int)field.Length]);
            body.Consume((int)field.Length);
        }
    }

    private void Member(int number, ReadOnlySpan<byte> value)
    {
        switch (number)
        {
            case 1:
                Metadata(value);
                break;
            case 2:
                if (objects.DecodeWanted(value, sink) is { } item)
                {
                    sink.Item(item);
                }

                Count++;
                break;
        }
    }

    private void Metadata(ReadOnlySpan<byte> metadata)
    {
        var reader = new ProtoReader(metadata);
        while (reader.Next())
        {
            switch (reader.Number)
            {
                case 2:
                    _revision = ResourceVersion.Parse(reader.Text);
                    break;
                case 3:
                    _continue = System.Text.Encoding.UTF8.GetString(reader.Text);
                    break;
                case 4:
                    _remaining = (long)reader.Value;
                    break;
            }
        }
    }

    /// <summary>
    /// The next field's number, the length of its bytes and of its prefix; null at the end of the body.
    /// </summary>
    private static async ValueTask<(int Number, long Length, int Head)?> FieldAsync(BodyBuffer body, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Head(body.Unread, out var tag, out var length) is > 0 and var head)
            {
                body.Consume(head);
                return (tag & 7) == 2 && length <= long.MaxValue / 2
                    ? (ProtoReader.NumberOf(tag, 0, head), (long)length, head)
                    : throw new ObjectFormatException(
                        $"not a list in protobuf: field {tag >> 3} is of wire type {tag & 7} and {length} bytes"
                    );
            }

            if (body.Unread.Length > 20)
            {
                throw new ObjectFormatException("not a list in protobuf: a field number is not terminated");
            }

            if (!await body.ReadAsync(cancellationToken))
            {
                return body.Unread.IsEmpty ? null : throw CutShort();
            }
        }
    }

    private static int Head(ReadOnlySpan<byte> bytes, out ulong tag, out ulong length)
    {
        var first = ProtoReader.TryVarint(bytes, out tag);
        var second = ProtoReader.TryVarint(bytes[first..], out length);
        return first == 0 || second == 0 ? 0 : first + second;
    }

    /// <summary>
    /// Reads until that many bytes are there; the buffer refuses anything larger than an object may be.
    /// </summary>
    private static async ValueTask FillAsync(BodyBuffer body, long length, CancellationToken cancellationToken)
    {
        while (body.Unread.Length < length)
        {
            if (!await body.ReadAsync(cancellationToken))
            {
                throw CutShort();
            }
        }
    }

    private static ObjectFormatException CutShort() => new("the list is truncated: the connection ended before its last item");
}
