using Vigia.Informers;

namespace Vigia.Live.Health;

/// <summary>
/// How a gateway watches over its clusters. The waits of single requests and the circuit's threshold are the informers'
/// (<see cref="BackoffOptions"/>).
/// </summary>
public sealed record HealthOptions
{
    /// <summary>
    /// How often every cluster and resource is checked, and the pace of the single probe of a cluster whose circuit is
    /// open. Default 30 s.
    /// </summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a cluster may take to answer a probe. Default 5 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// After so long without an event or a bookmark a resource that is live is said to be silent: servers send a
    /// bookmark about every minute. Default 10 min.
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(10);
}
