namespace Vigia.Controllers;

/// <summary>
/// Another limiter, with no wait longer than a maximum (client-go's <c>TypedWithMaxWaitRateLimiter</c>).
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <param name="limiter">The inner limiter.</param>
/// <param name="longest">The longest wait.</param>
public sealed class WithMaxWaitRateLimiter<TKey>(IRateLimiter<TKey> limiter, TimeSpan longest) : IRateLimiter<TKey>
    where TKey : notnull
{
    /// <inheritdoc/>
    public TimeSpan When(TKey key)
    {
        var wait = limiter.When(key);
        return wait > longest ? longest : wait;
    }

    /// <inheritdoc/>
    public void Forget(TKey key) => limiter.Forget(key);

    /// <inheritdoc/>
    public int NumRequeues(TKey key) => limiter.NumRequeues(key);
}
