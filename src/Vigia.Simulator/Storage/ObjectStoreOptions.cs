namespace Vigia.Simulator.Storage;

/// <summary>How much the store remembers.</summary>
public sealed record ObjectStoreOptions
{
    /// <summary>Events kept per type for watches to resume from. Default 5,000.</summary>
    public int HistoryEvents { get; init; } = 5_000;

    /// <summary>Bytes of objects kept per type's history, whichever limit is met first. Default 64 MiB.</summary>
    public long HistoryBytes { get; init; } = 64L << 20;
}
