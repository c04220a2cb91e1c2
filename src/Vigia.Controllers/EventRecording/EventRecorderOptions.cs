namespace Vigia.Controllers;

/// <summary>The limits and retries of a recorder. The defaults are client-go's.</summary>
public sealed class EventRecorderOptions
{
    /// <summary>The reporting program, for example <c>my-operator</c>.</summary>
    public required string Component { get; init; }

    /// <summary>Its instance, for example a node's or a pod's name. Default: none.</summary>
    public string Instance { get; init; } = "";

    /// <summary>Events that wait at most; more are dropped and counted. Default 1,000.</summary>
    public int QueueLength { get; init; } = 1000;

    /// <summary>
    /// For how many different events, groups and objects something is remembered. Default 4,096 each.
    /// </summary>
    public int CacheSize { get; init; } = 4096;

    /// <summary>
    /// The number of different messages with the same reason about the same object from which they become one combined
    /// event. Default 10: nine are written separately.
    /// </summary>
    public int SimilarBeforeFolding { get; init; } = 10;

    /// <summary>A group without an event for longer than this starts again. Default 10 minutes.</summary>
    public TimeSpan FoldingInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many events about one object pass at once. Default 25.</summary>
    public int Burst { get; init; } = 25;

    /// <summary>After which one more passes. Default 5 minutes.</summary>
    public TimeSpan RefillInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often one event is tried at most. Default 12.</summary>
    public int Tries { get; init; } = 12;

    /// <summary>
    /// Between two tries; the first such pause is cut at random, so that not all programs come back at once. Default 10
    /// s.
    /// </summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long disposal waits for queued events; each event is tried once then. Default 5 s.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Letters of a message; the rest is cut. Default 1,024, the limit of <c>events.k8s.io</c>.</summary>
    public int MessageLength { get; init; } = 1024;

    /// <summary>The seed of the first pause. Default 1; use different ones for instances.</summary>
    public int Seed { get; init; } = 1;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Component);
        ArgumentNullException.ThrowIfNull(Instance);
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(CacheSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SimilarBeforeFolding, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(FoldingInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Burst, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RefillInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Tries, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryPause, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(StopTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MessageLength, 1);
    }
}
