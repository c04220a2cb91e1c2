using Vigia.Simulator.Faults;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator.Requests;

/// <summary>
/// The server that a request was led to by a <see cref="FaultKind.Stale"/> fault: its watch cache lags until the fault
/// is taken away.
/// </summary>
internal sealed class Replica(StandingFault standing)
{
    private readonly ReplicaLag _lag = new(
        standing.Fault.Behind,
        standing.Fault.BehindTime is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
        standing.Fault.AtRevision
    );

    /// <summary>How far it is behind; null when it has caught up.</summary>
    public ReplicaLag? Lag => standing.IsRemoved ? null : _lag;

    /// <summary>The shape of its refusals.</summary>
    public TooLargeForm TooLarge => standing.Fault.TooLarge;
}
