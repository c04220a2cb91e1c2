using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Terminal.Loading;

/// <summary>A kubeconfig's context as a source of live data. Owns its client.</summary>
internal sealed class ContextSource(KubernetesClient client, TimeProvider time) : IClusterSource, IAsyncDisposable
{
    private volatile string? _version;

    public string Name => client.Configuration.Context;

    public KubernetesClient Client => client;

    /// <summary>The server's version; null before its first answer.</summary>
    public string? Version => _version;

    public async Task<ApiResourceList> DiscoverAsync(CancellationToken cancellationToken)
    {
        var discovery = new DiscoveryClient(client);
        _version = await discovery.GetServerVersionAsync(cancellationToken);
        return await discovery.GetResourcesAsync(cancellationToken);
    }

    public IListerWatcher ListerWatcher(GroupVersionResource resource, ListerWatcherOptions options) =>
        new ResourceListerWatcher(client, Name, resource, options, time);

    public ValueTask DisposeAsync() => client.DisposeAsync();
}
