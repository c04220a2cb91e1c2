using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Faults;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Selecting;
using Vigia.Simulator.Tables;

namespace Vigia.Simulator.Serving;

/// <summary>Lists: at a fixed revision over all pages, straight from the objects' bytes.</summary>
internal sealed class ListHandler(ObjectStore store, SimulatorOptions simulator, FaultInjector faults, TableMaker tables)
{
    private const int GzipFromBytes = 128 << 10; // as the real server: smaller answers are not worth it
    private const int ChunkBytes = 256 << 10;

    public async Task HandleAsync(ApiRequest request)
    {
        var options = ListOptions.Read(request);
        var filter = new ObjectFilter(request.Type, request.Namespace, request.Query("labelSelector"), FieldSelector(request));
        var (snapshot, start) = Resolve(request, options);

        var items = snapshot.In(request.Namespace);
        var page = new List<StoredObject>(Math.Min(items.Length, (int)Math.Min(options.Limit ?? int.MaxValue, int.MaxValue)));
        string? next = null;
        long? remaining = null;
        for (var i = 0; i < items.Length; i++)
        {
            var item = items.Span[i];
            if ((start is { } from && item.Key <= from) || !filter.Matches(item))
            {
                continue;
            }

            if (page.Count == options.Limit)
            {
                next = new ContinueToken(snapshot.Revision, page[^1].Key).ToString();
                remaining = filter.Selects ? null : items.Length - i;
                break;
            }

            page.Add(item);
        }

        await WriteAsync(request, page, snapshot.Revision, next, remaining);
    }

    /// <summary>A get by name is a list with a field selector to the clients of a single-object watch.</summary>
    internal static string? FieldSelector(ApiRequest request)
    {
        var given = request.Query("fieldSelector");
        return request.Path.Name is null ? given : $"metadata.name={request.Path.Name}{(string.IsNullOrEmpty(given) ? "" : "," + given)}";
    }

    private (StoreSnapshot Snapshot, ObjectKey? Start) Resolve(ApiRequest request, ListOptions options)
    {
        var gvr = request.Type.Gvr;
        if (options.Continue is { } text)
        {
            var token = ContinueToken.Parse(text);
            if (token.Revision < 0)
            {
                return (store.Snapshot(gvr), token.Start);
            }

            // The rest of the list may still be available, though not at the same revision: the new token shows that.
            return (
                AtRevision(gvr, token.Revision)
                    ?? throw new StatusException(
                        410,
                        "Expired",
                        "The provided continue parameter is too old to display a consistent list result. "
                            + "You can start a new list without the continue parameter, "
                            + "or use the continue token in this response to retrieve the remainder of the results. "
                            + "Continuing with the provided token results in an inconsistent list - objects that were created, modified, "
                            + "or deleted between the time the first chunk was returned and now may show up in the list."
                    )
                    {
                        Continue = new ContinueToken(-1, token.Start).ToString(),
                    },
                token.Start
            );
        }

        if (options.Exact)
        {
            return (AtRevision(gvr, options.Revision!.Value) ?? throw Compacted(request), null);
        }

        // Without a revision it is a consistent read, which no replica may answer from behind.
        var now = options.Revision is not null && request.Replica?.Lag is { } lag ? store.SnapshotBehind(gvr, lag) : store.Snapshot(gvr);
        if (options.Revision is > 0 && (options.Revision > now.Revision || request.RefusesRevisions is not null))
        {
            throw TooLarge.Of(
                request.RefusesRevisions ?? request.Replica?.TooLarge ?? simulator.TooLarge,
                options.Revision.Value,
                now.Revision
            );
        }

        return (now, null);
    }

    private StatusException Compacted(ApiRequest request) =>
        simulator.CompactedRead == CompactedReadForm.EtcdMessage
        && (FieldSelector(request) ?? "").Split(',').Any(term => term.StartsWith("metadata.name=", StringComparison.Ordinal))
            ? TooLarge.Compacted()
            : StatusException.Expired("The resourceVersion for the provided list is too old.");

    /// <summary>The state at exactly a revision; null if it is compacted.</summary>
    private StoreSnapshot? AtRevision(GroupVersionResource gvr, long revision) =>
        revision > store.Revision ? throw TooLarge.Future() : store.SnapshotAt(gvr, revision);

