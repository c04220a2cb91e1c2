using Vigia.Live.Rights;

namespace Vigia.Gateway.Access;

/// <summary>
/// It cannot be found out now because the caller asks for more than its share. The cluster is well, and other callers
/// are not concerned. Becomes a 429.
/// </summary>
public sealed class AccessBacklogException : AccessUnavailableException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What there is too much of, and what to do.</param>
    /// <param name="retryAfter">When to try again.</param>
    public AccessBacklogException(string message, TimeSpan retryAfter)
        : base(message) => RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds));

    /// <summary>When to try again, in whole seconds.</summary>
    public int RetryAfterSeconds { get; }
}
