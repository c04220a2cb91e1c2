namespace Vigia.Kubernetes.Objects.Headers;

/// <summary>The result of the header scan of an object's JSON, before it becomes a <see cref="RawObject"/>.</summary>
internal struct ObjectHeader
{
    public TypeMeta? Type;
    public string? ApiVersion;
    public string? Kind;
    public string? Namespace;
    public string? Name;
    public ObjectUid Uid;
    public ResourceVersion ResourceVersion;
    public LabelSet? Labels;
    public OwnerReference[]? Owners;
    public DateTimeOffset? CreationTimestamp;
    public DateTimeOffset? DeletionTimestamp;
    public long Generation;
    public ChangeAuthor? Author;
    public DateTimeOffset? ChangedAt;

    /// <summary>The position of <c>metadata.annotations</c>' value in the JSON; empty if there are none.</summary>
    public Range Annotations;

    /// <summary>
    /// The position of the <c>managedFields</c> member (name and value) in the JSON; empty if there is none.
    /// </summary>
    public Range ManagedFields;
}

/// <summary><c>apiVersion</c> and <c>kind</c>, one for all objects of a stream.</summary>
internal sealed record TypeMeta(string ApiVersion, string Kind)
{
    public static TypeMeta Unknown { get; } = new("", "");
}

/// <summary>The field managers: about ten in a cluster.</summary>
internal sealed record ChangeAuthor(string Manager, string Operation, string? Subresource);

/// <summary>Rare members, kept separately so that other objects do not pay for them.</summary>
internal sealed record RareHeader(
    string? Uid,
    ResourceVersion? ResourceVersion,
    DateTimeOffset? CreationTimestamp,
    DateTimeOffset? DeletionTimestamp,
    long? Generation
)
{
    public static RareHeader? Of(in ObjectHeader header, int generation)
    {
        ResourceVersion? revision = header.ResourceVersion.IsNumber || header.ResourceVersion.IsNone ? null : header.ResourceVersion;
        long? longer = generation == header.Generation ? null : header.Generation;
        var created =
            header.CreationTimestamp is { } at
            && (at.Ticks % TimeSpan.TicksPerSecond != 0 || at.ToUnixTimeSeconds() is <= 0 or > uint.MaxValue)
                ? at
                : (DateTimeOffset?)null;
        return header.Uid.Text is null && revision is null && created is null && header.DeletionTimestamp is null && longer is null
            ? null
            : new(header.Uid.Text, revision, created, header.DeletionTimestamp, longer);
    }
}
