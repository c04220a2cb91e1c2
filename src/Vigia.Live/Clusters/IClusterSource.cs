using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>
/// What a session needs of a cluster: discovery, and lister-watchers. One that is <see cref="IAsyncDisposable"/> is
/// disposed with its session.
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

    /// <summary>What the server has; throws where it cannot be asked.</summary>
    Task<ApiResourceList> DiscoverAsync(CancellationToken cancellationToken);

    /// <summary>A lister-watcher of a resource.</summary>
    IListerWatcher ListerWatcher(GroupVersionResource resource, ListerWatcherOptions options);
}
