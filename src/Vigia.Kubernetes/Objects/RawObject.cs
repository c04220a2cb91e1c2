using System.Buffers;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Objects.Headers;
using Vigia.Kubernetes.Objects.Packing;

namespace Vigia.Kubernetes;

/// <summary>
/// A Kubernetes object as the API server sent it (UTF-8 JSON without <c>metadata.managedFields</c>), with a small
/// parsed header.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Immutable once published, and thread-safe; <see cref="Projection"/> is the one slot that may be
/// filled later, with a value that depends on nothing but this version of the object. Repeated strings of the header
/// are shared. The JSON is exactly what the server sent, byte for byte (equal in meaning if it came as protobuf:
/// docs/decisions/0007), except for managedFields, and for <c>kind</c> and <c>apiVersion</c>, which the items of a list
/// lack and which are put in front.
/// </remarks>
public sealed class RawObject
{
    private const int Taken = 1;

    // Laid out for the number of objects in memory, not for readability: there are 10,000 of them at once.
    private readonly byte[] _kept;
    private readonly ObjectShape _shape;
    private readonly ChangeAuthor? _author;
    private readonly RareHeader? _rare;
    private readonly Guid _uuid;
    private readonly ulong _revision;
    private readonly uint _created;
    private readonly uint _changed;
    private ulong _addedRevision;
    private readonly int _length;
    private readonly int _generation;

    // 0 if no store has it; else its position in the store's list plus two.
    private int _position;

    internal RawObject(byte[] kept, BodyTemplate? template, int length, in ObjectHeader header)
    {
        (_kept, _length) = (kept, length);
        _shape = ObjectShape.Of(template, header);
        Key = new ObjectKey(header.Namespace ?? "", header.Name ?? "");
        _uuid = header.Uid.Uuid;
        _revision = header.ResourceVersion.Number;
        _created = Seconds(header.CreationTimestamp);
        (_author, _changed) = (header.Author, Seconds(header.ChangedAt));
        _generation = (int)Math.Clamp(header.Generation, int.MinValue, int.MaxValue);
        _rare = RareHeader.Of(header, _generation);
    }

    private RawObject(RawObject original, byte[] kept, int length)
    {
        (_kept, _length) = (kept, length);
        (Key, _shape, _uuid, _revision) = (original.Key, original._shape, original._uuid, original._revision);
        (_created, _author, _changed, _generation, _rare) = (
            original._created,
            original._author,
            original._changed,
            original._generation,
            original._rare
        );
        Projection = original.Projection;
        _position = Taken;
    }

    private RawObject(RawObject whole)
    {
        (Key, _shape, _uuid, _revision) = (whole.Key, whole._shape.WithoutTemplate(), whole._uuid, whole._revision);
        (_created, _author, _changed, _generation, _rare) = (whole._created, whole._author, whole._changed, whole._generation, whole._rare);
        (Projection, Sequence, AddedSequence, _addedRevision) = (
            whole.Projection,
            whole.Sequence,
            whole.AddedSequence,
            whole._addedRevision
        );
        _kept = HeaderWriter.Write(this);
        _length = _kept.Length;
    }

    /// <summary>Namespace (empty for a cluster-scoped object) and name.</summary>
    public ObjectKey Key { get; }

    /// <summary><c>metadata.namespace</c>; empty for a cluster-scoped object.</summary>
    public string Namespace => Key.Namespace;

    /// <summary><c>metadata.name</c>.</summary>
    public string Name => Key.Name;

    /// <summary>
    /// <c>metadata.uid</c> as text, created on demand; empty if the server sent none (some aggregated servers). To
    /// compare, use <see cref="Identity"/>.
    /// </summary>
    public string Uid => Identity.ToString();

    /// <summary><c>metadata.uid</c>: two objects of one key are the same object if this is equal.</summary>
    public ObjectUid Identity => ObjectUid.From(_uuid, _rare?.Uid);

    /// <summary><c>metadata.resourceVersion</c>.</summary>
    public ResourceVersion ResourceVersion => _rare?.ResourceVersion ?? ResourceVersion.FromNumberOrNone(_revision);

    /// <summary><c>apiVersion</c>, as <c>apps/v1</c>.</summary>
    public string ApiVersion => _shape.Type.ApiVersion;

    /// <summary><c>kind</c>, as <c>Deployment</c>.</summary>
    public string Kind => _shape.Type.Kind;

    /// <summary><c>metadata.labels</c>.</summary>
    public LabelSet Labels => _shape.Labels;

    /// <summary><c>metadata.ownerReferences</c>.</summary>
    public IReadOnlyList<OwnerReference> Owners => _shape.Owners;

    /// <summary><c>metadata.creationTimestamp</c>.</summary>
    public DateTimeOffset? CreationTimestamp => _rare?.CreationTimestamp ?? Time(_created);

    /// <summary><c>metadata.deletionTimestamp</c>; null unless the object is being deleted.</summary>
    public DateTimeOffset? DeletionTimestamp => _rare?.DeletionTimestamp;

