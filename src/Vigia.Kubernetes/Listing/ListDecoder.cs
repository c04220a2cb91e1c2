using System.Buffers.Text;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Objects.Headers;

namespace Vigia.Kubernetes.Listing;

/// <summary>Reads the body of a list item by item; peak memory is the largest item, not the list.</summary>
internal sealed class ListDecoder(ObjectDecoder objects, IListSink sink)
{
    private string? _listKind;
    private string? _apiVersion;
    private string _continue = "";
    private long? _remaining;
    private ResourceVersion _revision;
    private int _count;

    /// <summary>Reads the whole body.</summary>
    /// <exception cref="ObjectFormatException">Not a list, or cut short.</exception>
    public async Task<ListPage> ReadAsync(BodyBuffer body, CancellationToken cancellationToken)
    {
        await ExpectAsync(body, (byte)'{', cancellationToken);
        while (await NextNameAsync(body, cancellationToken) is { } name)
        {
            if (name == "items" && await PeekAsync(body, cancellationToken) == (byte)'[')
            {
                await ItemsAsync(body, cancellationToken);
            }
            else
            {
                Member(name, body, await ValueAsync(body, cancellationToken));
            }
        }

        if (_listKind is null || !_listKind.EndsWith("List", StringComparison.Ordinal))
        {
            // A Table here means that something between us and the server rewrote the Accept header (client-go:
            // "unsupported Table object").
            throw new ObjectFormatException($"not a list: the server answered with kind '{_listKind}'");
        }

        return new ListPage(_revision, _continue, _remaining, _count);
    }

    private async ValueTask ItemsAsync(BodyBuffer body, CancellationToken cancellationToken)
    {
        body.Consume(1);
        if (await PeekAsync(body, cancellationToken) == (byte)']')
        {
            body.Consume(1);
            return;
        }

        // The items of a typed list lack their type; it follows from "PodList" if kind comes first, as Go's encoder
        // writes it.
        var kind = _listKind?.EndsWith("List", StringComparison.Ordinal) == true ? _listKind[..^4] : null;
        while (true)
        {
            var length = await ValueAsync(body, cancellationToken);
            if (objects.DecodeWanted(body.Unread[..length], kind, _apiVersion, sink) is { } item)
            {
                sink.Item(item);
            }

            _count++;
            body.Consume(length);
            var next = await PeekAsync(body, cancellationToken);
            body.Consume(1);
            if (next == (byte)']')
            {
                return;
            }

            if (next != (byte)',')
            {
                throw new ObjectFormatException($"not a list: expected ',' or ']' after item {_count}, found byte 0x{next:x2}");
            }

            await PeekAsync(body, cancellationToken);
        }
    }

    private void Member(string name, BodyBuffer body, int length)
    {
        var value = body.Unread[..length];
        switch (name)
        {
            case "kind" when value[0] == (byte)'"':
                _listKind = StringCache.Read(value[1..^1]);
                break;
            case "apiVersion" when value[0] == (byte)'"':
                _apiVersion = StringCache.Read(value[1..^1]);
                break;
            case "metadata" when value[0] == (byte)'{':
                Metadata(value);
                break;
        }

        body.Consume(length);
    }

    private void Metadata(ReadOnlySpan<byte> json)
    {
        var reader = new System.Text.Json.Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.CurrentDepth != 1 || reader.TokenType != System.Text.Json.JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.ValueTextEquals("resourceVersion"u8))
            {
                reader.Read();
                _revision = ResourceVersion.Parse(reader.GetString());
            }
            else if (reader.ValueTextEquals("continue"u8))
            {
                reader.Read();
                _continue = reader.GetString() ?? "";
            }
            else if (reader.ValueTextEquals("remainingItemCount"u8))
            {
                reader.Read();
                _remaining = Utf8Parser.TryParse(reader.ValueSpan, out long remaining, out _) ? remaining : null;
            }
        }
    }

    /// <summary>The next member's name, with the body standing at its value; null after the last.</summary>
    private static async ValueTask<string?> NextNameAsync(BodyBuffer body, CancellationToken cancellationToken)
    {
        var next = await PeekAsync(body, cancellationToken);
        if (next == (byte)',')
        {
            body.Consume(1);
            next = await PeekAsync(body, cancellationToken);
        }

        if (next == (byte)'}')
        {
            body.Consume(1);
            return null;
        }

        if (next != (byte)'"')
        {
            throw new ObjectFormatException($"not a list: expected a member's name, found byte 0x{next:x2}");
        }

        var length = await ValueAsync(body, cancellationToken);
        var name = StringCache.Read(body.Unread[1..(length - 1)]);
        body.Consume(length);
        await ExpectAsync(body, (byte)':', cancellationToken);
        await PeekAsync(body, cancellationToken);
        return name;
    }

    private static async ValueTask ExpectAsync(BodyBuffer body, byte expected, CancellationToken cancellationToken)
    {
        var found = await PeekAsync(body, cancellationToken);
        if (found != expected)
        {
            throw new ObjectFormatException($"not a list: expected '{(char)expected}', found byte 0x{found:x2}");
        }

        body.Consume(1);
    }

    /// <summary>The next byte that is not white space.</summary>
    private static async ValueTask<byte> PeekAsync(BodyBuffer body, CancellationToken cancellationToken)
    {
        while (true)
        {
            body.Consume(JsonScan.SkipWhiteSpace(body.Unread, 0));
            if (body.Unread.Length > 0)
            {
                return body.Unread[0];
            }

            await MoreAsync(body, cancellationToken);
        }
    }

    /// <summary>Reads until the value at the front is complete; returns its length.</summary>
    private static async ValueTask<int> ValueAsync(BodyBuffer body, CancellationToken cancellationToken)
    {
        var progress = default(ScanProgress);
        while (true)
        {
            var length = JsonScan.SkipValue(body.Unread, ref progress);
            if (length >= 0)
            {
                return length;
            }

            await MoreAsync(body, cancellationToken);
        }
    }

    private static async ValueTask MoreAsync(BodyBuffer body, CancellationToken cancellationToken)
    {
        if (!await body.ReadAsync(cancellationToken))
        {
            throw new ObjectFormatException("the list is truncated: the connection ended before its last item");
        }
    }
}
