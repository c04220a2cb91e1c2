namespace Vigia.Simulator;

/// <summary>How large and how lively a simulated cluster is.</summary>
public sealed class SimulatedClusterOptions
{
    /// <summary>
    /// About how many pods <see cref="SimulatedCluster.Seed"/> makes. Default 300; tried up to 10,000.
    /// </summary>
    public int Pods { get; init; } = 300;

    /// <summary>The number of nodes. Default 12, at least 1.</summary>
    public int Nodes { get; init; } = 12;

    /// <summary>
    /// Writes per second the cluster aims at overall, controllers included. Default 5; 0 for no life of its own:
    /// controllers then only react.
    /// </summary>
    public double Rate { get; init; } = 5;

    /// <summary>The seed of all random decisions. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>
    /// True to put the annotation <c>bench/sent-at</c> (unix nanoseconds, as text) on pods that churn touches: for
    /// measuring delays. Default false.
    /// </summary>
    public bool StampSentAt { get; init; }
}
