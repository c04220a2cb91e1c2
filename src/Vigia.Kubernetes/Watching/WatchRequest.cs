namespace Vigia.Kubernetes;

/// <summary>The parameters of a watch; bookmarks are always requested.</summary>
/// <param name="ResourceVersion">The revision after which events are sent.</param>
/// <param name="Timeout">After this the server ends the watch normally (<c>timeoutSeconds</c>).</param>
/// <param name="SendInitialEvents">
/// A streaming list (KEP-3157): the state as Added events, a bookmark that marks its end, then changes. Sends
/// <c>resourceVersionMatch=NotOlderThan</c>.
/// </param>
/// <param name="LabelSelector">Instead of the lister-watcher's own; null for that.</param>
public sealed record WatchRequest(
    ResourceVersion ResourceVersion,
    TimeSpan Timeout,
    bool SendInitialEvents = false,
    string? LabelSelector = null
);
