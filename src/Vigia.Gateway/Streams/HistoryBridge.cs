using System.Threading.Channels;
using Vigia.Gateway.Queries;
using Vigia.Informers.Deltas;
using Vigia.Informers.Informing;
using Vigia.Kubernetes.Errors;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Watching;

namespace Vigia.Gateway.Streams;

/// <summary>How a bridge stands.</summary>
internal enum BridgeStep
{
    /// <summary>It goes on.</summary>
    Going,

    /// <summary>It has reached what the log knows: the log can take over at <see cref="HistoryBridge.Revision"/>.</summary>
    Joined,

    /// <summary>The API server no longer has the history, or the watch broke: only a reset helps.</summary>
    Lost,
}

/// <summary>
/// Resumes a client at a replica that is younger than the client's cursor: a watch of the API server's own history from the cursor's revision, until the log can take over.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> The client receives exactly what it missed, in order: the API server replays its history and goes on live on the same stream, so nothing has to be guessed about where the replay ends. The first event
/// or bookmark past the log's beginning is the place to change over. Labels are filtered by the server, which knows the version before each change.
/// </remarks>
internal sealed class HistoryBridge : IAsyncDisposable
{
    // The watch waits, not the memory, when the client is slow.
    private const int Capacity = 256;

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    private readonly SharedInformer _informer;
    private readonly IWatchStream _stream;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<(Delta? Delta, ResourceVersion Revision)> _events = Channel.CreateBounded<(Delta?, ResourceVersion)>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Task _pump;

    private HistoryBridge(SharedInformer informer, IWatchStream stream, ResourceVersion revision, TimeProvider time)
    {
        (_informer, _stream, _time) = (informer, stream, time);
        Revision = revision;
        _pump = Task.Run(() => PumpAsync(_stopping.Token), CancellationToken.None);
    }

    /// <summary>Everything up to here was read from the bridge.</summary>
    public ResourceVersion Revision { get; private set; }

    /// <summary>Ends when there is something to read.</summary>
    public Task NextChange => _events.Reader.WaitToReadAsync().AsTask();

    /// <summary>Opens a bridge from a revision; null where the API server no longer has it.</summary>
    public static async Task<HistoryBridge?> OpenAsync(SharedInformer informer, ResourceVersion from, LiveQuery query, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!from.IsNumber)
        {
            return null;
        }

        try
        {
            var labels = query.LabelSelectorText.Length == 0 ? null : query.LabelSelectorText;
            var stream = await informer.Source.WatchAsync(new WatchRequest(from, Timeout, LabelSelector: labels), cancellationToken);
            return new HistoryBridge(informer, stream, from, time);
        }
        catch (Exception refused) when (refused is KubernetesApiException or KubernetesConnectionException)
        {
            // Not silent: the client is told reset, with the reason.
            return null;
        }
    }

    /// <summary>Takes what has come, without waiting.</summary>
    public BridgeStep Read(List<Delta> into)
    {
        into.Clear();
        while (into.Count < Capacity && _events.Reader.TryRead(out var read))
        {
            Revision = read.Revision;
            if (read.Delta is { } delta)
            {
                into.Add(delta);
            }

            if (_informer.Log.OpenAfter(Revision) is not null)
            {
                return BridgeStep.Joined;
            }
        }

        return into.Count == 0 && _events.Reader.Completion.IsCompleted ? BridgeStep.Lost : BridgeStep.Going;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _pump;
        await _stream.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        var known = new Dictionary<ObjectKey, RawObject>();
        try
        {
            while (await _stream.ReadAsync(cancellationToken) is { } read && read.Type != WatchEventType.Error)
            {
                await _events.Writer.WriteAsync((DeltaOf(read, known), read.ResourceVersion), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The client left, or the log took over.
        }
        catch (Exception error) when (error is IOException or ObjectFormatException or KubernetesConnectionException or HttpRequestException)
        {
            // Told to the client as a reset: the end of the channel is what says so.
        }
        finally
        {
            _events.Writer.TryComplete();
        }
    }

    private Delta? DeltaOf(WatchEvent read, Dictionary<ObjectKey, RawObject> known)
    {
        if (read.Object is not { } o)
        {
            return null;
        }

        known.Remove(o.Key, out var old);
        if (read.Type == WatchEventType.Deleted)
        {
            return Delta.Create(DeltaKind.Deleted, o, null, read.ResourceVersion, _time.GetUtcNow());
        }

        known[o.Key] = o;
        return Delta.Create(read.Type == WatchEventType.Added ? DeltaKind.Added : DeltaKind.Updated, old, o, read.ResourceVersion, _time.GetUtcNow());
    }
}
