using Vigia.Kubernetes.Discovery;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Transport;
using Vigia.Kubernetes.Watching;

namespace Vigia.Gateway.Clusters;

/// <summary>A cluster over the network. Does not own the client.</summary>
public sealed class KubernetesClusterSource(KubernetesClient client, TimeProvider? time = null) : IClusterSource
{
    /// <inheritdoc/>
    public string Name => client.Configuration.Context;

    /// <inheritdoc/>
    public async Task<IReadOnlySet<GroupVersionResource>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var resources = await new DiscoveryClient(client).GetResourcesAsync(cancellationToken);
        return resources.Resources.Where(resource => resource.CanWatch).Select(resource => resource.Resource).ToHashSet();
    }

    /// <inheritdoc/>
    public IListerWatcher ListerWatcher(GroupVersionResource resource, ListerWatcherOptions options) => new ResourceListerWatcher(client, Name, resource, options, time);
}
