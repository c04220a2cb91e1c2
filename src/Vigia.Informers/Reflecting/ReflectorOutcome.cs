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

    /// <summary>429: the server requests a wait.</summary>
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
    /// The server ended a standing watch with an error event. The missed events are unknown: the event of an object
    /// that is deleted because its storage is corrupt comes in this form (KEP-3926).
    /// </summary>
    ErrorEvent,

    /// <summary>The server does not support the request (streaming lists).</summary>
    Unsupported,

    /// <summary>The server's revision is older than one already seen.</summary>
    WentBack,

    /// <summary>An audit has found that the cache differs from the server.</summary>
    ResyncRequested,
}

/// <summary>How a request ended, with the data needed to decide the next step.</summary>
/// <param name="Ending">How.</param>
/// <param name="Reason">In words, with host or right; null if nothing is wrong.</param>
/// <param name="RetryAfter">The wait that the server requested.</param>
/// <param name="WasOfUse">True if the request had stood and brought something before it ended.</param>
public sealed record ReflectorOutcome(ReflectorEnding Ending, string? Reason = null, TimeSpan? RetryAfter = null, bool WasOfUse = false);
