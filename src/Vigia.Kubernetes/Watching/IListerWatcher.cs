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
    /// Called after a broken connection, before a cache continues from its revision: does the server still have the
    /// history of that revision? An etcd that was restored from a backup counts its revisions from there again; once it
    /// has passed the seen revision, no revision shows that.
    /// </summary>
    /// <param name="seen">The newest cached revision.</param>
    /// <param name="now">The server's revision, if it was just read; none otherwise.</param>
    /// <param name="cancellationToken">The caller no longer waits.</param>
    /// <returns>The verdict, with its evidence. Default: the same history, unchecked.</returns>
    /// <exception cref="KubernetesConnectionException">The server is unavailable: the next step must wait.</exception>
    Task<HistoryCheck> CheckHistoryAsync(ResourceVersion seen, ResourceVersion now, CancellationToken cancellationToken) =>
        Task.FromResult(HistoryCheck.Same);

    /// <summary>
    /// The newest revision of the cluster that is known of the history that was lost last, also from other resources;
    /// none if that is not known.
    /// </summary>
    ResourceVersion HighestLost => ResourceVersion.None;
}
