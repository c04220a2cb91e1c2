using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Watching;

namespace Vigia.Informers.Reflecting;

/// <summary>What a reflector needs of the cache it fills (client-go's <c>ReflectorStore</c>).</summary>
internal interface IReflectorTarget : IListSink
{
    /// <summary>The newest revision that is in the cache; none before the first list is complete.</summary>
    ResourceVersion Revision { get; }

    /// <summary>The newest version of an object shown before the first list was complete, where versions can be compared; none after that. A list that is repeated must not be older.</summary>
    ResourceVersion Newest { get; }

    /// <summary>A list begins: its items follow. With <paramref name="restored"/> it replaces everything and its versions may be older.</summary>
    void BeginList(bool restored);

    /// <summary>The list is complete: what it lacked is gone.</summary>
    void EndList(ResourceVersion revision);

    /// <summary>Takes events in order. Returns false where one of them was older than what is held: the caller must find out why.</summary>
    bool Apply(ReadOnlySpan<WatchEvent> events);

    /// <summary>The reflector's state has changed.</summary>
    void Report(ReflectorState state, ReflectorActivity activity);
}

/// <summary>What a reflector is doing as it reports.</summary>
internal enum ReflectorActivity
{
    /// <summary>It waits before the next request.</summary>
    Waiting,

    /// <summary>It lists.</summary>
    Listing,

    /// <summary>It opens a watch or probes.</summary>
    Connecting,

    /// <summary>The server has accepted the watch: what is held is live.</summary>
    Live,

    /// <summary>It was stopped.</summary>
    Stopped,
}
