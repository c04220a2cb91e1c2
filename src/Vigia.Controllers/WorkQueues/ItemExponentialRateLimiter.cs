using System.Collections.Concurrent;

namespace Vigia.Controllers;

/// <summary>
/// Doubles a key's wait with each failure: base × 2ⁿ, up to a maximum (client-go's
/// <c>TypedItemExponentialFailureRateLimiter</c>). No jitter: a key's own failures do not coincide with another's.
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
public sealed class ItemExponentialRateLimiter<TKey> : IRateLimiter<TKey>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, int> _failures;
    private readonly TimeSpan _first;
    private readonly TimeSpan _longest;

    /// <summary>Creates a limiter.</summary>
    /// <param name="first">The wait after the first failure. Default 5 ms, client-go's for controllers.</param>
    /// <param name="longest">The longest wait. Default 1000 s, client-go's.</param>
    /// <param name="comparer">Compares keys; null for the type's own comparer.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A first wait of zero or less, or a longest that is shorter.
    /// </exception>
    public ItemExponentialRateLimiter(TimeSpan? first = null, TimeSpan? longest = null, IEqualityComparer<TKey>? comparer = null)
    {
        (_first, _longest) = (first ?? TimeSpan.FromMilliseconds(5), longest ?? TimeSpan.FromSeconds(1000));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_first, TimeSpan.Zero, nameof(first));
        ArgumentOutOfRangeException.ThrowIfLessThan(_longest, _first, nameof(longest));
        _failures = new(comparer);
    }

    /// <inheritdoc/>
    public TimeSpan When(TKey key)
    {
        var failures = _failures.AddOrUpdate(key, 1, static (_, held) => held == int.MaxValue ? held : held + 1) - 1;

        // As a double it becomes infinity instead of overflowing, and infinity is more than the longest.
        var ticks = _first.Ticks * Math.Pow(2, failures);
        return ticks >= _longest.Ticks ? _longest : new TimeSpan((long)ticks);
    }

    /// <inheritdoc/>
    public void Forget(TKey key) => _failures.TryRemove(key, out _);

    /// <inheritdoc/>
    public int NumRequeues(TKey key) => _failures.GetValueOrDefault(key);
}