    /// <summary><c>metadata.generation</c>; 0 if the kind has none.</summary>
    public long Generation => _rare?.Generation ?? _generation;

    /// <summary>The last change and its manager; null if the server sent no managedFields.</summary>
    public LastChange? LastChange =>
        _author is null ? null : new LastChange(_author.Manager, _author.Operation, Time(_changed), _author.Subresource);

    /// <summary>The source of <see cref="LastChange"/>.</summary>
    internal (ChangeAuthor? Author, DateTimeOffset? At) Change => (_author, Time(_changed));

    /// <summary>The JSON's length in bytes.</summary>
    public int Length => _length;

    /// <summary>
    /// The bytes of this version alone; bytes shared with others of its template are not counted. For statistics.
    /// </summary>
    public int KeptLength => _kept.Length;

    /// <summary>
    /// A catalog's projection of this version (a row). Set it to a value that is a function of this object alone: two
    /// threads may both project, and either result may stay.
    /// </summary>
    public object? Projection { get; set; }

    /// <summary>
    /// The store's own mark: the delta log's sequence number of the change that brought this version; 0 outside a
    /// store. Written by the store before the object can be seen by a reader.
    /// </summary>
    internal long Sequence { get; set; }

    /// <summary>The store's own mark: the sequence number at which an object with this uid was first added.</summary>
    internal long AddedSequence { get; set; }

    /// <summary>
    /// The store's own mark: the revision at which an object with this uid was first seen by the store.
    /// </summary>
    internal ResourceVersion AddedRevision
    {
        get => ResourceVersion.FromNumberOrNone(_addedRevision);
        // A version that is not a number cannot be compared, nor can the greatest, which means that no reader has seen
        // it.
        set => _addedRevision = value is { IsNumber: false, IsNone: false } && value != ResourceVersion.Any ? ulong.MaxValue : value.Number;
    }

    /// <summary>
    /// The store's own marks: its positions in the list of all and in that of its namespace, and the last list that
    /// contained it. For the store's writer alone.
    /// </summary>
    internal int Position
    {
        get => _position - Taken - 1;
        set => _position = value + Taken + 1;
    }

    /// <inheritdoc cref="Position"/>
    internal int NamespacePosition { get; set; }

    /// <inheritdoc cref="Position"/>
    internal int Listed { get; set; }

    /// <summary>
    /// Claims this instance for a store, once: false if a store has, or had, it already. Two stores cannot keep
    /// their marks in one instance.
    /// </summary>
    internal bool TryTake() => Interlocked.CompareExchange(ref _position, Taken, 0) == 0;

    /// <summary>Another instance of the same version, taken, that shares the bytes.</summary>
    internal RawObject Copy() => new(this, _kept, _length);

    private bool IsPacked => _shape.Template is { } template && !ReferenceEquals(_kept, template.Json);

    /// <summary>
    /// Opens the JSON for reading: <c>using var json = o.Open(); … json.Span …</c>. An object that is kept as its
    /// difference from a template is put together in a pooled buffer: about a microsecond for 10 KB.
    /// </summary>
    public Utf8Lease Open()
    {
        if (!IsPacked)
        {
            return new(_kept);
        }

        var rented = ArrayPool<byte>.Shared.Rent(_length);
        BodyCoder.Decode(_kept, _shape.Template!.Json, _uuid, rented.AsSpan(0, _length));
        return new(rented.AsSpan(0, _length), rented);
    }

    /// <summary>Copies the JSON unchanged.</summary>
    public void CopyTo(IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (!IsPacked)
        {
            destination.Write(_kept);
            return;
        }

        BodyCoder.Decode(_kept, _shape.Template!.Json, _uuid, destination.GetSpan(_length)[.._length]);
        destination.Advance(_length);
    }

    /// <summary>Reads one object.</summary>
    /// <param name="utf8">The JSON object; surrounding white space is allowed.</param>
    /// <param name="decoder">The decoder to use, which shares strings between objects; null for a fresh one.</param>
    /// <exception cref="ObjectFormatException">Not a JSON object with <c>metadata.name</c>.</exception>
    public static RawObject Parse(ReadOnlySpan<byte> utf8, ObjectDecoder? decoder = null) => (decoder ?? new ObjectDecoder()).Decode(utf8);

    /// <summary>
    /// The header and the projection without the body, for what must be remembered of a deleted object.
    /// </summary>
    internal RawObject WithoutBody() => new(this);

    /// <summary>
    /// Kubernetes' times are whole seconds (metav1.Time); 0 means none, and a time that does not fit is kept with the
    /// rare members.
    /// </summary>
    private static uint Seconds(DateTimeOffset? time) =>
        time is { } at && at.ToUnixTimeSeconds() is > 0 and <= uint.MaxValue and var seconds ? (uint)seconds : 0;

    private static DateTimeOffset? Time(uint seconds) => seconds == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(seconds);

    /// <summary>Kind, key and version, for messages.</summary>
    public override string ToString() => $"{Kind} {Key}@{ResourceVersion}";
}
