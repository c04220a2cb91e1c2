using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects;

namespace Vigia.Kubernetes.Watching;

/// <summary>Lists and watches one resource, as client-go's ListerWatcher: the port through which a reflector sees an API server.</summary>
public interface IListerWatcher
{
    /// <summary>The resource.</summary>
    GroupVersionResource Resource { get; }

    /// <summary>The cluster's name, for messages and metrics.</summary>
    string Cluster { get; }

    /// <summary>Lists one page; items go to <paramref name="sink"/> while they come in.</summary>
    /// <exception cref="Errors.KubernetesApiException">The server said no.</exception>
    /// <exception cref="Errors.KubernetesConnectionException">The server cannot be reached, or the connection broke.</exception>
    /// <exception cref="ObjectFormatException">The answer is not a list.</exception>
    Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken);

    /// <summary>Opens a watch; returns when the server has accepted it.</summary>
    /// <exception cref="Errors.KubernetesApiException">The server said no.</exception>
    /// <exception cref="Errors.KubernetesConnectionException">The server cannot be reached.</exception>
    Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken);
}
