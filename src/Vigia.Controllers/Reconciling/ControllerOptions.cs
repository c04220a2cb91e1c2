namespace Vigia.Controllers;

/// <summary>How a <see cref="Controller{TKey}"/> works.</summary>
/// <typeparam name="TKey">The key.</typeparam>
public sealed class ControllerOptions<TKey>
    where TKey : notnull
{
    /// <summary>The number of workers. Default 1.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>
    /// The interval at which all cached objects are reconciled again, with low priority and without a request
    /// (client-go's resync). Null (default) for never: no change is missed, so this is for controllers that also act on
    /// systems outside of Kubernetes.
    /// </summary>
    public TimeSpan? Resync { get; init; }

    /// <summary>The timeout of the first lists; null (default) for none.</summary>
    public TimeSpan? SyncTimeout { get; init; }

    /// <summary>
    /// How long waiting keys and keys in work may continue after a stop; then their tokens are cancelled. Default 30 s;
    /// <see cref="Timeout.InfiniteTimeSpan"/> for no limit. Zero for a controller that must not act after a stop, for
    /// example a leader that lost its lease.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Creates the rate limiter of failed keys, a new one for each run; null (default) for
    /// <see cref="RateLimiters.Default"/>. If a limiter throws or returns a negative wait, the key waits for 5 s
    /// instead; that is logged.
    /// </summary>
    public Func<IRateLimiter<TKey>>? RateLimiter { get; init; }

    /// <summary>
    /// The maximum number of keys that a function given to <see cref="ControllerBuilder{TKey}.Watches"/> may return for
    /// one change. Default 100,000. Further keys, for example of an endless sequence, are not added; the change is
    /// counted in <see cref="ControllerSnapshot.Lost"/> and logged.
    /// </summary>
    public int MaxKeysPerChange { get; init; } = 100_000;

    /// <summary>
    /// The scheduler of workers and resyncs. Default the thread pool; a simulation passes its own, and calls
    /// <see cref="Controller{TKey}.RunAsync"/> on it, so that a run can be repeated exactly.
    /// </summary>
    public TaskScheduler Scheduler { get; init; } = TaskScheduler.Default;

    /// <summary>As <see cref="WorkQueueOptions{TKey}.FairnessInterval"/>.</summary>
    public int FairnessInterval { get; init; } = 10;

    /// <summary>Compares keys; null (default) for the type's own comparer.</summary>
    public IEqualityComparer<TKey>? Comparer { get; init; }
}
