namespace Vigia.Informers;

/// <summary>The state of an informer, with the names used everywhere: in metrics, the API and the terminal.</summary>
public enum InformerState
{
    /// <summary>Not started.</summary>
    Waiting,

    /// <summary>The first list is coming in.</summary>
    Syncing,

    /// <summary>The first list is complete; <see cref="InformerStatus.Freshness"/> says whether it is live.</summary>
    Synced,

    /// <summary>A right or a credential is missing.</summary>
    Denied,

    /// <summary>
    /// Five requests in a row have failed (the circuit is open); it keeps trying at the longest interval.
    /// </summary>
    Failing,

    /// <summary>Stopped.</summary>
    Stopped,
}

/// <summary>An informer at a moment: immutable.</summary>
/// <param name="State">In a word.</param>
/// <param name="HasSynced">True once the store has the first list; never false again (unlike freshness).</param>
/// <param name="Objects">Cached objects; while syncing, the number received so far.</param>
/// <param name="Freshness">Live, or stale since when and why.</param>
/// <param name="Failures">Requests that failed in a row.</param>
/// <param name="Retries">Requests that failed since the start.</param>
/// <param name="LastEvent">When the last event was read.</param>
/// <param name="LastBookmark">When the last bookmark was read.</param>
/// <param name="Lists">Lists since the start: 1 without a relist.</param>
/// <param name="Watches">Watches that stood since the start.</param>
/// <param name="Revision">The newest revision seen, as text.</param>
/// <param name="LastAudit">The result of the last audit; null if there was none.</param>
/// <param name="Started">When the informer was started; null before.</param>
/// <param name="LastList">When the last list was complete; null before the first.</param>
/// <param name="Handlers">Handlers registered.</param>
/// <param name="HandlersSynced">
/// Handlers that have returned for every object of the first list (<see cref="HandlerRegistration.HasSynced"/>).
/// </param>
public sealed record InformerStatus(
    InformerState State,
    bool HasSynced,
    int Objects,
    Freshness Freshness,
    int Failures,
    long Retries,
    DateTimeOffset? LastEvent,
    DateTimeOffset? LastBookmark,
    long Lists,
    long Watches,
    string Revision,
    AuditReport? LastAudit = null,
    DateTimeOffset? Started = null,
    DateTimeOffset? LastList = null,
    int Handlers = 0,
    int HandlersSynced = 0
);
