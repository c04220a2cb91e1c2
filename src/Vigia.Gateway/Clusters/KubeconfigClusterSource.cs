using Microsoft.Extensions.Logging;
using Vigia.Kubernetes.Configuration;
using Vigia.Kubernetes.Discovery;
using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Transport;
using Vigia.Kubernetes.Watching;

namespace Vigia.Gateway.Clusters;

/// <summary>A context of a kubeconfig, whose credentials may change while it is served.</summary>
/// <remarks>
/// <b>Guarantees.</b> <see cref="SwitchAsync"/> changes who asks, not what is held: informers go on from the revision they have reached, over the new connection. Owns its clients.
/// </remarks>
internal sealed class KubeconfigClusterSource : IClusterSource, IAsyncDisposable
{
    private readonly KubeconfigOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly List<KubernetesClient> _owned = [];
    private readonly Lock _gate = new();
    private volatile KubernetesClient? _client;
    private volatile string? _problem;

    public KubeconfigClusterSource(string context, KubeconfigOptions options, TimeProvider time, ILoggerFactory loggers)
        => (Name, _options, _time, _loggers) = (context, options, time, loggers);

    public string Name { get; }

    public KubernetesClient? Client => _client;

    /// <summary>Why there is no client; null where there is one.</summary>
    public string? Problem => _problem;

    /// <summary>The configuration in use; null while the context is unusable.</summary>
    public ClusterConfiguration? Configuration => _client?.Configuration;

    /// <summary>Uses a configuration from now on. What was opened with the one before is closed, and opened again with this one.</summary>
    public async Task SwitchAsync(ClusterConfiguration configuration)
    {
        var before = _client;
        var client = new KubernetesClient(configuration, _options.Client, _time, _loggers);
        lock (_gate)
        {
            _owned.Add(client);
            _client = client;
            _problem = null;
        }

        if (before is not null)
        {
            lock (_gate)
            {
                _owned.Remove(before);
            }

            await before.DisposeAsync();
        }
    }

    /// <summary>The context cannot be used, and never could.</summary>
    public void Break(string problem) => _problem = problem;

    public Task<ApiResourceList> DiscoverAsync(CancellationToken cancellationToken)
        => _client is { } client
            ? new DiscoveryClient(client).GetResourcesAsync(cancellationToken)
            : Task.FromException<ApiResourceList>(new KubeconfigException(_problem ?? $"the context \"{Name}\" was not read yet"));

    public IListerWatcher ListerWatcher(GroupVersionResource resource, ListerWatcherOptions options) => new Switched(this, resource, options);

    public async ValueTask DisposeAsync()
    {
        KubernetesClient[] owned;
        lock (_gate)
        {
            owned = [.. _owned];
            _owned.Clear();
        }

        foreach (var client in owned)
        {
            await client.DisposeAsync();
        }
    }

    /// <summary>Asks each time with the client of that time.</summary>
    private sealed class Switched(KubeconfigClusterSource source, GroupVersionResource resource, ListerWatcherOptions options) : IListerWatcher
    {
        private volatile Made? _made;

        public string Cluster => source.Name;

        public GroupVersionResource Resource => resource;

        private ResourceListerWatcher Current
        {
            get
            {
                var client = source._client ?? throw new KubeconfigException(source._problem ?? $"the context \"{source.Name}\" was not read yet");
                var made = _made;
                if (made?.Client != client)
                {
                    _made = made = new Made(client, new ResourceListerWatcher(client, source.Name, resource, options, source._time));
                }

                return made.Lister;
            }
        }

        public Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken) => Current.ListAsync(request, sink, cancellationToken);

        public Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken) => Current.WatchAsync(request, cancellationToken);

        private sealed record Made(KubernetesClient Client, ResourceListerWatcher Lister);
    }
}
