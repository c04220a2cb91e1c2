namespace Vigia.Controllers;

/// <summary>
/// Says how long a key that failed waits before it is tried again (client-go's <c>TypedRateLimiter</c>). Safe on any
/// thread.
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
public interface IRateLimiter<in TKey>
    where TKey : notnull
{
    /// <summary>
    /// Counts a failure of the key and says how long it waits; never negative, zero for at once. With <see
    /// cref="TimeSpan.MaxValue"/> it is not tried again until it is added for another reason.
    /// </summary>
    TimeSpan When(TKey key);

    /// <summary>The key succeeded, or is given up: its failures are forgotten. Queued keys are not affected.</summary>
    void Forget(TKey key);

    /// <summary>
    /// How often <see cref="When"/> was called for the key since it was last forgotten; 0 for a limiter that does not
    /// count keys.
    /// </summary>
    int NumRequeues(TKey key);
}
