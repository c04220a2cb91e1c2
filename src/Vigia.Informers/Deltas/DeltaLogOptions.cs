namespace Vigia.Informers;

/// <summary>
/// How much a delta log keeps. What no longer fits is folded for those who have not read it; nothing is lost.
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
    /// How far back somebody may come with a cursor or revision and be told each step since; older ones are refused, as
    /// an API server refuses revisions that were compacted. Default zero: no limit.
    /// </summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>Deletions remembered (without their bodies) for those who are caught up. Default 16,384.</summary>
    public int Tombstones { get; init; } = 16_384;
}
