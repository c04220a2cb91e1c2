using Vigia.Live.Rights;

namespace Vigia.Gateway.Access;

/// <summary>
/// The access review is refused because the caller has more than its share of reviews waiting. The cluster is healthy,
/// and other callers are not affected. Becomes a 429.
/// </summary>
public sealed class AccessBacklogException : AccessUnavailableException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The exceeded limit, and what to do.</param>
    /// <param name="retryAfter">When to try again.</param>
    public AccessBacklogException(string message, TimeSpan retryAfter)
        : base(message) => RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds));

    /// <summary>When to try again, in whole seconds.</summary>
    public int RetryAfterSeconds { get; }
}
