using System.Globalization;
using System.Text.Json;
using Vigia.Simulator.Protobuf;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Tables;

namespace Vigia.Simulator.Serving;

/// <summary>Lists and events in protobuf, from the stored bytes.</summary>
internal static class ProtoAnswers
{
    /// <summary>The content type of a list.</summary>
    public const string Media = "application/vnd.kubernetes.protobuf";

    /// <summary>The content type of a watch.</summary>
    public const string WatchMedia = Media + ";stream=watch";

    /// <summary>Writes a list. Its length is in front of it, so it is assembled first.</summary>
    public static async Task ListAsync(
        ApiRequest request,
        List<StoredObject> page,
        long revision,
        string? next,
        long? remaining,
        Fault? spoil,
        Func<int, int> draw
    )
    {
        var partial = request.Form.Form == AnswerForm.Metadata;
        var (list, item) = (new ProtoWriter(), new ProtoWriter());
        var metadata = list.Begin(1);
        list.Text(1, default);
        list.Text(2, Answers.Utf8(revision.ToString(CultureInfo.InvariantCulture)));
        list.Text(3, Answers.Utf8(next ?? ""));
        if (remaining is { } left)
        {
            list.Number(4, left);
        }

        list.End(metadata);
        foreach (var one in page)
        {
            var json = partial ? PartialMetadata.Of(one, request.Form.Version) : request.Encode(one);
            var (apiVersion, kind) = TypeOf(json);
            item.Clear();
            item.Object(json, ProtoFields.MessageOf(apiVersion, kind));
            list.Text(2, item.Written);
        }

        var (listKind, listVersion) = partial
            ? ("PartialObjectMetadataList", "meta.k8s.io/" + request.Form.Version)
            : (request.Type.ListKind, request.ApiVersion);
        var front = new ProtoWriter();
        front.EnvelopeFront(listVersion, listKind, list.Written.Length);
        byte[] body = [.. front.Written, .. list.Written, .. ProtoWriter.EnvelopeEnd];
        body = spoil?.Kind == FaultKind.Garble ? Garbled(body, draw) : body;
        if (spoil?.Kind == FaultKind.Truncate)
        {
            request.Http.Response.ContentType = Media;
            await request.Http.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), request.Aborted);
            await request.Http.Response.Body.FlushAsync(request.Aborted);
            ApiServer.End(request.Http);
            return;
        }

        await Answers.BytesAsync(request.Http, body, contentType: Media);
    }

    /// <summary>One frame of a watch.</summary>
    public static byte[] Frame(string type, ReadOnlySpan<byte> json, ProtoWriter writer)
    {
        var (apiVersion, kind) = TypeOf(json);
        writer.Clear();
        writer.Object(json, ProtoFields.MessageOf(apiVersion, kind));
        var message = writer.Written.ToArray();
        writer.Clear();
        writer.Frame(type, apiVersion, kind, message);
        return writer.Written.ToArray();
    }

    /// <summary>
    /// The same length, but no object: the envelope is not one any more, and a few bytes more are flipped.
    /// </summary>
    public static byte[] Garbled(byte[] bytes, Func<int, int> draw)
    {
        var garbled = (byte[])bytes.Clone();
        garbled[garbled.AsSpan().IndexOf("k8s\0"u8)] ^= 0x80;
        for (var i = 0; i < 3; i++)
        {
            garbled[4 + draw(garbled.Length - 4)] ^= 0x80;
        }

        return garbled;
    }

    private static (string ApiVersion, string Kind) TypeOf(ReadOnlySpan<byte> json)
    {
        var (apiVersion, kind) = ("", "");
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while ((apiVersion.Length == 0 || kind.Length == 0) && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isKind, isVersion) = (reader.ValueTextEquals("kind"u8), reader.ValueTextEquals("apiVersion"u8));
            reader.Read();
            kind = isKind ? reader.GetString()! : kind;
            apiVersion = isVersion ? reader.GetString()! : apiVersion;
            reader.Skip();
        }

        return (apiVersion, kind);
    }
}
