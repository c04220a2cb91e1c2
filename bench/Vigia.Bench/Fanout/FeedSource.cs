using System.Text;
using System.Threading.Channels;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Bench.Fanout;

/// <summary>
/// A cluster of a few config maps whose watch says what the bench wants, when it wants it: what is measured is the way
/// from the decoder to the subscriber.
/// </summary>
internal sealed class FeedSource : IClusterSource, IListerWatcher, IWatchStream
{
    private readonly Channel<byte[]> _events = Channel.CreateUnbounded<byte[]>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true }
    );
    private readonly ObjectDecoder _decoder = new();
    private readonly string _padding;
    private long _revision = 1000;
    private bool _initial;

    public FeedSource(int bytes) => _padding = new string('x', Math.Max(0, bytes));

    public string Name => "bench";

    public string Cluster => "bench";

    public KubernetesClient? Client => null;

    public GroupVersionResource Resource { get; } = new("", "v1", "configmaps");

    public bool HasBuffered => _events.Reader.TryPeek(out _);

    /// <summary>One change, stamped now.</summary>
    public void Publish(int objects)
    {
        var revision = ++_revision;
        _events.Writer.TryWrite(Body($"c{revision % objects}", revision));
    }

    public Task<ApiResourceList> DiscoverAsync(CancellationToken cancellationToken) =>
        Task.FromResult(
            new ApiResourceList([new ApiResource(Resource, "ConfigMap", "configmap", true, ["cm"], ["get", "list", "watch"], [])], [])
        );

    public IListerWatcher ListerWatcher(GroupVersionResource resource, ListerWatcherOptions options) => this;

    public Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken)
    {
        return Task.FromResult(new ListPage(ResourceVersion.Parse("1000"), "", 0, 0));
    }

    public Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken)
    {
        _initial = request.SendInitialEvents;
        return Task.FromResult<IWatchStream>(this);
    }

    public async ValueTask<WatchEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_initial)
        {
            _initial = false;
            return new WatchEvent(WatchEventType.Bookmark, null, ResourceVersion.Parse("1000"), IsInitialEventsEnd: true);
        }

        var body = await _events.Reader.ReadAsync(cancellationToken);
        var o = _decoder.Decode(body);
        return new WatchEvent(WatchEventType.Modified, o, o.ResourceVersion);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private byte[] Body(string name, long revision) =>
        Encoding.UTF8.GetBytes(
            $$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{name}}","namespace":"n","uid":"00000000-0000-4000-8000-"""
                + $$"""{{name[1..].PadLeft(12, '0')}}","resourceVersion":"{{revision}}"},"data":"""
                + $$"""{"p":"{{_padding}}"},"t":{{Subscribers.Now}}}"""
        );
}
