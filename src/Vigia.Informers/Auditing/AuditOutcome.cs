namespace Vigia.Informers;

/// <summary>The result of an audit.</summary>
public enum AuditOutcome
{
    /// <summary>The cache equals the server's state.</summary>
    Equal,

    /// <summary>Cache and server differ: see <see cref="AuditReport.Differences"/>. The informer relists.</summary>
    Different,

    /// <summary>
    /// The cache lacks versions of the server, and during <see cref="AuditOptions.Patience"/> the watch has not
    /// reported its progress, although it counts as live. Possible causes: a connection that died unnoticed, a server
    /// that lags far behind, or a server without bookmarks that lost an event. The informer relists.
    /// </summary>
    Behind,

    /// <summary>
    /// Nothing can be said: the server could not be listed, or the informer was not live;
    /// <see cref="AuditReport.Reason"/> says which.
    /// </summary>
    Incomplete,
}
