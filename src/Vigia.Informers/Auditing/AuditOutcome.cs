namespace Vigia.Informers;

/// <summary>What an audit came to.</summary>
public enum AuditOutcome
{
    /// <summary>The cache is what the server has.</summary>
    Equal,

    /// <summary>It is not: <see cref="AuditReport.Differences"/> says where. The informer lists again.</summary>
    Different,

    /// <summary>
    /// The cache lacks what the server had, and for as long as <see cref="AuditOptions.Patience"/> lasts the watch has
    /// not told how far it is, though it is said to be live: a connection that died unnoticed, a server that lags far
    /// behind, or one that sends no bookmarks and has lost an event. The informer lists again.
    /// </summary>
    Behind,

    /// <summary>
    /// Nothing can be said: the server could not be listed, or the informer was not live;
    /// <see cref="AuditReport.Reason"/> says which.
    /// </summary>
    Incomplete,
}
