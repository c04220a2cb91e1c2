using Vigia.Kubernetes;

namespace Vigia.Simulation.Network;

/// <summary>
/// A user's lister-watcher that keeps what it has read, and gives several informers one instance of a version: as a
/// proxy with a cache does.
/// </summary>
internal sealed class SharingListerWatcher(IListerWatcher inner, Dictionary<(string Uid, ulong Revision, int Length), RawObject> known)
    : IListerWatcher
{
    public GroupVersionResource Resource => inner.Resource;

    public string Cluster => inner.Cluster;

    public Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken) =>
        inner.ListAsync(request, new Sink(this, sink), cancellationToken);

    public async Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken) =>
        new Stream(this, await inner.WatchAsync(request, cancellationToken));

    private RawObject Shared(RawObject o)
    {
        using var json = o.Open();
        var key = (o.Uid, o.ResourceVersion.Number, o.Length);
        if (known.TryGetValue(key, out var first))
        {
            using var same = first.Open();
            if (same.Span.SequenceEqual(json.Span))
            {
                return first;
            }
        }

        return known[key] = o;
    }

    private sealed class Sink(SharingListerWatcher owner, IListSink inner) : IListSink
    {
        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => inner.Wants(key, uid, resourceVersion);

        public void Item(RawObject item) => inner.Item(owner.Shared(item));
    }

    private sealed class Stream(SharingListerWatcher owner, IWatchStream inner) : IWatchStream
    {
        public bool HasBuffered => inner.HasBuffered;

        public async ValueTask<WatchEvent?> ReadAsync(CancellationToken cancellationToken) =>
            await inner.ReadAsync(cancellationToken) is { } read
                ? read.Object is { } o
                    ? read with
                    {
                        Object = owner.Shared(o),
                    }
                    : read
                : null;

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
