using Microsoft.Extensions.Logging;

namespace Vigia.Controllers.Reconciling;

/// <summary>
/// A user's rate limiter as a controller uses it: it never throws, and it never answers with a negative wait.
/// </summary>
/// <remarks>
/// A failing limiter affects only the wait of its key: a fixed wait replaces it. A negative wait is usually an overflow
/// of a doubled one; treated as "at once" it would retry a failing key in a tight loop.
/// </remarks>
internal sealed partial class GuardedRateLimiter<TKey>(IRateLimiter<TKey> limiter, string controller, ILogger logger) : IRateLimiter<TKey>
    where TKey : notnull
{
    /// <summary>How long a key waits whose limiter failed.</summary>
    internal static readonly TimeSpan WaitWithoutLimiter = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = logger;

    public TimeSpan When(TKey key)
    {
        try
        {
            var wait = limiter.When(key);
            return wait >= TimeSpan.Zero ? wait : throw new InvalidOperationException($"the wait is {wait}; it must not be negative");
        }
        catch (Exception error)
        {
            LogLimiterFailed(controller, KeyText.Of(key), WaitWithoutLimiter.TotalSeconds, error);
            return WaitWithoutLimiter;
        }
    }

    public void Forget(TKey key)
    {
        try
        {
            limiter.Forget(key);
        }
        catch (Exception error)
        {
            // The work itself is done.
            LogForgetFailed(controller, KeyText.Of(key), error);
        }
    }

    public int NumRequeues(TKey key)
    {
        try
        {
            return Math.Max(0, limiter.NumRequeues(key));
        }
        catch (Exception error)
        {
            LogCountFailed(controller, KeyText.Of(key), error);
            return 0;
        }
    }

    [LoggerMessage(2026, LogLevel.Error, "controller {Controller}: the rate limiter failed for {Key}; retrying in {Seconds} s without it")]
    private partial void LogLimiterFailed(string controller, string key, double seconds, Exception error);

    [LoggerMessage(
        2027,
        LogLevel.Error,
        "controller {Controller}: the rate limiter failed to forget {Key}; its next retry may wait too long"
    )]
    private partial void LogForgetFailed(string controller, string key, Exception error);

    [LoggerMessage(
        2029,
        LogLevel.Warning,
        "controller {Controller}: the rate limiter failed to return the number of retries of {Key}; it is reported as unknown"
    )]
    private partial void LogCountFailed(string controller, string key, Exception error);
}
