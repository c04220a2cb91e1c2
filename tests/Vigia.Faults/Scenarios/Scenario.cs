namespace Vigia.Faults.Scenarios;

/// <summary>A fault, and what is expected of the gateways while it lasts.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="What">What is done, in a sentence.</param>
/// <param name="Act">Does it: breaks, holds, heals.</param>
internal sealed record Scenario(string Name, string What, Func<FaultRun, CancellationToken, Task> Act)
{
    /// <summary>Whether the gateways ask the cluster who callers are and what they may see.</summary>
    public bool Reviews { get; init; }

    /// <summary>Whether the gateways speak TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>Whether watches last seconds: what is taken away shows when a watch is opened again.</summary>
    public bool ShortWatches { get; init; }

    /// <summary>Whether the gateways can be cut off from a server that goes on (<see cref="FaultRun.Gate"/>).</summary>
    public bool Gated { get; init; }

    /// <summary>Whether the gateways' cluster is another gateway (<see cref="FaultRun.Core"/>).</summary>
    public bool Edge { get; init; }

    /// <summary>Whether etcd is compacted, which API servers answer differently.</summary>
    public bool Compacts { get; init; }

    /// <summary>
    /// After which time nothing may be shown as live until the fault ends; null where what is held stays live.
    /// </summary>
    public Func<FaultOptions, TimeSpan?> StaleWithin { get; init; } = _ => null;

    /// <summary>What else must hold.</summary>
    public Func<FaultRun, IEnumerable<string>> Also { get; init; } = _ => [];
}
