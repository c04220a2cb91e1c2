namespace Vigia.Controllers;

/// <summary>
/// One bucket of tokens for all keys: so many retries a second overall, after a burst (client-go's
/// <c>TypedBucketRateLimiter</c>).
/// </summary>
/// <remarks>
/// A caller that finds the bucket empty receives the time of its token, and that token is taken: the waits of many
/// callers are spread evenly. 10,000 failing keys at 10 a second take 16.5 minutes for one round.
/// </remarks>
/// <typeparam name="TKey">The key.</typeparam>
public sealed class BucketRateLimiter<TKey> : IRateLimiter<TKey>
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly double _perSecond;
    private readonly int _burst;
    private double _tokens;
    private long _filledAt;

    /// <summary>Creates a full bucket.</summary>
    /// <param name="perSecond">Tokens that flow in per second. Default 10, client-go's.</param>
    /// <param name="burst">The capacity of the bucket. Default 100, client-go's.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentOutOfRangeException">No flow, or no room for one token.</exception>
    public BucketRateLimiter(double perSecond = 10, int burst = 100, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perSecond);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(burst);
        _time = time ?? TimeProvider.System;
        (_perSecond, _burst, _tokens) = (perSecond, burst, burst);
        _filledAt = _time.GetTimestamp();
    }

    /// <inheritdoc/>
    public TimeSpan When(TKey key)
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            _tokens = Math.Min(_burst, _tokens + (_time.GetElapsedTime(_filledAt, now).TotalSeconds * _perSecond));
            _filledAt = now;
            _tokens--;

            // A debt of tokens is paid back at the bucket's rate; a rounding error of the clock does not count as debt.
            return _tokens > -1e-6
                ? TimeSpan.Zero
                : TimeSpan.FromSeconds(Math.Min(-_tokens / _perSecond, TimeSpan.MaxValue.TotalSeconds / 2));
        }
    }

    /// <summary>Does nothing: the bucket does not track keys.</summary>
    public void Forget(TKey key) { }

    /// <summary>0: the bucket does not track keys.</summary>
    public int NumRequeues(TKey key) => 0;
}
