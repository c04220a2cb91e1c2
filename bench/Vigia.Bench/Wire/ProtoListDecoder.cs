using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects;

namespace Vigia.Bench.Wire;

/// <summary>Reads a list in protobuf item by item, as <see cref="ListDecoder"/> reads one in JSON: peak memory is the largest item.</summary>
internal sealed class ProtoListDecoder(ProtoObjectDecoder objects, IListSink sink)
{
    /// <summary>Reads the whole body; returns how many items it had.</summary>
    /// <exception cref="ObjectFormatException">Not a list, or cut short.</exception>
    public async Task<int> ReadAsync(BodyBuffer body, CancellationToken cancellationToken)
    {
        await FillAsync(body, 4, cancellationToken);
        if (!body.Unread.StartsWith("k8s\0"u8))
        {
            throw new ObjectFormatException("not a list in protobuf: it does not begin with k8s and a zero");
        }

        body.Consume(4);
        var count = 0;
        while (await FieldAsync(body, cancellationToken) is { } field)
        {
            if (field.Number == 1)
            {
                await FillAsync(body, field.Length, cancellationToken);
                var (kind, apiVersion) = objects.TypeMeta(body.Unread[..field.Length]);
                objects.Of(kind.EndsWith("List", StringComparison.Ordinal) ? kind[..^4] : throw new ObjectFormatException($"not a list: the server answered with kind '{kind}'"), apiVersion);
                body.Consume(field.Length);
            }
            else if (field.Number == 2)
            {
                count = await ItemsAsync(body, field.Length, cancellationToken);
            }
            else
            {
                await FillAsync(body, field.Length, cancellationToken);
                body.Consume(field.Length);
            }
        }

        return count;
    }

    private async ValueTask<int> ItemsAsync(BodyBuffer body, int length, CancellationToken cancellationToken)
    {
        var count = 0;
        for (var read = 0; read < length;)
        {
            var field = await FieldAsync(body, cancellationToken) ?? throw CutShort();
            await FillAsync(body, field.Length, cancellationToken);
            if (field.Number == 2)
            {
                sink.Item(objects.Decode(body.Unread[..field.Length]));
                count++;
            }

            body.Consume(field.Length);
            read += field.Length + field.Head;
        }

        return count;
    }

    /// <summary>The next field's number and the length of its bytes; null at the end of the body.</summary>
    private static async ValueTask<(int Number, int Length, int Head)?> FieldAsync(BodyBuffer body, CancellationToken cancellationToken)
    {
        while (true)
        {
            var head = Head(body.Unread, out var tag, out var length);
            if (head > 0)
            {
                body.Consume(head);
                return (tag & 7) == 2 && length <= int.MaxValue
                    ? ((int)(tag >> 3), (int)length, head)
                    : throw new ObjectFormatException($"not a list in protobuf: field {tag >> 3} is of wire type {tag & 7} and {length} bytes");
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

    private static async ValueTask FillAsync(BodyBuffer body, int length, CancellationToken cancellationToken)
    {
        while (body.Unread.Length < length)
        {
            if (!await body.ReadAsync(cancellationToken))
            {
                throw CutShort();
            }
        }
    }

    private static ObjectFormatException CutShort() => new("the list breaks off: the connection ended before its last item");
}
