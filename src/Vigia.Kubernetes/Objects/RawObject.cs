using System.Buffers;

namespace Vigia.Kubernetes.Objects;

/// <summary>
/// A Kubernetes object as the API server sent it (UTF-8 JSON less <c>metadata.managedFields</c>), beside a small parsed header.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Immutable once published and safe on any thread; <see cref="Projection"/> is the one slot that may be filled later, with a
/// value that depends on nothing but this version of the object. Strings of the header that repeat are shared. The JSON is exactly what the server
/// sent, byte for byte, but for managedFields, and for <c>kind</c> and <c>apiVersion</c>, which the items of a list lack and which are put in front.
/// </remarks>
public sealed class RawObject
{
    private readonly byte[] _json;

    internal RawObject(byte[] json, in ObjectHeader header)
    {
        _json = json;
        Key = new ObjectKey(header.Namespace ?? "", header.Name ?? "");
        Uid = header.Uid ?? "";
        ResourceVersion = header.ResourceVersion;
        ApiVersion = header.ApiVersion ?? "";
        Kind = header.Kind ?? "";
        Labels = header.Labels ?? LabelSet.Empty;
        Owners = header.Owners ?? [];
        CreationTimestamp = header.CreationTimestamp;
        DeletionTimestamp = header.DeletionTimestamp;
        Generation = header.Generation;
        LastChange = header.LastChange;
    }

    private RawObject(RawObject whole)
    {
        (Key, Uid, ResourceVersion, ApiVersion, Kind) = (whole.Key, whole.Uid, whole.ResourceVersion, whole.ApiVersion, whole.Kind);
        (Labels, Owners, LastChange, Generation) = (whole.Labels, whole.Owners, whole.LastChange, whole.Generation);
        (CreationTimestamp, DeletionTimestamp, Projection) = (whole.CreationTimestamp, whole.DeletionTimestamp, whole.Projection);
        (Sequence, AddedSequence, AddedRevision) = (whole.Sequence, whole.AddedSequence, whole.AddedRevision);
        _json = HeaderWriter.Write(this);
    }

    /// <summary>Namespace (empty for a cluster-scoped object) and name.</summary>
    public ObjectKey Key { get; }

    /// <summary><c>metadata.namespace</c>; empty for a cluster-scoped object.</summary>
    public string Namespace => Key.Namespace;

    /// <summary><c>metadata.name</c>.</summary>
    public string Name => Key.Name;

    /// <summary><c>metadata.uid</c>; empty where the server sent none (some aggregated servers).</summary>
    public string Uid { get; }

    /// <summary><c>metadata.resourceVersion</c>.</summary>
    public ResourceVersion ResourceVersion { get; }

    /// <summary><c>apiVersion</c>, as <c>apps/v1</c>.</summary>
    public string ApiVersion { get; }

    /// <summary><c>kind</c>, as <c>Deployment</c>.</summary>
    public string Kind { get; }

    /// <summary><c>metadata.labels</c>.</summary>
    public LabelSet Labels { get; }

    /// <summary><c>metadata.ownerReferences</c>.</summary>
    public IReadOnlyList<OwnerReference> Owners { get; }

    /// <summary><c>metadata.creationTimestamp</c>.</summary>
    public DateTimeOffset? CreationTimestamp { get; }

    /// <summary><c>metadata.deletionTimestamp</c>; null unless the object is being deleted.</summary>
    public DateTimeOffset? DeletionTimestamp { get; }

    /// <summary><c>metadata.generation</c>; 0 where the kind has none.</summary>
    public long Generation { get; }

    /// <summary>Who made the last change; null where the server sent no managedFields.</summary>
    public LastChange? LastChange { get; }

    /// <summary>The JSON's length in bytes.</summary>
    public int Length => _json.Length;

    /// <summary>
    /// What a catalog projected of this version (a row), kept beside it. Set it to a value that is a function of this object alone: two threads may
    /// both project, and either result may stay.
    /// </summary>
    public object? Projection { get; set; }

    /// <summary>
    /// The store's own mark: the delta log's sequence number of the change that brought this version; 0 outside a store.
    /// Written by the store before the object can be seen by a reader.
    /// </summary>
    internal long Sequence { get; set; }

    /// <summary>The store's own mark: the sequence number at which an object with this uid was first added.</summary>
    internal long AddedSequence { get; set; }

    /// <summary>The store's own mark: the revision at which an object with this uid was first seen by the store.</summary>
    internal ResourceVersion AddedRevision { get; set; }

    /// <summary>Opens the JSON for reading: <c>using var json = o.Open(); … json.Span …</c>.</summary>
    public Utf8Lease Open() => new(_json);

    /// <summary>Copies the JSON as it stands.</summary>
    public void CopyTo(IBufferWriter<byte> destination) => destination.Write(_json);

    /// <summary>Reads one object.</summary>
    /// <param name="utf8">The JSON object; surrounding white space is allowed.</param>
    /// <param name="decoder">The decoder to use, which shares strings between objects; null for a fresh one.</param>
    /// <exception cref="ObjectFormatException">Not a JSON object with <c>metadata.name</c>.</exception>
    public static RawObject Parse(ReadOnlySpan<byte> utf8, ObjectDecoder? decoder = null) => (decoder ?? new ObjectDecoder()).Decode(utf8);

    /// <summary>The header and the projection without the body, for what must be remembered of a deleted object.</summary>
    internal RawObject WithoutBody() => new(this);

    /// <summary>Kind, key and version, for messages.</summary>
    public override string ToString() => $"{Kind} {Key}@{ResourceVersion}";
}
