namespace Vigia.Informers;

/// <summary>How a reflector lists and watches.</summary>
public sealed class ReflectorOptions
{
    /// <summary>
    /// Page size of lists, if the server supports pages. Default 500 (client-go's pager). A list from the server's
    /// cache ignores it.
    /// </summary>
    public int PageSize { get; init; } = 500;

    /// <summary>
    /// The shortest timeout of a watch; the longest is twice that (client-go: at random in 5 to 10 minutes, so that not
    /// all end at once).
    /// </summary>
    public TimeSpan MinWatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether the first list is a streaming one (KEP-3157). Default false: the factory sets it by the server's
    /// version.
    /// </summary>
    public bool StreamingList { get; init; }

    /// <summary>
    /// How long a streaming list may be silent before a plain list replaces it: some servers and proxies never send its
    /// end. Default 5 s.
    /// </summary>
    public TimeSpan StreamingListPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the server may take to answer a watch before the cache is marked stale; the reflector keeps waiting for
    /// it. Default 10 s.
    /// </summary>
    public TimeSpan AnswerPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a new watch may be silent before the server's revision is checked, once (one LIST of one item): a
    /// server restored to an older state accepts a watch from a future revision, and reports nothing. Default 30 s;
    /// infinite for never.
    /// </summary>
    public TimeSpan ProofPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long after the watch's own timeout a silent watch is taken for dead. Default 30 s (kube-rs: 5 s).
    /// </summary>
    public TimeSpan WatchGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it waits after failures, and when its circuit opens.</summary>
    public BackoffOptions Backoff { get; init; } = BackoffOptions.Default;

    /// <summary>
    /// How long a watch may receive neither an event nor a bookmark before it counts as dead and is reopened, on a
    /// server that has sent bookmarks before; zero for never. Default 3 minutes: API servers send a bookmark about once
    /// a minute, so three of them are missing, and a quiet resource on a healthy connection never counts as dead. Over
    /// HTTP/2 pings detect a dead connection sooner.
    /// </summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// The largest number of events applied in one batch: those of one read of the socket. Default 64.
    /// </summary>
    public int BatchSize { get; init; } = 64;
}
