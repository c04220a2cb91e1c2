using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Watching;

namespace Vigia.Gateway.Clusters;

/// <summary>A lister-watcher that has the cluster's witnesses asked before its informer goes on from where it was.</summary>
internal sealed class WitnessedListerWatcher(IListerWatcher inner, ClusterHistory history) : IListerWatcher
{
    private int _epoch = history.Epoch;

    public string Cluster => inner.Cluster;

    public GroupVersionResource Resource => inner.Resource;

    /// <summary>The history that the informer's objects are of.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    public Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken) => inner.ListAsync(request, sink, cancellationToken);

    public Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken) => inner.WatchAsync(request, cancellationToken);

    public async Task<string?> FindOtherHistoryAsync(ResourceVersion seen, ResourceVersion now, CancellationToken cancellationToken)
    {
        // A restore is one of the whole cluster: what another informer has found is so here too.
        var epoch = now.IsOlderThan(seen) ? history.Found(Epoch, $"{Cluster} answers at revision {now}, though {seen} was seen before") : await history.AskAsync(Epoch, cancellationToken);
        if (epoch == Epoch)
        {
            return null;
        }

        Volatile.Write(ref _epoch, epoch);
        return $"{Cluster} was restored to an older state: {history.Evidence}";
    }
}
