using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Watching;

namespace Vigia.Gateway.Clusters;

/// <summary>What a session needs of a cluster: discovery, and lister-watchers.</summary>
public interface IClusterSource
{
    /// <summary>The name in rows, cursors and messages (the context's name).</summary>
    string Name { get; }

    /// <summary>Which resources the server has; throws where it cannot be asked.</summary>
    Task<IReadOnlySet<GroupVersionResource>> DiscoverAsync(CancellationToken cancellationToken);

    /// <summary>A lister-watcher of a resource.</summary>
    IListerWatcher ListerWatcher(GroupVersionResource resource, ListerWatcherOptions options);
}
