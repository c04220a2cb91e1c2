using System.Collections.Concurrent;

namespace Vigia.Controllers;

/// <summary>
/// A short wait for a key's first failures, a long one after (client-go's <c>TypedItemFastSlowRateLimiter</c>).
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
public sealed class ItemFastSlowRateLimiter<TKey> : IRateLimiter<TKey>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, int> _failures;
    private readonly TimeSpan _fast;
    private readonly TimeSpan _slow;
    private readonly int _fastAttempts;

    /// <summary>Creates a limiter.</summary>
    /// <param name="fast">The wait after each of the first failures.</param>
    /// <param name="slow">The wait after later ones.</param>
    /// <param name="fastAttempts">How many failures are the first ones.</param>
    /// <param name="comparer">Compares keys; null for the type's own comparer.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative argument.</exception>
    public ItemFastSlowRateLimiter(TimeSpan fast, TimeSpan slow, int fastAttempts, IEqualityComparer<TKey>? comparer = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fast, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(slow, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(fastAttempts);
        (_fast, _slow, _fastAttempts) = (fast, slow, fastAttempts);
        _failures = new(comparer);
    }

    /// <inheritdoc/>
    public TimeSpan When(TKey key) =>
        _failures.AddOrUpdate(key, 1, static (_, held) => held == int.MaxValue ? held : held + 1) <= _fastAttempts ? _fast : _slow;

    /// <inheritdoc/>
    public void Forget(TKey key) => _failures.TryRemove(key, out _);

    /// <inheritdoc/>
    public int NumRequeues(TKey key) => _failures.GetValueOrDefault(key);
}
