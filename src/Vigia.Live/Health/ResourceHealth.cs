using Vigia.Live.Clusters;

namespace Vigia.Live.Health;

/// <summary>A resource of a cluster as the last check found it. Immutable.</summary>
/// <param name="Feed">The resource.</param>
/// <param name="State">
/// <c>syncing</c>, <c>synced</c>, <c>denied</c>, <c>failing</c> …: the words that every surface uses.
/// </param>
/// <param name="IsLive">True if the cache is complete and live.</param>
/// <param name="Circuit">Its own circuit: open after five failures in a row.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="Reason">Why it is not live; null if it is.</param>
/// <param name="Age">Since the last event or bookmark; null if there was none yet.</param>
/// <param name="IsSilent">True if it is live and that is longer than allowed.</param>
public sealed record ResourceHealth(
    ResourceFeed Feed,
    string State,
    bool IsLive,
    CircuitState Circuit,
    int Failures,
    string? Reason,
    TimeSpan? Age,
    bool IsSilent
);
