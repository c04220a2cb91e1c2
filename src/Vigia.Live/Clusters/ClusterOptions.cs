namespace Vigia.Live.Clusters;

/// <summary>How clusters are looked after.</summary>
public sealed record ClusterOptions
{
    /// <summary>
    /// The first wait after a failed discovery; doubled up to <see cref="LongestRetry"/>. Default 1 s.
    /// </summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest such wait. Default 30 s.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The interval of discovery, in addition to the watch of CustomResourceDefinitions. Default 5 min.
    /// </summary>
    public TimeSpan Discovery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The same where the definitions may not be watched: then this alone finds custom resources. Default 30 s.
    /// </summary>
    public TimeSpan DiscoveryWithoutDefinitions { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether custom resources that are not in the catalog are found and served. Default true.</summary>
    public bool CustomResources { get; init; } = true;

    /// <summary>
    /// Whether the definition of a custom resource is read only when that resource is asked for by its name
    /// (<see cref="ClusterSession.ReadDefinitionAsync"/>). For a program that shows a few of them: a cluster may define
    /// hundreds. Default false: all are read.
    /// </summary>
    internal bool CustomResourcesOnDemand { get; init; }

    /// <summary>
    /// Whether tier 1 is loaded at once in the version that its entry names first, before the server was asked what it
    /// has. Default false.
    /// </summary>
    internal bool LoadsBeforeDiscovery { get; init; }

    /// <summary>
    /// Whether a resource that may not be read in all namespaces is read in the context's own. Default false.
    /// </summary>
    internal bool NarrowsWhenDenied { get; init; }

    /// <summary>
    /// The one namespace to watch, for gateways without rights on the whole cluster; null (default) for all.
    /// </summary>
    public string? Namespace { get; init; }
}