    private async Task WriteAsync(ApiRequest request, List<StoredObject> page, long revision, string? next, long? remaining)
    {
        if (request.Form.IsProtobuf)
        {
            await ProtoAnswers.ListAsync(
                request,
                page,
                revision,
                next,
                remaining,
                faults.Draw("list", request.Type.Plural, request.Path.Namespace, FaultKind.Truncate, FaultKind.Garble),
                faults.Next
            );
            return;
        }

        var http = request.Http;
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-cache, private";
        http.Response.Headers.Vary = "Accept-Encoding";
        long size = 0;
        foreach (var item in page)
        {
            size += item.Bytes.Length;
        }

        var gzip =
            size > GzipFromBytes && http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        Stream body = http.Response.Body;
        if (gzip)
        {
            http.Response.Headers.ContentEncoding = "gzip";
            body = new GZipStream(http.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
        }

        await using var chunk = new ChunkedStream(body, ChunkBytes);
        var table = request.Form.Form == AnswerForm.Table;
        var front = ItemFront(request.Type);
        if (table)
        {
            TableMaker.Begin(chunk, request, revision, next, remaining);
        }
        else
        {
            Head(chunk, request, revision, next, remaining);
        }

        var spoil = faults.Draw("list", request.Type.Plural, request.Path.Namespace, FaultKind.Truncate, FaultKind.Garble);
        for (var i = 0; i < page.Count; i++)
        {
            if (spoil is not null && i == page.Count / 2)
            {
                chunk.Write(i == 0 ? ""u8 : ","u8);
                var bytes = page[i].Bytes;
                if (spoil.Kind == FaultKind.Truncate)
                {
                    chunk.Write(bytes.AsSpan(0, bytes.Length / 2));
                    await chunk.FinishAsync(request.Aborted);
                    await body.FlushAsync(request.Aborted);
                    ApiServer.End(http);
                    return;
                }

                chunk.Write(Spoil.Object(spoil.Garble, bytes, faults.Next));
                continue;
            }

            if (table)
            {
                tables.Row(chunk, request, page[i], i == 0);
            }
            else
            {
                Item(chunk, request, page[i], front, i == 0);
            }

            await chunk.PassOnAsync(request.Aborted);
        }

        chunk.Write("]}"u8);
        await chunk.FinishAsync(request.Aborted);
        if (gzip)
        {
            await body.DisposeAsync();
        }
    }

    private static void Head(ChunkedStream chunk, ApiRequest request, long revision, string? next, long? remaining)
    {
        var partial = request.Form.Form == AnswerForm.Metadata;
        var (kind, version) = partial
            ? ("PartialObjectMetadataList", "meta.k8s.io/" + request.Form.Version)
            : (request.Type.ListKind, request.ApiVersion);
        var metadata = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) };
        if (next is not null)
        {
            metadata["continue"] = next;
        }

        if (remaining is not null)
        {
            metadata["remainingItemCount"] = remaining;
        }

        chunk.Write(Answers.Utf8($"{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{metadata.ToJsonString()},\"items\":["));
    }

    private static void Item(ChunkedStream chunk, ApiRequest request, StoredObject item, byte[] front, bool first)
    {
        if (!first)
        {
            chunk.Write(","u8);
        }

        if (request.Form.Form == AnswerForm.Metadata)
        {
            chunk.Write(PartialMetadata.Of(item, request.Form.Version));
        }
        else if (!request.Type.IsCustom && request.Alias is null && item.Bytes.AsSpan().StartsWith(front))
        {
            chunk.Write("{"u8);
            chunk.Write(item.Bytes.AsSpan(front.Length));
        }
        else
        {
            chunk.Write(request.Encode(item));
        }
    }

    /// <summary>Items of built-in kinds come without kind and apiVersion, as the real server sends them.</summary>
    private static byte[] ItemFront(ResourceType type) => Answers.Utf8($"{{\"kind\":\"{type.Kind}\",\"apiVersion\":\"{type.ApiVersion}\",");
}

/// <summary>
/// The start of the rest of a paged list: the revision it is fixed to (-1: the current state), and the last key sent.
/// </summary>
internal readonly record struct ContinueToken(long Revision, ObjectKey Start)
{
    public static ContinueToken Parse(string text)
    {
        try
        {
            var json = JsonNode
                .Parse(Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/').PadRight((text.Length + 3) / 4 * 4, '=')))!
                .AsObject();
            var start = ((string?)json["start"] ?? "").TrimEnd('\0');
            var slash = start.IndexOf('/', StringComparison.Ordinal);
            return new((long)json["rv"]!, slash < 0 ? new("", start) : new(start[..slash], start[(slash + 1)..]));
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or NullReferenceException)
        {
            throw StatusException.BadRequest($"continue key is not valid: {e.Message}");
        }
    }

    public override string ToString()
    {
        var json = new JsonObject
        {
            ["v"] = "meta.k8s.io/v1",
            ["rv"] = Revision,
            ["start"] = Start.ToString() + "\0",
        };
        return Convert.ToBase64String(Answers.Bytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }
}
