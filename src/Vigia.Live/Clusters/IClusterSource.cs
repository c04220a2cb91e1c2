using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>
/// A session's access to a cluster: discovery, and lister-watchers. One that is <see cref="IAsyncDisposable"/> is
/// disposed of with its session.
/// </summary>
public interface IClusterSource
{
    /// <summary>The name in rows, cursors and messages (the context's name).</summary>
    string Name { get; }

    /// <summary>
    /// The client for single requests, for example reviews; null if the cluster is unavailable. It changes with the
    /// credentials, so read it each time.
    /// </summary>
    KubernetesClient? Client { get; }

    /// <summary>The server's resources; throws if discovery fails.</summary>
    Task<ApiResourceList> DiscoverAsync(CancellationToken cancellationToken);

    /// <summary>A lister-watcher of a resource.</summary>
    IListerWatcher ListerWatcher(GroupVersionResource resource, ListerWatcherOptions options);
}
