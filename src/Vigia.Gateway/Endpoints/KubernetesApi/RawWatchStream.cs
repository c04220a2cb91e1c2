using System.Buffers;
using Vigia.Gateway.Http;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>A watch as an API server answers it: one event a line, from a cursor over the log.</summary>
/// <remarks>
/// Exact or ended: a change that cannot be sent step by step ends the watch with an <c>ERROR</c> event of 410 Expired,
/// and the client lists again. Reasons: the revision is too old, the reader lagged behind the log, the gateway had to
/// relist, the server was restored, the caller's rights changed, or the cluster or the resource is gone.
/// </remarks>
internal sealed class RawWatchStream(FeedView view, RawWriter writer, WatchOutput output, StreamTally tally, TimeProvider time)
{
    private const int Batch = 128;

    private readonly List<Delta> _deltas = new(Batch);
    private readonly ViewTranslation _translation = new(view, preset: null);
    private bool _columnsSent;

    private ResourceFeed Feed => view.Feed;

    /// <summary>Writes events until the watch's timeout, or until it cannot continue.</summary>
    /// <param name="cursor">Its starting position.</param>
    /// <param name="initial">Existing objects to send first; null if the client has them.</param>
    /// <param name="initialRevision">Its revision.</param>
    /// <param name="sendsInitialEnd">True to send a bookmark after the existing objects.</param>
    /// <param name="bookmarks">How often a bookmark is sent while nothing changes; null for never.</param>
    /// <param name="ending">Ends when the watch's time is over.</param>
    /// <param name="cancellationToken">The client left.</param>
    public async Task RunAsync(
        DeltaCursor cursor,
        IEnumerable<RawObject>? initial,
        ResourceVersion initialRevision,
        bool sendsInitialEnd,
        TimeSpan? bookmarks,
        Task ending,
        CancellationToken cancellationToken
    )
    {
        await output.FlushAsync(cancellationToken);
        if (initial is not null)
        {
            await WriteInitialAsync(initial, cancellationToken);
            if (sendsInitialEnd)
            {
                WriteBookmark(initialRevision, endsInitialEvents: true);
            }
        }

        var sent = initialRevision;
        var isLive = false;
        var bookmark = bookmarks is { } interval
            ? Task.Delay(interval, time, cancellationToken)
            : Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
        while (true)
        {
            var (change, retirement) = (cursor.NextChange, Feed.NextChange);
            if (Feed.Retired is { } retired)
            {
                await RefuseAsync(StatusAnswer.Expired($"{retired}; list again"), cancellationToken);
                return;
            }

            if (view.IsOutdated())
            {
                await RefuseAsync(StatusAnswer.Expired("the caller's rights have changed; list again"), cancellationToken);
                return;
            }

            var seen = cursor.Revision;
            var reading = cursor.Read(_deltas, Batch);
            if (
                reading is CursorReading.Reset or CursorReading.CaughtUp
                || Feed.Informer!.Log.IsBridgedAfter(seen)
                || _deltas.Exists(static delta => delta.IsFromRelist)
            )
            {
                await RefuseAsync(StatusAnswer.Expired("too old resource version: events were left out; list again"), cancellationToken);
                return;
            }

            foreach (var delta in _deltas)
            {
                Write(delta, isLive);
                if (output.Pending >= AnswerPace.Part)
                {
                    await output.FlushAsync(cancellationToken);
                }
            }

            if (_deltas.Count > 0)
            {
                await output.FlushAsync(cancellationToken);
                tally.Flushed(time);
                continue;
            }

            isLive = true;
            if (ending.IsCompleted || bookmark.IsCompletedSuccessfully)
            {
                if (bookmarks is not null && !cursor.Revision.IsNone && cursor.Revision != sent)
                {
                    WriteBookmark(cursor.Revision, endsInitialEvents: false);
                    sent = cursor.Revision;
                }

                await output.FlushAsync(cancellationToken);
                if (ending.IsCompleted)
                {
                    return;
                }

                bookmark = Task.Delay(bookmarks!.Value, time, cancellationToken);
            }

            await output.FlushAsync(cancellationToken);
            await Task.WhenAny(change, retirement, view.NextChange, bookmark, ending);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The reason why it cannot start or continue.</summary>
    public async Task RefuseAsync(StatusAnswer status, CancellationToken cancellationToken)
    {
        WriteError(status);
        await output.FlushAsync(cancellationToken);
    }

    private async Task WriteInitialAsync(IEnumerable<RawObject> initial, CancellationToken cancellationToken)
    {
        var written = 0;
        foreach (var o in initial)
        {
            if (view.Sees(o))
            {
                WriteEvent("ADDED"u8, o);
                if (++written % Batch == 0 || output.Pending >= AnswerPace.Part)
                {
                    await output.FlushAsync(cancellationToken);
                }
            }
        }

        await output.FlushAsync(cancellationToken);
    }

    private void Write(Delta delta, bool isLive)
    {
        if (_translation.Of(delta) is not { } kind)
        {
            return;
        }

        tally.Carry(delta, isLive);
        switch (kind)
        {
            case DeltaKind.Added or DeltaKind.Updated:
                WriteEvent(kind == DeltaKind.Added ? "ADDED"u8 : "MODIFIED"u8, delta.New!);
                break;
            case DeltaKind.Deleted when delta.New is { } left:
                // The last state that this watch could see, under the revision of the change that took it out of sight:
                // clients find it by the labels it had.
                WriteEvent("DELETED"u8, delta.Old!, left.ResourceVersion.ToString());
                break;
            default:
                WriteEvent("DELETED"u8, delta.Object);
                break;
        }
    }

    private void WriteEvent(ReadOnlySpan<byte> type, RawObject o, string? revision = null)
    {
        tally.Sent();
        Begin(type);
        writer.WriteObject(output.Event, o, withColumns: !_columnsSent, revision);
        _columnsSent = true;
        End();
    }

    private void WriteBookmark(ResourceVersion revision, bool endsInitialEvents)
    {
        Begin("BOOKMARK"u8);
        writer.WriteBookmark(output.Event, revision.ToString(), endsInitialEvents);
        End();
    }

    private void WriteError(StatusAnswer status)
    {
        Begin("ERROR"u8);
        status.Write(output.Event);
        End();
    }

    private void Begin(ReadOnlySpan<byte> type)
    {
        var json = output.Event;
        json.Write("{\"type\":\""u8);
        json.Write(type);
        json.Write("\",\"object\":"u8);
    }

    private void End()
    {
        output.Event.Write("}"u8);
        output.End();
    }
}
