namespace Vigia.Controllers;

/// <summary>How a <see cref="WorkQueue{TKey}"/> works.</summary>
/// <typeparam name="TKey">The key.</typeparam>
public sealed class WorkQueueOptions<TKey>
    where TKey : notnull
{
    /// <summary>
    /// The queue's name in metrics (tag <c>name</c>); null (default) for a queue without metrics, as in client-go.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>How long failed keys wait; null (default) for <see cref="RateLimiters.Default"/>.</summary>
    public IRateLimiter<TKey>? RateLimiter { get; init; }

    /// <summary>Called when a key that waited for its time could not be added because its equality threw.</summary>
    internal Action<Exception>? OnLostKey { get; init; }

    /// <summary>Compares keys; null (default) for the type's own comparer.</summary>
    public IEqualityComparer<TKey>? Comparer { get; init; }

    /// <summary>
    /// A lane that was passed over this many times in a row while it had work is served next, whatever waits above it:
    /// under any load, every n-th key is one that has waited longest below. Default 10; 1 serves lanes in turn.
    /// </summary>
    public int FairnessInterval { get; init; } = 10;
}
