namespace Vigia.Live.Health;

/// <summary>A cluster as the last check found it. Immutable.</summary>
/// <param name="Cluster">Its name.</param>
/// <param name="Status">
/// <c>healthy</c>: all requested resources are live; <c>degraded</c>: some are not; <c>failing</c>: none is;
/// <c>loading</c>: the first lists are loading.
/// </param>
/// <param name="Reason">Why it is not healthy, in words; null if it is.</param>
/// <param name="Since">The start of the current status.</param>
/// <param name="Circuit">
/// Open if the cluster is unavailable, or five requests in a row have failed for a resource and none is live.
/// </param>
/// <param name="Failures">Probes that failed in a row.</param>
/// <param name="Checked">When it was checked.</param>
/// <param name="LastProbe">When it was last probed; null if there was no need.</param>
/// <param name="NextProbe">The time of the next probe; null if none is needed.</param>
/// <param name="Recoveries">How often it came back since the start.</param>
/// <param name="Resources">The requested resources.</param>
public sealed record ClusterHealth(
    string Cluster,
    string Status,
    string? Reason,
    DateTimeOffset Since,
    CircuitState Circuit,
    int Failures,
    DateTimeOffset Checked,
    DateTimeOffset? LastProbe,
    DateTimeOffset? NextProbe,
    long Recoveries,
    IReadOnlyList<ResourceHealth> Resources
);
