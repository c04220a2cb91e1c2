using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Objects.Headers;
using Vigia.Kubernetes.Objects.Packing;

namespace Vigia.Kubernetes;

/// <summary>
/// Turns the bytes of one object into a <see cref="RawObject"/>: header scan, managedFields cut out, grammar checked,
/// and the rest kept in as few bytes as can be had.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Repeated strings are shared between the objects it has read. Not thread-safe: one per stream. Its
/// results are valid UTF-8 and, except for the removed part, valid JSON: an invalid event is an
/// <see cref="ObjectFormatException"/> here and never a broken line to a subscriber.
/// </remarks>
public sealed class ObjectDecoder
{
    private readonly HeaderScanner _scanner = new();
    private readonly TemplateTable _templates;
    private byte[] _whole = new byte[16 * 1024];
    private byte[] _typeMeta = [];
    private (string Kind, string ApiVersion) _typeMetaOf;

    /// <summary>Creates a decoder with templates of its own.</summary>
    public ObjectDecoder()
        : this(new TemplateTable()) { }

    /// <summary>Creates a decoder that describes bodies by the templates of an informer's other streams.</summary>
    internal ObjectDecoder(TemplateTable templates) => _templates = templates;

    /// <summary>
    /// True for Secrets read as metadata only: copies of the values in annotations are removed before anything is kept.
    /// </summary>
    internal bool LeavesSecretsOut { get; init; }

    /// <summary>Reads one object; see <see cref="RawObject.Parse"/>.</summary>
    /// <exception cref="ObjectFormatException">Not a JSON object with <c>metadata.name</c>.</exception>
    public RawObject Decode(ReadOnlySpan<byte> utf8) => Decode(utf8, null, null);

    /// <summary>
    /// Reads one item of a list, which has no <c>kind</c> and <c>apiVersion</c> of its own: they are put in front.
    /// </summary>
    /// <exception cref="ObjectFormatException">Not a JSON object with <c>metadata.name</c>.</exception>
    public RawObject Decode(ReadOnlySpan<byte> utf8, string? kind, string? apiVersion)
    {
        var (start, end) = ScanNamed(utf8, out var header);
        return Build(utf8, start, end, header, kind, apiVersion);
    }

    /// <summary>Reads one item of a list; null if the sink already has this version and does not want a copy.</summary>
    internal RawObject? DecodeWanted(ReadOnlySpan<byte> utf8, string? kind, string? apiVersion, IListSink sink)
    {
        var (start, end) = ScanNamed(utf8, out var header);
        return sink.Wants(new ObjectKey(header.Namespace ?? "", header.Name!), header.Uid, header.ResourceVersion)
            ? Build(utf8, start, end, header, kind, apiVersion)
            : null;
    }

    /// <summary>
    /// Reads a transformed object: its last manager is taken from the original, since the managedFields are no longer
    /// in the bytes.
    /// </summary>
    internal RawObject Recode(RawObject original, ReadOnlySpan<byte> utf8)
    {
        var (start, end) = ScanNamed(utf8, out var header);
        (header.Author, header.ChangedAt) = original.Change;
        return original.Kind.Length > 0
            ? Build(utf8, start, end, header, original.Kind, original.ApiVersion)
            : Build(utf8, start, end, header, null, null);
    }

    private (int Start, int End) ScanNamed(ReadOnlySpan<byte> utf8, out ObjectHeader header)
    {
        var range = Scan(utf8, out header);
        return string.IsNullOrEmpty(header.Name)
            ? throw new ObjectFormatException("not a Kubernetes object: it has no metadata.name")
            : range;
    }

    private RawObject Build(ReadOnlySpan<byte> utf8, int start, int end, ObjectHeader header, string? kind, string? apiVersion)
    {
        if (LeavesSecretsOut && SecretCopies.AreIn(utf8[header.Annotations]))
        {
            var without = new System.Buffers.ArrayBufferWriter<byte>(utf8.Length);
            System.Buffers.BuffersExtensions.Write(without, utf8[..header.Annotations.Start.Value]);
            SecretCopies.WriteWithout(utf8[header.Annotations], without);
            System.Buffers.BuffersExtensions.Write(without, utf8[header.Annotations.End.Value..]);
            utf8 = without.WrittenSpan;
            (start, end) = ScanNamed(utf8, out header);
        }

        var prefix = ReadOnlySpan<byte>.Empty;
        if (header.Kind is null && kind is not null && apiVersion is not null)
        {
            (header.Kind, header.ApiVersion, header.Type) = (kind, apiVersion, _scanner.Type(apiVersion, kind));
            prefix = TypeMeta(kind, apiVersion);
        }

        var json = Cut(utf8[start..end], header.ManagedFields.Start.Value - start, header.ManagedFields.End.Value - start, prefix);
        Validate(json);
        var (kept, template) = _templates.Pack(json, header);
        return new RawObject(kept, template, json.Length, header);
    }

    /// <summary>Reads the header alone (bookmarks, which have no name and are kept nowhere).</summary>
    internal (int Start, int End) Scan(ReadOnlySpan<byte> utf8, out ObjectHeader header)
    {
        var start = JsonScan.SkipWhiteSpace(utf8, 0);
        var end = _scanner.Scan(utf8, start, out header);
        return JsonScan.SkipWhiteSpace(utf8, end) == utf8.Length ? (start, end) : throw JsonScan.Malformed(utf8, end, "the end");
    }

    /// <summary>
    /// Copies the object without the member at [from, to) and one of the commas next to it, with the type in front.
    /// </summary>
    private ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> json, int from, int to, ReadOnlySpan<byte> prefix)
    {
        if (to > from && to > 0)
        {
            var before = from - 1;
            while (json[before] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            {
                before--;
            }

            if (json[before] == (byte)',')
            {
                from = before;
            }
            else
            {
                var after = JsonScan.SkipWhiteSpace(json, to);
                to = json[after] == (byte)',' ? JsonScan.SkipWhiteSpace(json, after + 1) : to;
            }
        }
        else
        {
            (from, to) = (json.Length, json.Length);
        }

        var length = json.Length - (to - from) + prefix.Length;
        if (_whole.Length < length)
        {
            _whole = GC.AllocateUninitializedArray<byte>((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length));
        }

        var kept = _whole.AsSpan(0, length);
        kept[0] = (byte)'{';
        prefix.CopyTo(kept[1..]);
        var rest = kept[(1 + prefix.Length)..];
        json[1..from].CopyTo(rest);
        json[to..].CopyTo(rest[(from - 1)..]);
        return kept;
    }

    /// <summary>
    /// The grammar of the kept parts: without this check an invalid event would reach subscribers as a broken line.
    /// </summary>
    private static void Validate(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            throw new ObjectFormatException("not a Kubernetes object: its bytes are not valid UTF-8");
        }

        var fault = JsonGrammar.FirstFault(json);
        if (fault >= 0)
        {
            throw new ObjectFormatException(
                $"not a Kubernetes object: its JSON is truncated or invalid at offset {fault} of {json.Length}"
            );
        }
    }

    private ReadOnlySpan<byte> TypeMeta(string kind, string apiVersion)
    {
        if (_typeMetaOf != (kind, apiVersion))
        {
            _typeMeta = Encoding.UTF8.GetBytes(
                $"\"kind\":\"{JsonEncodedText.Encode(kind)}\",\"apiVersion\":\"{JsonEncodedText.Encode(apiVersion)}\","
            );
            _typeMetaOf = (kind, apiVersion);
        }

        return _typeMeta;
    }
}
