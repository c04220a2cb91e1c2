namespace Vigia.Informers;

/// <summary>
/// The next step of a reflector. Each phase is one request; its exits are in <see cref="ReflectorMachine"/>.
/// </summary>
public enum ReflectorPhase
{
    /// <summary>
    /// LIST. Exits: Watch; List from a fresher source when the revision is expired; the same again after a wait.
    /// </summary>
    List,

    /// <summary>
    /// A watch that sends the state first (KEP-3157). Exits: Watch (the same stream continues); List if the server does
    /// not support it, does not finish it, or fails five times.
    /// </summary>
    StreamingList,

    /// <summary>
    /// LIST of one item, for the server's revision only: was it restored to an older state? Exits: Watch; List of
    /// everything if it was.
    /// </summary>
    Probe,

    /// <summary>
    /// WATCH. Exits: Watch again; Probe after a broken connection; List after 410, an error event or one that cannot be
    /// read, or when an audit found the cache to be wrong.
    /// </summary>
    Watch,
}

/// <summary>How fresh a list must be.</summary>
public enum ListSource
{
    /// <summary>
    /// <c>resourceVersion=0</c>: the current contents of the server's watch cache. Only for a first list: it may be
    /// older than a revision seen before.
    /// </summary>
    Cache,

    /// <summary>
    /// Not older than the last revision seen (client-go <c>relistResourceVersion</c>): data never goes back.
    /// </summary>
    NotOlderThanSeen,

    /// <summary>A consistent read, after the server refused the above.</summary>
    Fresh,

    /// <summary>A consistent read that replaces everything: the server was restored to an older state.</summary>
    Restored,

    /// <summary>
    /// A consistent read whose every object is compared by content: an audit has found the cache to be wrong.
    /// </summary>
    Repair,
}

/// <summary>The state of a reflector.</summary>
/// <param name="Phase">Its next request.</param>
/// <param name="Source">For lists: how fresh.</param>
/// <param name="Wait">How long it waits before that.</param>
/// <param name="Failures">
/// Requests that failed in a row; a successful list does not end the row, an accepted watch does.
/// </param>
/// <param name="BackoffSteps">
/// How often the wait was doubled; reset after two quiet minutes (client-go's <c>backoffReset</c>, here measured since
/// the last failure).
/// </param>
/// <param name="Reason">Why it is not live, in words; null while it is.</param>
/// <param name="IsDenied">True if the reason is a missing right or a refused credential.</param>
/// <param name="Relists">
/// Relists that watches led to since the last two quiet minutes: the first is free, the others wait.
/// </param>
public sealed record ReflectorState(
    ReflectorPhase Phase,
    ListSource Source = ListSource.Cache,
    TimeSpan Wait = default,
    int Failures = 0,
    int BackoffSteps = 0,
    string? Reason = null,
    bool IsDenied = false,
    int Relists = 0
)
{
    /// <summary>The beginning.</summary>
    /// <param name="streamingList">Whether to try a streaming list first.</param>
    public static ReflectorState Start(bool streamingList) => new(streamingList ? ReflectorPhase.StreamingList : ReflectorPhase.List);
}
