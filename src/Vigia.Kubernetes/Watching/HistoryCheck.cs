namespace Vigia.Kubernetes;

/// <summary>Whether a server still has the history in which a cache was filled.</summary>
public enum HistoryVerdict
{
    /// <summary>The server still has the history, as far as it can be known.</summary>
    Same,

    /// <summary>It was restored to an older state, and has another history since.</summary>
    Other,

    /// <summary>
    /// There is something to compare, but the server no longer keeps the evidence: the cache must be compared with a
    /// list, by content, before it counts as live.
    /// </summary>
    Undecided,
}

/// <summary>The answer to <see cref="IListerWatcher.CheckHistoryAsync"/>.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Evidence">The evidence, in words; null for <see cref="HistoryVerdict.Same"/>.</param>
public sealed record HistoryCheck(HistoryVerdict Verdict, string? Evidence = null)
{
    /// <summary>The same history.</summary>
    public static HistoryCheck Same { get; } = new(HistoryVerdict.Same);
}
