namespace Vigia.Simulator;

/// <summary>How much the store remembers.</summary>
public sealed record ObjectStoreOptions
{
    /// <summary>Events kept per type for watches to resume from. Default 5,000.</summary>
    public int HistoryEvents { get; init; } = 5_000;

    /// <summary>
    /// Bytes of objects kept per type's history, packed, whichever limit is met first. Default 64 MiB.
    /// </summary>
    public long HistoryBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Bytes of objects kept in the history of all types together, packed: beyond it the oldest events go first,
    /// whatever their type. Default 32 MiB.
    /// </summary>
    public long TotalHistoryBytes { get; init; } = 32L << 20;
}
