namespace Vigia.Terminal.Overview;

/// <summary>The overview's figures.</summary>
/// <param name="Kinds">Kind by kind.</param>
/// <param name="Warnings">The latest warnings, the last one first.</param>
/// <param name="Causes">What is not well, each with the root reason in a line.</param>
internal sealed record PulseMeasurements(
    IReadOnlyList<KindMeasurements> Kinds,
    IReadOnlyList<WarningLine> Warnings,
    IReadOnlyList<CauseLine> Causes
)
{
    public static PulseMeasurements None { get; } = new([], [], []);
}

/// <summary>A kind's figures.</summary>
/// <param name="Name">The resource.</param>
/// <param name="Total">Objects.</param>
/// <param name="Faults">Those that are not well.</param>
/// <param name="Rates">Changes per second over the last minutes, the latest last.</param>
/// <param name="Trouble">Why it is not live, or how far it is loaded; null where it is live.</param>
internal sealed record KindMeasurements(string Name, int Total, int Faults, IReadOnlyList<double> Rates, string? Trouble = null);

/// <summary>A warning.</summary>
internal sealed record WarningLine(DateTimeOffset? Time, string Cluster, string Object, string Reason, string Message, long Count);

/// <summary>A workload that is not well, and why.</summary>
internal sealed record CauseLine(string Object, string Cause, bool IsBad);
