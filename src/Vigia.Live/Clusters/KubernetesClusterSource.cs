using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>A cluster over the network. Does not own the client.</summary>
public sealed class KubernetesClusterSource(KubernetesClient client, TimeProvider? time = null) : IClusterSource
{
    /// <inheritdoc/>
    public string Name => client.Configuration.Context;

    /// <inheritdoc/>
    public KubernetesClient Client => client;

    /// <inheritdoc/>
    public Task<ApiResourceList> DiscoverAsync(CancellationToken cancellationToken) =>
        new DiscoveryClient(client).GetResourcesAsync(cancellationToken);

    /// <inheritdoc/>
    public IListerWatcher ListerWatcher(GroupVersionResource resource, ListerWatcherOptions options) =>
        new ResourceListerWatcher(client, Name, resource, options, time);
}
