using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Access;

/// <summary>
/// The existing namespaces, for one resource of a cluster: a right is reviewed only where it could show something.
/// </summary>
/// <param name="find">Finds the current cluster.</param>
/// <param name="resource">The resource's name in the catalog.</param>
internal sealed class FeedNamespaces(Func<ClusterSession?> find, string resource)
{
    private const string Namespaces = "namespaces";

    /// <summary>Namespaces with objects of the resource; the empty string for cluster-scoped objects.</summary>
    public IEnumerable<string> Held => StoreOf(resource)?.IndexValues(Store.NamespaceIndex) ?? [];

    /// <summary>All that exist; null if the gateway may not read namespaces, or has not yet.</summary>
    public IReadOnlyCollection<string>? All =>
        find()?.Find(Namespaces)?.Informer is { HasSynced: true, Store: { } store } ? [.. store.List().Select(o => o.Name)] : null;

    /// <summary>
    /// Waits until all namespaces are known, or it is known that they cannot be read now. The allowed namespaces are
    /// part of a cursor: a cursor made before they are known would be refused afterwards, here or at another replica.
    /// </summary>
    /// <param name="patience">How long at most: a cluster that hangs delays a stream, it does not prevent it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">The caller left.</param>
    public async ValueTask SettledAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        if (find()?.Find(Namespaces) is not { } feed || feed.Informer is { HasSynced: true })
        {
            return;
        }

        // Where nobody wants them nothing is on its way.
        if (feed.IsWanted)
        {
            using var late = new CancellationTokenSource(patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            await FeedLoading.SettledAsync(feed, either.Token);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>False if the namespace does not exist; true if it does, or if that is unknown.</summary>
    public bool Exists(string ns) =>
        find()?.Find(Namespaces)?.Informer is not { HasSynced: true, Store: { } store }
        || store.Get(new ObjectKey("", ns)) is not null
        || StoreOf(resource)?.List(ns).Count > 0;

    /// <summary>The part of the resource seen so far.</summary>
    public ResourceVersion Revision => find()?.Find(resource)?.Informer?.Log.Revision ?? ResourceVersion.None;

    private Store? StoreOf(string name) => find()?.Find(name)?.Informer?.Store;
}
