using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Vigia.Simulator.Faults;
using Vigia.Simulator.Protobuf;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Tables;

namespace Vigia.Simulator.Serving;

/// <summary>Writes the events of one watch as lines, in the requested form, and applies the faults of events.</summary>
internal sealed class WatchWriter(ApiRequest request, FaultInjector faults, TableMaker tables)
{
    private const int FlushBytes = 64 << 10;

    private PipeWriter _body = request.Http.Response.BodyWriter;
    private WatchSocket? _socket;
    private readonly Negotiation _form = request.Form;
    private readonly ProtoWriter _proto = new();
    private bool _columnsSent;
    private long _unflushed;

    /// <summary>Called when the client closes a WebSocket.</summary>
    public Action Left { private get; set; } = static () => { };

    /// <summary>Sends the headers.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (request.Http.WebSockets.IsWebSocketRequest && !_form.IsProtobuf)
        {
            _socket = await WatchSocket.AcceptAsync(request.Http, Left);
            _body = PipeWriter.Create(_socket, new StreamPipeWriterOptions(leaveOpen: true));
            return;
        }

        request.Http.Response.ContentType = _form.IsProtobuf ? ProtoAnswers.WatchMedia : "application/json";
        request.Http.Response.Headers.CacheControl = "no-cache, private";
        await _body.FlushAsync(cancellationToken);
    }

    /// <summary>Ends a WebSocket; the answer to a request ends by itself.</summary>
    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        if (_socket is not null)
        {
            await _socket.CloseAsync(cancellationToken);
            await _socket.DisposeAsync();
        }
    }

    /// <summary>Writes an event, and flushes where enough has gathered.</summary>
    /// <returns>False if a fault ended the stream.</returns>
    public ValueTask<bool> EventAsync(string type, StoredObject item, CancellationToken cancellationToken)
    {
        var json = Encode(item);
        if (_form.IsProtobuf)
        {
            return ProtoEventAsync(type, json, cancellationToken);
        }

        if (
            faults.Draw(
                "watch",
                request.Type.Plural,
                request.Path.Namespace,
                FaultKind.Truncate,
                FaultKind.Garble,
                FaultKind.ErrorEvent,
                FaultKind.Freeze
            ) is
            { } fault
        )
        {
            return StruckAsync(fault, type, json, cancellationToken);
        }

        Line(type, json);
        return _unflushed > FlushBytes ? FlushedAsync(cancellationToken) : new(true);
    }

    /// <summary>Writes an ERROR event.</summary>
    public void Error(StatusException why) => Line("ERROR", Answers.Bytes(why.ToJson()));

    /// <summary>Writes a bookmark; <paramref name="end"/> marks that of the initial events.</summary>
    public void Bookmark(long revision, bool end)
    {
        var text = revision.ToString(CultureInfo.InvariantCulture);
        var annotations = end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
        var (kind, version) =
            _form.Form == AnswerForm.Metadata
                ? ("PartialObjectMetadata", "meta.k8s.io/" + _form.Version)
                : (request.Type.Kind, request.ApiVersion);
        var bookmark =
            $"{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{{\"resourceVersion\":\"{text}\","
            + $"\"creationTimestamp\":null{annotations}}}}}";
        if (_form.Form == AnswerForm.Table)
        {
            var row = Answers.Utf8(bookmark);
            bookmark =
                $"{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/{_form.Version}\","
                + $"\"metadata\":{{\"resourceVersion\":\"{text}\"{annotations}}},\"columnDefinitions\":null,\"rows\":[{{\"cells\":[],"
                + $"\"object\":{Encoding.UTF8.GetString(PartialMetadata.OfBytes(row, _form.Version))}}}]}}";
        }

        Line("BOOKMARK", Answers.Utf8(bookmark));
    }

    /// <summary>Flushes the collected lines.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_unflushed == 0)
        {
            return;
        }

        _unflushed = 0;
        var flushed = await _body.FlushAsync(cancellationToken);
        if (flushed.IsCompleted)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private ReadOnlyMemory<byte> Encode(StoredObject item)
    {
        switch (_form.Form)
        {
            case AnswerForm.Table:
                var table = new MemoryStream();
                TableMaker.Begin(table, request, item.Revision, null, null, withColumns: !_columnsSent);
                _columnsSent = true;
                tables.Row(table, request, item, first: true);
                TableMaker.End(table);
                return table.GetBuffer().AsMemory(0, (int)table.Length);
            case AnswerForm.Metadata:
                return PartialMetadata.Of(item, _form.Version).ToArray();
            default:
                return request.Encode(item);
        }
    }

    private async ValueTask<bool> StruckAsync(Fault fault, string type, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        switch (fault.Kind)
        {
            case FaultKind.Garble:
                Line(
                    fault.Garble == GarbleForm.UnknownType ? "SURPRISE" : type,
                    fault.Garble == GarbleForm.UnknownType ? json.Span : Spoil.Object(fault.Garble, json.Span, faults.Next)
                );
                return true;
            case FaultKind.ErrorEvent:
                Error(ApiServer.Error(fault));
                await FlushAsync(cancellationToken);
                return false;
            default:
                Front(type);
                _body.Write(json.Span[..(json.Length / 2)]);
                _unflushed += json.Length;
                await FlushAsync(cancellationToken);
                if (fault.Kind == FaultKind.Truncate)
                {
                    ApiServer.End(request.Http);
                    return false;
                }

                // Frozen: the other half follows when the connection is thawed, if its client is still there.
                ApiServer.Freeze(request.Http);
                _body.Write(json.Span[(json.Length / 2)..]);
                _body.Write("}\n"u8);
                _unflushed += json.Length;
                await FlushAsync(cancellationToken);
                return true;
        }
    }

    private void Front(string type)
    {
        _body.Write("{\"type\":\""u8);
        _body.Write(Answers.Utf8(type));
        _body.Write("\",\"object\":"u8);
    }

    private void Line(string type, ReadOnlyMemory<byte> json) => Line(type, json.Span);

    /// <summary>
    /// In protobuf an event can be garbled or cut short, which suffices: the other faults of events are the same in any
    /// form.
    /// </summary>
    private async ValueTask<bool> ProtoEventAsync(string type, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var struck = faults.Draw(
            "watch",
            request.Type.Plural,
            request.Path.Namespace,
            FaultKind.Truncate,
            FaultKind.Garble,
            FaultKind.ErrorEvent
        );
        if (struck?.Kind == FaultKind.ErrorEvent)
        {
            Error(ApiServer.Error(struck));
            await FlushAsync(cancellationToken);
            return false;
        }

        var frame = ProtoAnswers.Frame(
            struck?.Kind == FaultKind.Garble && struck.Garble == GarbleForm.UnknownType ? "SURPRISE" : type,
            json.Span,
            _proto
        );
        if (struck?.Kind == FaultKind.Garble && struck.Garble != GarbleForm.UnknownType)
        {
            frame = ProtoAnswers.Garbled(frame, faults.Next);
        }

        var isCut = struck?.Kind == FaultKind.Truncate;
        _body.Write(isCut ? frame.AsSpan(0, frame.Length / 2) : frame);
        _unflushed += frame.Length;
        if (isCut)
        {
            await FlushAsync(cancellationToken);
            ApiServer.End(request.Http);
            return false;
        }

        return _unflushed <= FlushBytes || await FlushedAsync(cancellationToken);
    }

    private void Line(string type, ReadOnlySpan<byte> json)
    {
        if (_form.IsProtobuf)
        {
            var frame = ProtoAnswers.Frame(type, json, _proto);
            _body.Write(frame);
            _unflushed += frame.Length;
            return;
        }

        Front(type);
        _body.Write(json);
        _body.Write("}\n"u8);
        _unflushed += json.Length + 32;
    }

    private async ValueTask<bool> FlushedAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        return true;
    }
}
