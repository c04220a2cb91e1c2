namespace Vigia.Kubernetes.Objects;

/// <summary>What the header scan finds in an object's JSON, before it becomes a <see cref="RawObject"/>.</summary>
internal struct ObjectHeader
{
    public string? ApiVersion;
    public string? Kind;
    public string? Namespace;
    public string? Name;
    public string? Uid;
    public ResourceVersion ResourceVersion;
    public LabelSet? Labels;
    public OwnerReference[]? Owners;
    public DateTimeOffset? CreationTimestamp;
    public DateTimeOffset? DeletionTimestamp;
    public long Generation;
    public LastChange? LastChange;

    /// <summary>Where the <c>managedFields</c> member stands in the JSON, with one of its commas; empty where there is none.</summary>
    public Range ManagedFields;
}
