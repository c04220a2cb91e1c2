using Microsoft.Extensions.Logging;
using Vigia.Catalog.Relations;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Queries;
using Vigia.Live.Subscriptions;

namespace Vigia.Live.Events;

/// <summary>Follows the events of every cluster and keeps them with their objects.</summary>
/// <remarks>
/// <b>Guarantees.</b> Reads events if the catalog has them, and nothing else. One task; ended and awaited by
/// <see cref="DisposeAsync"/>.
/// </remarks>
internal sealed partial class EventHistoryRecorder(
    ClusterSet clusters,
    EventHistoryOptions options,
    TimeProvider time,
    ILogger<EventHistoryRecorder> logger
) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<ResourceFeed, (SharedInformer Informer, DeltaCursor Cursor)> _followed = [];
    private Task? _loop;

    /// <summary>The kept events.</summary>
    public EventHistory Memory { get; } = new(options);

    public void Start() => _loop ??= Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_loop is { } loop)
        {
            await loop;
        }

        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // Often enough for the grace to be meant, seldom enough to cost nothing.
        var pause = TimeSpan.FromTicks(
            Math.Clamp(options.Grace.Ticks / 4, TimeSpan.FromMilliseconds(200).Ticks, TimeSpan.FromSeconds(30).Ticks)
        );

        // By the monotonic clock: a wall clock that is set back by months must neither stop the sweeps nor end the
        // loop.
        var swept = time.GetTimestamp();
        var selection = new FeedSelection(clusters, [KubernetesEvents.Resource], LiveQuery.Everything);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var changes = new List<Task> { selection.NextChange };
                selection.Refresh(out _, out _);
                foreach (var gone in _followed.Keys.Where(feed => !selection.Feeds.Contains(feed)).ToArray())
                {
                    _followed.Remove(gone);
                }

                changes.AddRange(selection.Feeds.Select(Follow));
                if (time.GetElapsedTime(swept) >= pause)
                {
                    Memory.Sweep(time.GetUtcNow(), Exists);
                    swept = time.GetTimestamp();
                }

                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var left = pause - time.GetElapsedTime(swept);
                changes.Add(Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, either.Token));
                try
                {
                    await Task.WhenAny(changes).WaitAsync(cancellationToken);
                }
                finally
                {
                    // Also if it is stopped: the wait for the next sweep would continue by itself.
                    await either.CancelAsync();
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception wrong)
            {
                // An unforeseen failure: the history stays, and the loop continues.
                LogStumbled(wrong);
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Records the new events of a feed; returns a task that ends when there may be more.</summary>
    private Task Follow(ResourceFeed feed)
    {
        var feedChange = feed.NextChange;
        if (feed.Informer is not { } informer)
        {
            return feedChange;
        }

        if (!_followed.TryGetValue(feed, out var followed) || followed.Informer != informer)
        {
            _followed[feed] = followed = (informer, Begin(feed, informer));
        }

        var change = followed.Cursor.NextChange;
        var deltas = new List<Delta>();
        while (true)
        {
            var reading = followed.Cursor.Read(deltas);
            if (reading == CursorReading.Reset)
            {
                _followed[feed] = followed = (informer, Begin(feed, informer));
                change = followed.Cursor.NextChange;
                continue;
            }

            foreach (var delta in deltas)
            {
                Take(feed.Cluster, delta);
            }

            if (deltas.Count == 0)
            {
                return Task.WhenAny(change, feedChange);
            }
        }
    }

    /// <summary>
    /// The position in the log first, then the existing events: those that arrive in between are recorded twice, which
    /// changes nothing.
    /// </summary>
    private DeltaCursor Begin(ResourceFeed feed, SharedInformer informer)
    {
        var cursor = informer.Log.Open();
        foreach (var e in informer.Store.List())
        {
            Memory.Add(feed.Cluster, e);
        }

        return cursor;
    }

    private void Take(string cluster, Delta delta)
    {
        if (delta.New is { } e)
        {
            Memory.Add(cluster, e);
        }
        else if (delta.Old is { } old)
        {
            Memory.Forget(cluster, old);
        }
    }

    /// <summary>Whether the object of an event exists; null if its kind is not cached, or not completely.</summary>
    private bool? Exists(string cluster, EventAbout about)
    {
        if (clusters.Find(cluster) is not { } session)
        {
            return false;
        }

        if (
            References.EntryOf(clusters.Catalog, about.ApiVersion, about.Kind) is not { } entry
            || session.Find(entry.Name)?.Informer is not { HasSynced: true } informer
        )
        {
            return null;
        }

        return informer.Store.Get(new ObjectKey(entry.Namespaced ? about.Namespace : "", about.Name)) is { } o
            && (about.Uid.Length == 0 || about.Uid == o.Uid || (!entry.Namespaced && about.Uid == o.Name));
    }

    [LoggerMessage(3050, LogLevel.Error, "Event history loop failed; retrying")]
    private partial void LogStumbled(Exception wrong);
}
