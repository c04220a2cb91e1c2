using System.Text;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects.Packing;
using Vigia.Kubernetes.Protobuf;
using Vigia.Kubernetes.Watching;

namespace Vigia.Bench;

/// <summary>
/// A lister-watcher that reads from memory what a socket would bring: decoding, store, log and handlers without a
/// network.
/// </summary>
internal sealed class BodyServer(byte[] list, byte[] watch, bool isProtobuf = false) : IListerWatcher
{
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TemplateTable _templates = new();
    private int _watched;

    public GroupVersionResource Resource { get; } = new("", "v1", "pods");

    public string Cluster => "bench";

    /// <summary>Lets the events come.</summary>
    public void Go() => _go.TrySetResult();

    public static byte[] ListBody(int objects, Func<int, System.Text.Json.Nodes.JsonObject>? shape = null)
    {
        shape ??= i => Samples.Pod(i, 1000);
        return Encoding.UTF8.GetBytes(
            $$"""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1000"},"items":"""
                + $$"""[{{string.Join(',', Enumerable.Range(0, objects).Select(i => shape(i).ToJsonString()))}}]}"""
        );
    }

    public async Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken)
    {
        using var buffer = new BodyBuffer(new MemoryStream(list), 64 << 20);
        if (isProtobuf)
        {
            return await new ProtoListDecoder(new ProtoObjectDecoder(_templates), sink).ReadAsync(buffer, cancellationToken);
        }

        return await new ListDecoder(new ObjectDecoder(_templates), sink).ReadAsync(buffer, cancellationToken);
    }

    public async Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken)
    {
        if (_watched++ > 0)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        await _go.Task.WaitAsync(cancellationToken);
        if (isProtobuf)
        {
            return new ProtoWatchStream(new MemoryStream(watch), 64 << 20, new ProtoObjectDecoder(_templates));
        }

        return new WatchStream(new MemoryStream(watch), 64 << 20, objects: new ObjectDecoder(_templates));
    }
}
