namespace Vigia.Controllers;

/// <summary>The default rate limiters of controllers.</summary>
public static class RateLimiters
{
    /// <summary>
    /// Per key 5 ms, doubled up to 1000 s; overall 10 retries a second after a burst of 100; the longer of both
    /// (client-go's <c>DefaultTypedControllerRateLimiter</c>).
    /// </summary>
    public static IRateLimiter<TKey> Default<TKey>(TimeProvider? time = null, IEqualityComparer<TKey>? comparer = null)
        where TKey : notnull =>
        new MaxOfRateLimiter<TKey>(new ItemExponentialRateLimiter<TKey>(comparer: comparer), new BucketRateLimiter<TKey>(time: time));

    /// <summary>
    /// Per key only, 1 ms doubled up to 1000 s (client-go's <c>DefaultTypedItemBasedRateLimiter</c>): for controllers
    /// whose keys fail by the thousand and should not wait for one another.
    /// </summary>
    public static IRateLimiter<TKey> PerItem<TKey>(IEqualityComparer<TKey>? comparer = null)
        where TKey : notnull => new ItemExponentialRateLimiter<TKey>(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1000), comparer);
}
