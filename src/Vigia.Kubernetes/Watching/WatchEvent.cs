namespace Vigia.Kubernetes;

/// <summary>The type of a watch event.</summary>
public enum WatchEventType
{
    /// <summary>An object was created, or began to match the selector.</summary>
    Added,

    /// <summary>An object was changed.</summary>
    Modified,

    /// <summary>An object was deleted, or ceased to match the selector.</summary>
    Deleted,

    /// <summary>Nothing changed up to <see cref="WatchEvent.ResourceVersion"/>.</summary>
    Bookmark,

    /// <summary>The watch ends with <see cref="WatchEvent.Status"/>, although HTTP said 200.</summary>
    Error,
}

/// <summary>One event of a watch.</summary>
/// <param name="Type">The type of the event.</param>
/// <param name="Object">
/// The object for Added, Modified and Deleted (for Deleted: its last state, at the deletion's revision); null
/// otherwise.
/// </param>
/// <param name="ResourceVersion">The revision to continue from after this event; none for errors.</param>
/// <param name="IsInitialEventsEnd">
/// True for the bookmark that ends a streaming list (annotation <c>k8s.io/initial-events-end: "true"</c>, KEP-3157).
/// </param>
/// <param name="Status">The Status of an Error; null otherwise.</param>
public readonly record struct WatchEvent(
    WatchEventType Type,
    RawObject? Object,
    ResourceVersion ResourceVersion,
    bool IsInitialEventsEnd = false,
    KubernetesStatus? Status = null
);
