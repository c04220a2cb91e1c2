using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>A context of a kubeconfig, whose credentials may change while it is served.</summary>
/// <remarks>
/// <b>Guarantees.</b> <see cref="SwitchAsync"/> changes the user, not the cache: informers continue from their revision
/// over the new connection. Owns its clients.
/// </remarks>
internal sealed class KubeconfigClusterSource : IClusterSource, IAsyncDisposable
{
    private readonly KubeconfigOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly Lock _gate = new();
    private volatile Connection? _connection;
    private volatile string? _problem;

    public KubeconfigClusterSource(string context, KubeconfigOptions options, TimeProvider time, ILoggerFactory loggers) =>
        (Name, _options, _time, _loggers) = (context, options, time, loggers);

    public string Name { get; }

    public KubernetesClient? Client => _connection?.Client;

    /// <summary>Why there is no client; null if there is one.</summary>
    public string? Problem => _problem;

    /// <summary>The configuration in use; null while the context is unusable.</summary>
    public ClusterConfiguration? Configuration => _connection?.Client.Configuration;

    /// <summary>
    /// Uses a configuration from now on. Connections with the previous one are closed, and opened again with this one.
    /// </summary>
    public async Task SwitchAsync(ClusterConfiguration configuration)
    {
        Connection? before;
        lock (_gate)
        {
            before = _connection;
            _connection = new Connection(new KubernetesClient(configuration, _options.Client, _time, _loggers));
            _problem = null;
        }

        if (before is not null)
        {
            await before.DisposeAsync();
        }
    }

    /// <summary>The context cannot be used, and never could.</summary>
    public void Break(string problem) => _problem = problem;

    public Task<ApiResourceList> DiscoverAsync(CancellationToken cancellationToken) =>
        Client is { } client
            ? new DiscoveryClient(client).GetResourcesAsync(cancellationToken)
            : Task.FromException<ApiResourceList>(new KubeconfigException(_problem ?? $"the context \"{Name}\" has not been read yet"));

    public IListerWatcher ListerWatcher(GroupVersionResource resource, ListerWatcherOptions options) =>
        new Switched(this, resource, options);

    public async ValueTask DisposeAsync()
    {
        Connection? last;
        lock (_gate)
        {
            last = _connection;
            _connection = null;
            _problem = $"{Name} was closed";
        }

        if (last is not null)
        {
            await last.DisposeAsync();
        }
    }

    /// <summary>
    /// A client, and what ends the watches that were opened with it: disposing a client leaves open answers open.
    /// </summary>
    private sealed class Connection(KubernetesClient client) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _ending = new();

        public KubernetesClient Client => client;

        public CancellationToken Ended => _ending.Token;

        public async ValueTask DisposeAsync()
        {
            // Not disposed: its token is in watches that end now.
            await _ending.CancelAsync();
            await client.DisposeAsync();
        }
    }

    /// <summary>Uses the client of the moment for each request.</summary>
    private sealed class Switched(KubeconfigClusterSource source, GroupVersionResource resource, ListerWatcherOptions options)
        : IListerWatcher
    {
        private volatile Made? _made;

        public string Cluster => source.Name;

        public GroupVersionResource Resource => resource;

        private Made Current
        {
            get
            {
                var connection =
                    source._connection
                    ?? throw new KubeconfigException(source._problem ?? $"the context \"{source.Name}\" has not been read yet");
                var made = _made;
                if (made?.Connection != connection)
                {
                    _made = made = new Made(
                        connection,
                        new ResourceListerWatcher(connection.Client, source.Name, resource, options, source._time)
                    );
                }

                return made;
            }
        }

        public Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken) =>
            Current.Lister.ListAsync(request, sink, cancellationToken);

        public async Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken)
        {
            var current = Current;
            return new CuttableWatch(
                await current.Lister.WatchAsync(request, cancellationToken),
                () => $"the credentials of {source.Name} were changed; watching again with the new ones",
                current.Connection.Ended
            );
        }

        private sealed record Made(Connection Connection, ResourceListerWatcher Lister);
    }
}
