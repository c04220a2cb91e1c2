using System.Text;
using System.Text.Unicode;
using Vigia.Kubernetes.Objects.Headers;
using Vigia.Kubernetes.Objects.Packing;

namespace Vigia.Kubernetes.Protobuf;

/// <summary>
/// Turns the protobuf of one object into the cached form: header, and the JSON that the server would have sent, without
/// managedFields. The counterpart of <see cref="ObjectDecoder"/>.
/// </summary>
/// <remarks>
/// Pipeline step 2 (docs/architecture.md). <b>Guarantees.</b> Builds no object graph; writes into one reused buffer.
/// Repeated strings are shared. Not thread-safe: one per stream. Its results are valid UTF-8 and JSON by construction.
/// </remarks>
internal sealed class ProtoObjectDecoder
{
    private readonly ProtoHeader _headers = new();
    private readonly JsonOut _json = new();
    private readonly ProtoTranscoder _transcoder;
    private readonly TemplateTable _templates;
    private TypeMeta _type = TypeMeta.Unknown;
    private MessageTable? _table;
    private byte[] _front = [];

    /// <summary>Creates a decoder that describes bodies by these templates.</summary>
    public ProtoObjectDecoder(TemplateTable templates)
    {
        _templates = templates;
        _transcoder = new(_json);
    }

    /// <summary>The kind and apiVersion in a <c>runtime.TypeMeta</c>.</summary>
    public (string Kind, string ApiVersion) TypeOf(ReadOnlySpan<byte> type) => ProtoEnvelope.TypeOf(type, _headers);

    /// <summary>Sets the type of the objects that follow.</summary>
    /// <exception cref="SchemaGapException">A type without tables.</exception>
    public void Of(string kind, string apiVersion)
    {
        if (_type.Kind == kind && _type.ApiVersion == apiVersion)
        {
            return;
        }

        _table =
            kind == "Table"
                ? throw new ObjectFormatException("not an object: the server sends Tables, so the Accept header was changed on the way")
                : BuiltInSchema.Find(apiVersion, kind)
                    ?? throw new SchemaGapException($"protobuf of {apiVersion} {kind} is unknown to this version of Vigia");
        _front = Encoding.UTF8.GetBytes($"{{\"kind\":\"{kind}\",\"apiVersion\":\"{apiVersion}\"");
        _type = new(apiVersion, kind);
    }

    /// <summary>Reads an object in its envelope.</summary>
    /// <exception cref="ObjectFormatException">Not an object.</exception>
    /// <exception cref="SchemaGapException">It has a field that the tables do not describe.</exception>
    public RawObject DecodeEnvelope(ReadOnlySpan<byte> bytes)
    {
        var envelope = ProtoEnvelope.Open(bytes);
        var (kind, apiVersion) = TypeOf(envelope.Type);
        Of(kind, apiVersion);
        return Build(envelope.Raw, Header(envelope.Raw));
    }

    /// <summary>Reads one item of a list; null if the sink already has this version and does not want a copy.</summary>
    /// <exception cref="ObjectFormatException">Not an object.</exception>
    /// <exception cref="SchemaGapException">It has a field that the tables do not describe.</exception>
    public RawObject? DecodeWanted(ReadOnlySpan<byte> message, IListSink sink)
    {
        var header = Header(message);
        return sink.Wants(new ObjectKey(header.Namespace ?? "", header.Name!), header.Uid, header.ResourceVersion)
            ? Build(message, header)
            : null;
    }

    /// <summary>A bookmark's revision, and whether it ends the initial events.</summary>
    /// <exception cref="ObjectFormatException">Not an object.</exception>
    public static (ResourceVersion Revision, bool IsInitialEventsEnd) Bookmark(ReadOnlySpan<byte> bytes)
    {
        var metadata = new ProtoReader(Metadata(ProtoEnvelope.Open(bytes).Raw));
        var (revision, isEnd) = (ResourceVersion.None, false);
        while (metadata.Next())
        {
            if (metadata.Number == 6)
            {
                revision = ResourceVersion.Parse(metadata.Text);
            }
            else if (metadata.Number == 12)
            {
                var entry = new ProtoReader(metadata.Text);
                isEnd |=
                    entry.Next()
                    && entry.Text.SequenceEqual("k8s.io/initial-events-end"u8)
                    && entry.Next()
                    && entry.Text.SequenceEqual("true"u8);
            }
        }

        return (revision, isEnd);
    }

    /// <summary>The ObjectMeta of an object: its first field, in every kind.</summary>
    private static ReadOnlySpan<byte> Metadata(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                return reader.Text;
            }
        }

        return default;
    }

    private ObjectHeader Header(ReadOnlySpan<byte> message)
    {
        var header = new ObjectHeader
        {
            Type = _type,
            Kind = _type.Kind,
            ApiVersion = _type.ApiVersion,
        };
        _headers.Read(Metadata(message), ref header);
        return string.IsNullOrEmpty(header.Name)
            ? throw new ObjectFormatException("not a Kubernetes object: it has no metadata.name")
            : header;
    }

    private RawObject Build(ReadOnlySpan<byte> message, in ObjectHeader header)
    {
        _json.Clear();
        _json.Raw(_front);
        _transcoder.Members(message, _table!);
        _json.Byte((byte)'}');
        var json = _json.Written;
        if (!Utf8.IsValid(json))
        {
            throw new ObjectFormatException("not a Kubernetes object: its bytes are not valid UTF-8");
        }

        var (kept, template) = _templates.Pack(json, header);
        return new RawObject(kept, template, json.Length, header);
    }
}
