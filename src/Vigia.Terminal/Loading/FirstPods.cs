using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Terminal.Loading;

/// <summary>The first pods, by a request of their own.</summary>
/// <remarks>
/// A server that holds 10,000 pods works for a second or more before it sends the first byte of a list of all of them,
/// but a page of a hundred comes in 30 ms (measured on 1.20).
/// </remarks>
internal static class FirstPods
{
    private const int Size = 150;

    /// <summary>Reads them. Never fails: then the list is empty, and the informer reports the reason.</summary>
    public static async Task<IReadOnlyList<RawObject>> ReadAsync(IClusterSource source, CancellationToken cancellationToken)
    {
        try
        {
            var page = new Page();
            var pods = source.ListerWatcher(KnownResources.Pods, new ListerWatcherOptions());
            await pods.ListAsync(new ListRequest(Limit: Size), page, cancellationToken);
            return page.Items;
        }
        catch (Exception refused)
            when (refused is KubernetesApiException or KubernetesConnectionException or CredentialException or OperationCanceledException)
        {
            return [];
        }
    }

    private sealed class Page : IListSink
    {
        public List<RawObject> Items { get; } = [];

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => true;

        public void Item(RawObject item) => Items.Add(item);
    }
}
