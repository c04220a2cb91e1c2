using System.Runtime.ExceptionServices;

namespace Vigia.Controllers;

/// <summary>
/// Calls several limiters and takes the longest wait (client-go's <c>TypedMaxOfRateLimiter</c>). All of them count the
/// failure.
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <param name="limiters">One or more.</param>
public sealed class MaxOfRateLimiter<TKey>(params IRateLimiter<TKey>[] limiters) : IRateLimiter<TKey>
    where TKey : notnull
{
    /// <inheritdoc/>
    public TimeSpan When(TKey key)
    {
        var longest = TimeSpan.Zero;
        foreach (var limiter in limiters)
        {
            var wait = limiter.When(key);
            longest = wait > longest ? wait : longest;
        }

        return longest;
    }

    /// <inheritdoc/>
    /// <remarks>All of them forget, even if one throws: its exception is thrown after that.</remarks>
    public void Forget(TKey key)
    {
        ExceptionDispatchInfo? failure = null;
        foreach (var limiter in limiters)
        {
            try
            {
                limiter.Forget(key);
            }
            catch (Exception error)
            {
                failure ??= ExceptionDispatchInfo.Capture(error);
            }
        }

        failure?.Throw();
    }

    /// <summary>The highest count of the limiters.</summary>
    public int NumRequeues(TKey key) => limiters.Select(limiter => limiter.NumRequeues(key)).DefaultIfEmpty().Max();
}
