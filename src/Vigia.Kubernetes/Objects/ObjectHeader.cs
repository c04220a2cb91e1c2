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

    /// <summary>Where <c>metadata.annotations</c>' value stands in the JSON; empty where there are none.</summary>
    public Range Annotations;

    /// <summary>Where the <c>managedFields</c> member (name and value) stands in the JSON; empty where there is none.</summary>
    public Range ManagedFields;
}
