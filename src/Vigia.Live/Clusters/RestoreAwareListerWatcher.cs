using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>
/// A lister-watcher that checks with the cluster's <see cref="RestoreDetector"/> before its informer continues from its
/// revision.
/// </summary>
internal sealed class RestoreAwareListerWatcher(IListerWatcher inner, RestoreDetector detector) : IListerWatcher
{
    private int _epoch = detector.Epoch;

    public string Cluster => inner.Cluster;

    public GroupVersionResource Resource => inner.Resource;

    /// <summary>The history that the informer's objects are of.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    public ResourceVersion HighestLost => detector.HighestLost;

    public Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken) =>
        inner.ListAsync(request, sink, cancellationToken);

    public Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken) =>
        inner.WatchAsync(request, cancellationToken);

    public async Task<HistoryCheck> CheckHistoryAsync(ResourceVersion seen, ResourceVersion now, CancellationToken cancellationToken)
    {
        // A restore is one of the whole cluster: what another informer has found is so here too.
        var (epoch, doubt) = now.IsOlderThan(seen)
            ? (detector.Found(Epoch, $"{Cluster} answers at revision {now}, though {seen} was seen before"), null)
            : await detector.CheckAsync(Epoch, cancellationToken);
        if (epoch != Epoch)
        {
            Volatile.Write(ref _epoch, epoch);
            return new(HistoryVerdict.Other, $"{Cluster} was restored to an older state: {detector.Evidence}");
        }

        return doubt is null ? HistoryCheck.Same : new(HistoryVerdict.Undecided, doubt);
    }
}
