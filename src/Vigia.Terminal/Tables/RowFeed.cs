using System.Threading.Channels;
using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Terminal.Loading;

namespace Vigia.Terminal.Tables;

/// <summary>Changes for a table, in order.</summary>
/// <param name="View">The table they are for.</param>
/// <param name="Cluster">The cluster.</param>
/// <param name="Resets">True where everything of the cluster is to be forgotten first.</param>
/// <param name="Changes">What changed.</param>
/// <param name="IsCaughtUp">True where everything that was there has been handed over.</param>
internal sealed record FeedBatch(int View, ClusterLink Cluster, bool Resets, IReadOnlyList<TableChange> Changes, bool IsCaughtUp = false);

/// <summary>
/// Follows a kind of a cluster with a cursor and hands its rows, projected, to the thread that draws: all that exists,
/// then every change.
/// </summary>
/// <remarks>
/// Rows are made by the table's entry, since clusters may define the columns of one kind differently. Bounded: when the
/// drawing thread lags, the feed waits and its cursor is caught up from the store, with steps in between folded.
/// </remarks>
internal sealed class RowFeed : IAsyncDisposable
{
    private const int BatchSize = 512;

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;

    public RowFeed(int view, ClusterLink link, ResourceEntry entry, ChannelWriter<FeedBatch> output, Action wake) =>
        _loop = Task.Run(() => RunAsync(view, link, entry, output, wake, _stopping.Token), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private static async Task RunAsync(
        int view,
        ClusterLink link,
        ResourceEntry entry,
        ChannelWriter<FeedBatch> output,
        Action wake,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var preview = await PreviewAsync(view, link, entry, output, wake, cancellationToken);
            while (true)
            {
                var feed = await link.OpenAsync(entry, cancellationToken);
                await FollowAsync(view, link, feed, entry, feed.Informer!, preview, output, wake, cancellationToken);
                preview = [];
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody looks any more.
        }
    }

    /// <summary>The first rows come by themselves while the server still puts the list of all together.</summary>
    private static async Task<IReadOnlyList<RawObject>> PreviewAsync(
        int view,
        ClusterLink link,
        ResourceEntry entry,
        ChannelWriter<FeedBatch> output,
        Action wake,
        CancellationToken cancellationToken
    )
    {
        if (entry.Name != "pods" || link.Find("pods")?.Informer?.Store.Count > 0)
        {
            return [];
        }

        // Whichever comes first: a preview that hangs must not hold back the list.
        var first = link.FirstPodsAsync(cancellationToken);
        var informer = (await link.OpenAsync(entry, cancellationToken)).Informer!;
        while (!first.IsCompleted && informer.Store.Count == 0 && !informer.HasSynced && informer.Status.Failures == 0)
        {
            await Task.WhenAny(first, informer.Log.NextChange).WaitAsync(cancellationToken);
        }

        var pods = first.IsCompletedSuccessfully && informer.Store.Count == 0 && !informer.HasSynced ? await first : [];
        if (pods.Count > 0)
        {
            await output.WriteAsync(
                new(view, link, true, [.. pods.Select(pod => new TableChange(pod, entry.RowOf(pod), RowChange.None, 0))]),
                cancellationToken
            );
            wake();
        }

        return pods;
    }

    /// <summary>Until the cursor must begin again, or the feed is retired.</summary>
    private static async Task FollowAsync(
        int view,
        ClusterLink link,
        ResourceFeed feed,
        ResourceEntry entry,
        SharedInformer informer,
        IReadOnlyList<RawObject> preview,
        ChannelWriter<FeedBatch> output,
        Action wake,
        CancellationToken cancellationToken
    )
    {
        var (snapshot, cursor) = informer.Log.OpenWithSnapshot();
        if (preview.Count == 0)
        {
            await SendAsync(new(view, link, true, []));
        }

        for (var at = 0; at < snapshot.Count; at += BatchSize)
        {
            var batch = new TableChange[Math.Min(BatchSize, snapshot.Count - at)];
            for (var i = 0; i < batch.Length; i++)
            {
                batch[i] = new(snapshot[at + i], entry.RowOf(snapshot[at + i]), RowChange.None, 0);
            }

            await SendAsync(new(view, link, false, batch));
        }

        var isCaughtUp = false;
        var deltas = new List<Delta>();
        while (feed.Retired is null)
        {
            var (change, retired) = (cursor.NextChange, feed.NextChange);
            var synced = informer.HasSynced;
            var reading = cursor.Read(deltas, BatchSize);
            if (reading == CursorReading.Reset)
            {
                return;
            }

            if (deltas.Count > 0)
            {
                await SendAsync(new(view, link, false, [.. deltas.Select(delta => TableChange.Of(entry, delta))]));
                continue;
            }

            if (synced && preview.Count > 0)
            {
                // What the preview had and the list has not is gone.
                await SendAsync(
                    new(
                        view,
                        link,
                        false,
                        [
                            .. preview
                                .Where(pod => informer.Store.Get(pod.Key) is null)
                                .Select(pod => new TableChange(pod, null, RowChange.None, 0)),
                        ]
                    )
                );
                preview = [];
            }

            if (!isCaughtUp && synced)
            {
                isCaughtUp = true;
                await SendAsync(new(view, link, false, [], true));
            }

            // Freshness may have changed: that is seen too.
            wake();
            await Task.WhenAny(change, retired).WaitAsync(cancellationToken);
        }

        async ValueTask SendAsync(FeedBatch batch)
        {
            await output.WriteAsync(batch, cancellationToken);
            wake();
        }
    }
}
