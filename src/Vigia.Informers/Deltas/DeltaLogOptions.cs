namespace Vigia.Informers;

/// <summary>
/// How much a delta log keeps. Older changes are folded for readers that have not read them; no object's latest state
/// is lost.
/// </summary>
public sealed class DeltaLogOptions
{
    /// <summary>Deltas kept. Default 8,192; a power of two is not required.</summary>
    public int Capacity { get; init; } = 8192;

    /// <summary>
    /// Bytes of object versions kept alive by the log, about. Default 32 MiB: 3,000 changes of heavy pods.
    /// </summary>
    public long MaxBytes { get; init; } = 32L << 20;

    /// <summary>
    /// The longest time for which a reader can resume with a cursor or a revision and receive each step since; older
    /// ones are refused, as an API server refuses compacted revisions. Default zero: no limit.
    /// </summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>Deletions remembered (without their bodies) for readers that are caught up. Default 16,384.</summary>
    public int Tombstones { get; init; } = 16_384;
}
