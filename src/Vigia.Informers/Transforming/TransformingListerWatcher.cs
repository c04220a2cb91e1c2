using System.Buffers;
using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Objects.Packing;

namespace Vigia.Informers.Transforming;

/// <summary>
/// A lister-watcher that transforms its objects. It sits between a source and an informer with a transform; other
/// informers pay nothing for it.
/// </summary>
internal sealed partial class TransformingListerWatcher(
    IListerWatcher source,
    ObjectTransform transform,
    InformerCounters counters,
    ILogger logger
) : IListerWatcher
{
    private readonly TemplateTable _templates = new();

    public GroupVersionResource Resource => source.Resource;

    public string Cluster => source.Cluster;

    public Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken) =>
        source.ListAsync(request, new Sink(sink, new Applied(this)), cancellationToken);

    public async Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken) =>
        new Stream(await source.WatchAsync(request, cancellationToken), new Applied(this));

    public ResourceVersion HighestLost => source.HighestLost;

    public Task<HistoryCheck> CheckHistoryAsync(ResourceVersion seen, ResourceVersion now, CancellationToken cancellationToken) =>
        source.CheckHistoryAsync(seen, now, cancellationToken);

    [LoggerMessage(
        2040,
        LogLevel.Error,
        "{Cluster} {Resource}: the transform of {Object} failed: {Message}; only its metadata is cached, with the reason"
    )]
    private partial void LogFailed(Exception? error, string cluster, string resource, RawObject @object, string message);

    /// <summary>The transform at work on one stream, with the stream's own decoder and buffer.</summary>
    private sealed class Applied(TransformingListerWatcher owner)
    {
        private readonly ObjectDecoder _decoder = new(owner._templates);
        private readonly ArrayBufferWriter<byte> _keep = new(16 * 1024);

        public RawObject To(RawObject item)
        {
            _keep.ResetWrittenCount();
            try
            {
                owner.Apply(item, _keep);
                if (_keep.WrittenCount == 0)
                {
                    return item;
                }

                var kept = _decoder.Recode(item, _keep.WrittenSpan);
                return kept.Key == item.Key && kept.Identity == item.Identity && kept.ResourceVersion == item.ResourceVersion
                    ? kept
                    : Failed(item, null, $"it turned {item} into {kept}: name, namespace, uid and resourceVersion must stay");
            }
            catch (Exception error)
            {
                return Failed(item, error, error.Message);
            }
        }

        private RawObject Failed(RawObject item, Exception? error, string message)
        {
            Interlocked.Increment(ref owner.Counters._transformFailures);
            owner.LogFailed(error, owner.Cluster, owner.Resource.GroupResource, item, message);
            _keep.ResetWrittenCount();
            TransformFailure.Write(item, message, _keep);
            return _decoder.Recode(item, _keep.WrittenSpan);
        }
    }

    private InformerCounters Counters => counters;

    private void Apply(RawObject item, IBufferWriter<byte> keep) => transform(item, keep);

    private sealed class Sink(IListSink inner, Applied applied) : IListSink
    {
        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => inner.Wants(key, uid, resourceVersion);

        public void Item(RawObject item) => inner.Item(applied.To(item));
    }

    private sealed class Stream(IWatchStream inner, Applied applied) : IWatchStream
    {
        public bool HasBuffered => inner.HasBuffered;

        public async ValueTask<WatchEvent?> ReadAsync(CancellationToken cancellationToken) =>
            await inner.ReadAsync(cancellationToken) is { } read
                ? read.Object is { } item
                    ? read with
                    {
                        Object = applied.To(item),
                    }
                    : read
                : null;

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
