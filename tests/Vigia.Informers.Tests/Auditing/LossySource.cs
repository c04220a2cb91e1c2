using System.Collections.Concurrent;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Auditing;

/// <summary>A server whose watches leave out the events that a test chooses: a replica that lost them.</summary>
internal sealed class LossySource(IListerWatcher inner) : IListerWatcher
{
    public GroupVersionResource Resource => inner.Resource;

    public string Cluster => inner.Cluster;

    /// <summary>Says which events are lost, by type and name.</summary>
    public Func<WatchEventType, string, bool> Loses { get; set; } = (_, _) => false;

    /// <summary>What was lost, as <c>Deleted m1</c>.</summary>
    public ConcurrentQueue<string> Lost { get; } = new();

    public Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken) =>
        inner.ListAsync(request, sink, cancellationToken);

    public async Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken) =>
        new Stream(await inner.WatchAsync(request, cancellationToken), this);

    private sealed class Stream(IWatchStream inner, LossySource source) : IWatchStream
    {
        // One that follows may be lost: then there is nothing to read without waiting.
        public bool HasBuffered => false;

        public async ValueTask<WatchEvent?> ReadAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var read = await inner.ReadAsync(cancellationToken);
                if (read is not { Object: { } o } one || !source.Loses(one.Type, o.Name))
                {
                    return read;
                }

                source.Lost.Enqueue($"{one.Type} {o.Name}");
            }
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
