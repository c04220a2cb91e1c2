namespace Vigia.Kubernetes;

/// <summary>The part of a resource to list and watch, with limits of time and memory.</summary>
public sealed class ListerWatcherOptions
{
    /// <summary>One namespace; null (default) for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Label selector, evaluated by the server; null for everything.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>
    /// Field selector, evaluated by the server, which supports few fields per kind; null for everything.
    /// </summary>
    public string? FieldSelector { get; init; }

    /// <summary>
    /// True to request metadata only (PartialObjectMetadata): for Secrets, and wherever the rest is not needed. Default
    /// false.
    /// </summary>
    public bool MetadataOnly { get; init; }

    /// <summary>In which form objects come over the wire. Default <see cref="WireEncoding.Auto"/>.</summary>
    public WireEncoding Encoding { get; init; }

    /// <summary>How long a list may go without a byte before the connection is taken for dead. Default 30 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The largest object accepted, in bytes. Default 64 MiB: etcd's own limit is 1.5 MB by default, aggregated servers
    /// have others.
    /// </summary>
    public int LargestObject { get; init; } = 64 << 20;
}
