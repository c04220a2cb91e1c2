namespace Vigia.Kubernetes;

/// <summary>Whether a server still has the history in which a cache was filled.</summary>
public enum HistoryVerdict
{
    /// <summary>It has, as far as anybody can tell.</summary>
    Same,

    /// <summary>It was restored to an older state, and has another history since.</summary>
    Other,

    /// <summary>
    /// There is something to compare, and the server no longer keeps what would tell: the cache must be compared with a
    /// list, by content, before it is called live.
    /// </summary>
    Undecided,
}

/// <summary>The answer to <see cref="IListerWatcher.CheckHistoryAsync"/>.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Evidence">What says so, in words; null for <see cref="HistoryVerdict.Same"/>.</param>
public sealed record HistoryCheck(HistoryVerdict Verdict, string? Evidence = null)
{
    /// <summary>The same history.</summary>
    public static HistoryCheck Same { get; } = new(HistoryVerdict.Same);
}
