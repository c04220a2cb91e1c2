namespace Vigia.Informers;

/// <summary>How a request of a reflector ended.</summary>
public enum ReflectorEnding
{
    /// <summary>The list is complete, or the probe's revision is not older than ours.</summary>
    Done,

    /// <summary>The server ended the watch in its time; it had been of use.</summary>
    Completed,

    /// <summary>
    /// The watch ended within a second without an event: a proxy that closes at once must not make us spin (client-go's
    /// very short watch).
    /// </summary>
    EndedAtOnce,

    /// <summary>410 Gone, reason Expired, or "too large resource version".</summary>
    Expired,

    /// <summary>429: the server asks for patience.</summary>
    Throttled,

    /// <summary>401 or 403.</summary>
    Denied,

    /// <summary>A standing connection broke.</summary>
    Disconnected,

    /// <summary>The server cannot be reached, or answers with an error, or not in time.</summary>
    Unavailable,

    /// <summary>Bytes that are not an event or a list.</summary>
    Undecodable,

    /// <summary>
    /// The server ended a standing watch with an error event. What it left out is unknown: the event of an object that
    /// is deleted because its storage is corrupt comes in this form (KEP-3926).
    /// </summary>
    ErrorEvent,

    /// <summary>The server does not do what was asked (streaming lists).</summary>
    Unsupported,

    /// <summary>The server's revision is older than one already seen.</summary>
    WentBack,

    /// <summary>An audit has found that the cache is not what the server has.</summary>
    Distrusted,
}

/// <summary>How a request ended, with what is needed to decide what comes next.</summary>
/// <param name="Ending">How.</param>
/// <param name="Reason">In words, with host or right; null where nothing is wrong.</param>
/// <param name="RetryAfter">What the server asked for.</param>
/// <param name="WasOfUse">True where the request had stood and brought something before it ended.</param>
public sealed record ReflectorOutcome(ReflectorEnding Ending, string? Reason = null, TimeSpan? RetryAfter = null, bool WasOfUse = false);
