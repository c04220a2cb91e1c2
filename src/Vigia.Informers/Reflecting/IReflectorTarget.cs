using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>The cache that a reflector fills (client-go's <c>ReflectorStore</c>).</summary>
internal interface IReflectorTarget : IListSink
{
    /// <summary>The newest revision that is in the cache; none before the first list is complete.</summary>
    ResourceVersion Revision { get; }

    /// <summary>
    /// The newest version of an object delivered before the first list was complete, if versions can be compared; none
    /// after that. A repeated list must not be older.
    /// </summary>
    ResourceVersion Newest { get; }

    /// <summary>A list begins: its items follow.</summary>
    /// <param name="trust">How far the cache can be trusted in comparison with the list.</param>
    /// <param name="since">For a repair: the last revision at which the cache is known to have been right.</param>
    /// <param name="highest">After a restore: the newest revision that is known of the lost history.</param>
    void BeginList(ListTrust trust, ResourceVersion since = default, ResourceVersion highest = default);

    /// <summary>
    /// True if the repairing list had an older version of an object than the cache: the cache belongs to another
    /// history.
    /// </summary>
    bool HasOtherHistory { get; }

    /// <summary>The list is complete: objects that it did not contain are gone.</summary>
    void EndList(ResourceVersion revision);

    /// <summary>
    /// Applies events in order. Returns false if one of them was older than the cached object: the caller must find the
    /// cause.
    /// </summary>
    bool Apply(ReadOnlySpan<WatchEvent> events);

    /// <summary>The reflector's state has changed.</summary>
    void Report(ReflectorState state, ReflectorActivity activity);
}

/// <summary>How far the cache can be trusted in comparison with a list.</summary>
internal enum ListTrust
{
    /// <summary>
    /// The cache is right as far as it goes: the same version is the same object, an older version is a stale read.
    /// </summary>
    Usual,

    /// <summary>The cache is wrong somewhere: the same version may have other content.</summary>
    Repair,

    /// <summary>The list replaces everything, and its versions may be older.</summary>
    Restored,
}

/// <summary>The reflector's phase, as it reports it.</summary>
internal enum ReflectorActivity
{
    /// <summary>It waits before the next request.</summary>
    Waiting,

    /// <summary>It lists.</summary>
    Listing,

    /// <summary>It opens a watch or probes.</summary>
    Connecting,

    /// <summary>The server has accepted the watch: the cache is live.</summary>
    Live,

    /// <summary>It was stopped.</summary>
    Stopped,
}
