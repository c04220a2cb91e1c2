using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator;

/// <summary>
/// One version of an object: its full JSON as UTF-8 (managedFields included), with the values that selectors and the
/// store need.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Immutable and thread-safe. Lists and watches copy <see cref="Utf8"/>; nothing is
/// serialised to be served.
/// </remarks>
public sealed class StoredObject
{
    private readonly string?[] _fields;
    private object _body; // the bytes, or a PackedBody of them
    private object? _projection;

    internal StoredObject(ResourceType type, byte[] json, long revision, bool hasSortedFields = false)
    {
        HasSortedFields = hasSortedFields;
        Type = type;
        _body = json;
        Revision = revision;
        var header = HeaderScan.Read(json, type.Fields);
        Key = new ObjectKey(header.Namespace ?? "", header.Name ?? "");
        Uid = header.Uid ?? "";
        Labels = header.Labels is null ? LabelSet.Empty : LabelSet.Create(header.Labels);
        OwnerUids = header.OwnerUids is null ? [] : [.. header.OwnerUids];
        Finalizers = header.Finalizers is null ? [] : [.. header.Finalizers];
        IsDeleting = header.IsDeleting;
        RevisionRange = header.ResourceVersion;
        _fields = header.Fields;
    }

    private StoredObject(StoredObject same, byte[] json, long revision, int revisionLength)
    {
        (_body, _fields, Revision) = (json, same._fields, revision);
        (Type, Key, Uid, Labels) = (same.Type, same.Key, same.Uid, same.Labels);
        (OwnerUids, Finalizers, IsDeleting, HasSortedFields) = (same.OwnerUids, same.Finalizers, same.IsDeleting, same.HasSortedFields);
        var start = same.RevisionRange.Start.Value;
        RevisionRange = start..(start + revisionLength);
    }

    /// <summary>The type it is stored under.</summary>
    public ResourceType Type { get; }

    /// <summary>Namespace (empty for a cluster-scoped object) and name.</summary>
    public ObjectKey Key { get; }

    /// <summary><c>metadata.uid</c>.</summary>
    public string Uid { get; }

    /// <summary>The store's revision that wrote this version: <c>metadata.resourceVersion</c>.</summary>
    public long Revision { get; }

    /// <summary><c>metadata.labels</c>.</summary>
    public LabelSet Labels { get; }

    /// <summary>True if <c>metadata.deletionTimestamp</c> is set.</summary>
    public bool IsDeleting { get; }

    /// <summary><c>metadata.finalizers</c>.</summary>
    public IReadOnlyList<string> Finalizers { get; }

    /// <summary>The uids of <c>metadata.ownerReferences</c>.</summary>
    public IReadOnlyList<string> OwnerUids { get; }

    /// <summary>The whole object as UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Utf8 => Bytes;

    internal byte[] Bytes => Volatile.Read(ref _body) is var body && body is byte[] plain ? plain : ((PackedBody)body).Unpack();

    /// <summary>True if the store wrote its managedFields, which then need not be sorted again.</summary>
    internal bool HasSortedFields { get; }

    /// <summary>The bytes of memory that its JSON takes.</summary>
    internal int KeptLength => Volatile.Read(ref _body) is var body && body is byte[] plain ? plain.Length : ((PackedBody)body).Length;

    /// <summary>
    /// The position of the text of <c>metadata.resourceVersion</c> (without its quotes); empty if it is missing.
    /// </summary>
    internal Range RevisionRange { get; }

    /// <summary>Parses the JSON into a fresh graph, which the caller may change.</summary>
    public JsonObject ToJson() => JsonNode.Parse(Bytes)!.AsObject();

    /// <summary>
    /// The value of a selectable field; null for a path that the type does not offer, empty if the object lacks it.
    /// </summary>
    public string? Field(string path)
    {
        switch (path)
        {
            case "metadata.name":
                return Key.Name;
            case "metadata.namespace":
                return Key.Namespace;
        }

        for (var slot = 0; slot < Type.SelectableFields.Count; slot++)
        {
            if (Type.SelectableFields[slot] == path)
            {
                return _fields[slot] ?? "";
            }
        }

        return null;
    }

    /// <summary>A value derived from this version alone (a table row), made once and kept.</summary>
    internal T Projected<T>(Func<StoredObject, T> project)
        where T : class
    {
        if (_projection is T known)
        {
            return known;
        }

        var made = project(this);
        _projection = made;
        return made;
    }

    /// <summary>The same object under another revision, for a deletion. Bytes are copied, nothing is parsed.</summary>
    internal StoredObject WithRevision(long revision)
    {
        var json = Bytes;
        var (start, length) = RevisionRange.GetOffsetAndLength(json.Length);
        var text = Encoding.ASCII.GetBytes(revision.ToString(CultureInfo.InvariantCulture));
        var copy = new byte[json.Length - length + text.Length];
        json.AsSpan(0, start).CopyTo(copy);
        text.CopyTo(copy.AsSpan(start));
        json.AsSpan(start + length).CopyTo(copy.AsSpan(start + text.Length));
        return new StoredObject(this, copy, revision, text.Length);
    }

    /// <summary>
    /// Packs its JSON, for a version that history alone still holds: read again it is unpacked, each time.
    /// </summary>
    internal void Pack()
    {
        _projection = null;
        if (Volatile.Read(ref _body) is byte[] plain && PackedBody.Pack(plain) is { } packed)
        {
            Volatile.Write(ref _body, packed);
        }
    }

    /// <summary>Kind, key and revision, for messages.</summary>
    public override string ToString() => $"{Type.Kind} {Key}@{Revision}";
}
