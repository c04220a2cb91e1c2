namespace Vigia.Kubernetes;

/// <summary>
/// Lists and watches one resource, as client-go's ListerWatcher: the port through which a reflector sees an API server.
/// </summary>
public interface IListerWatcher
{
    /// <summary>The resource.</summary>
    GroupVersionResource Resource { get; }

    /// <summary>The cluster's name, for messages and metrics.</summary>
    string Cluster { get; }

    /// <summary>Lists one page; items go to <paramref name="sink"/> while they come in.</summary>
    /// <exception cref="KubernetesApiException">The server said no.</exception>
    /// <exception cref="KubernetesConnectionException">
    /// The server cannot be reached, or the connection broke.
    /// </exception>
    /// <exception cref="ObjectFormatException">The answer is not a list.</exception>
    Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken);

    /// <summary>Opens a watch; returns when the server has accepted it.</summary>
    /// <exception cref="KubernetesApiException">The server said no.</exception>
    /// <exception cref="KubernetesConnectionException">The server cannot be reached.</exception>
    Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Asked after a break, before a cache goes on from the revision it has reached: does the server still have the
    /// history in which it did? An etcd that was restored from a backup counts its revisions from there again, and once
    /// it has counted past what was seen no revision tells.
    /// </summary>
    /// <param name="seen">The newest revision that is held.</param>
    /// <param name="now">The server's revision, where it was just asked for; none otherwise.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <returns>The verdict, with what says so. Default: the same history, unseen.</returns>
    /// <exception cref="KubernetesConnectionException">
    /// The server cannot be asked now: what was to follow must wait.
    /// </exception>
    Task<HistoryCheck> CheckHistoryAsync(ResourceVersion seen, ResourceVersion now, CancellationToken cancellationToken) =>
        Task.FromResult(HistoryCheck.Same);

    /// <summary>
    /// The newest revision of the cluster that is known of the history that was lost last, also from other resources;
    /// none where that is not known.
    /// </summary>
    ResourceVersion HighestLost => ResourceVersion.None;
}
