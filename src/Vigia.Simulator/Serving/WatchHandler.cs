using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Vigia.Simulator.Errors;
using Vigia.Simulator.Faults;
using Vigia.Simulator.Selecting;
using Vigia.Simulator.Storage;
using Vigia.Simulator.Tables;

namespace Vigia.Simulator.Serving;

/// <summary>
/// Watches: each is a position in its type's history, so an open watch costs no queue and a slow one holds nothing but its place. One that falls
/// off the end of the history is closed, as the real server's watch cache does.
/// </summary>
internal sealed class WatchHandler(ObjectStore store, SimulatorOptions options, FaultBox faults, TableMaker tables)
{
    private const int BatchEvents = 256;
    private const int FlushBytes = 64 << 10;

    public async Task HandleAsync(ApiRequest request)
    {
        var initial = ReadInitialEvents(request);
        var revision = ListOptions.ReadRevision(request.Query("resourceVersion"));
        var filter = new ObjectFilter(request.Type, request.Namespace, request.Query("labelSelector"), ListHandler.FieldSelector(request));
        var form = request.Form; // refused before the stream opens
        var types = store.TypeStoreOf(request.Type.Gvr) ?? throw StatusException.NoSuchPath();

        using var cut = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted);
        faults.WatchOpened(cut);
        try
        {
            await new Stream(this, request, filter, types, cut.Token).RunAsync(revision, initial);
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            if (!request.Aborted.IsCancellationRequested)
            {
                request.Http.Abort(); // cut by a fault: in the middle of the stream, without an end
            }
        }
        finally
        {
            faults.WatchClosed(cut);
        }
    }

    private bool ReadInitialEvents(ApiRequest request)
    {
        var (send, match) = (request.Query("sendInitialEvents"), request.Query("resourceVersionMatch") ?? "");
        if (send is null)
        {
            return match.Length == 0 ? false : throw ListOptions.Refuse("resourceVersionMatch", "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        }

        if (!options.StreamingLists)
        {
            throw ListOptions.Refuse("sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");
        }

        if (match != "NotOlderThan")
        {
            throw ListOptions.Refuse("resourceVersionMatch", match.Length == 0
                ? "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
                : $"Unsupported value: \"{match}\": supported values: \"NotOlderThan\"");
        }

        return request.QueryFlag("sendInitialEvents")
            ? request.QueryFlag("allowWatchBookmarks") ? true : throw ListOptions.Refuse("allowWatchBookmarks", "Forbidden: sendInitialEvents requires allowWatchBookmarks")
            : false;
    }

    /// <summary>One open watch.</summary>
    private sealed class Stream(WatchHandler owner, ApiRequest request, ObjectFilter filter, TypeStore types, CancellationToken cancellationToken)
    {
        private readonly PipeWriter _body = request.Http.Response.BodyWriter;
        private readonly List<StoreChange> _batch = new(BatchEvents);
        private readonly bool _bookmarks = request.QueryFlag("allowWatchBookmarks");
        private bool _columnsSent;
        private long _from;
        private long _unflushed;

        public async Task RunAsync(long? from, bool initialEvents)
        {
            var time = owner.Time;
            var replays = initialEvents || from is null or 0;
            var (snapshot, next) = owner.Store.Locked(() => replays
                ? (types.Snapshot(owner.Store.RevisionLocked), types.NextSequence)
                : (null, types.SequenceAfter(from!.Value)));
            if (initialEvents && from > snapshot!.Revision)
            {
                throw new StatusException(504, "Timeout", $"Too large resource version: {from}, current: {snapshot.Revision}")
                {
                    RetryAfterSeconds = 1,
                    Causes = [new StatusCause("ResourceVersionTooLarge", "Too large resource version")],
                };
            }

            _from = replays ? 0 : from!.Value;
            if (next < 0 && owner.Options.ExpiredAsHttpStatus)
            {
                throw TooOld(from!.Value);
            }

            // As the real server: half an hour to an hour where the client names none, spread so that not all end at once.
            var seconds = request.QueryNumber("timeoutSeconds") is { } asked && asked > 0 ? asked : 1800 + (owner.Store.Revision % 1800);
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), time);
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);

            request.Http.Response.ContentType = "application/json";
            request.Http.Response.Headers.CacheControl = "no-cache, private";
            await _body.FlushAsync(cancellationToken);
            if (next < 0)
            {
                Line("ERROR", Answers.Bytes(TooOld(from!.Value).ToJson()));
                await FlushAsync();
                return;
            }

            if (snapshot is not null)
            {
                await ReplayAsync(snapshot);
                if (initialEvents)
                {
                    Bookmark(snapshot.Revision, end: true);
                    await FlushAsync();
                }
            }

            await FollowAsync(next, ends.Token);
        }

        private async Task ReplayAsync(StoreSnapshot snapshot)
        {
            foreach (var item in snapshot.In(request.Namespace).ToArray())
            {
                if (filter.Matches(item))
                {
                    Event("ADDED", item);
                    if (_unflushed > FlushBytes)
                    {
                        await FlushAsync();
                    }
                }
            }

            await FlushAsync();
        }

        private async Task FollowAsync(long next, CancellationToken ends)
        {
            var time = owner.Time;
            var nextBookmark = time.GetUtcNow() + owner.Options.BookmarkInterval;
            while (true)
            {
                _batch.Clear();
                var (held, changed, revision, gone) = owner.Store.Locked(() =>
                    (types.Read(next, BatchEvents, _batch), types.Changed, owner.Store.RevisionLocked, types.Unregistered));
                if (!held || (gone && _batch.Count == 0))
                {
                    return; // too slow for the history, or the type is gone: the client starts anew
                }

                await owner.Faults.WhileHangingAsync("watch", request.Type.Plural, request.Namespace, cancellationToken);
                foreach (var change in _batch)
                {
                    Tell(change);
                    if (_unflushed > FlushBytes)
                    {
                        await FlushAsync();
                    }
                }

                next += _batch.Count;
                if (_unflushed > 0)
                {
                    await FlushAsync();
                }

                if (ends.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                {
                    if (_bookmarks && _batch.Count < BatchEvents)
                    {
                        Bookmark(revision, end: false);
                        await FlushAsync();
                    }

                    return;
                }

                cancellationToken.ThrowIfCancellationRequested();
                if (_batch.Count == BatchEvents)
                {
                    continue;
                }

                var wait = nextBookmark - time.GetUtcNow();
                if (_bookmarks && wait <= TimeSpan.Zero)
                {
                    Bookmark(revision, end: false);
                    await FlushAsync();
                    nextBookmark = time.GetUtcNow() + owner.Options.BookmarkInterval;
                    continue;
                }

                await WaitAsync(changed, _bookmarks ? wait : Timeout.InfiniteTimeSpan, ends);
            }
        }

        /// <summary>Returns on a change, on time, or at the watch's end; which of them, the loop sees by itself.</summary>
        private async Task WaitAsync(Task changed, TimeSpan wait, CancellationToken ends)
        {
            if (wait == Timeout.InfiniteTimeSpan)
            {
                await changed.WaitAsync(ends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            else
            {
                await changed.WaitAsync(wait, owner.Time, ends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        /// <summary>One write, as this watch's selectors see it: what starts to match is added, what stops to match is deleted.</summary>
        private void Tell(StoreChange change)
        {
            if (change.Revision <= _from)
            {
                return; // asked for from a revision that was yet to come
            }

            var before = change.Previous is { } previous && filter.Matches(previous);
            var after = change.Kind != ChangeKind.Deleted && filter.Matches(change.Item);
            switch (before, after)
            {
                case (false, true):
                    Event("ADDED", change.Item);
                    break;
                case (true, true):
                    Event("MODIFIED", change.Item);
                    break;
                case (true, false):
                    // Told in the state that still matched, under the revision of the write that ended it.
                    Event("DELETED", change.Kind == ChangeKind.Deleted ? change.Item : change.Previous!.WithRevision(change.Revision));
                    break;
            }
        }

        private void Event(string type, StoredObject item)
        {
            switch (request.Form.Form)
            {
                case AnswerForm.Table:
                    var table = new MemoryStream();
                    TableMaker.Begin(table, request, item.Revision, null, null, withColumns: !_columnsSent);
                    _columnsSent = true;
                    owner.Tables.Row(table, request, item, first: true);
                    TableMaker.End(table);
                    Line(type, table.GetBuffer().AsSpan(0, (int)table.Length));
                    break;
                case AnswerForm.Metadata:
                    Line(type, PartialMetadata.Of(item, request.Form.Version));
                    break;
                default:
                    Line(type, request.Encode(item));
                    break;
            }
        }

        private void Bookmark(long revision, bool end)
        {
            var text = revision.ToString(CultureInfo.InvariantCulture);
            var annotations = end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
            var (kind, version) = request.Form.Form == AnswerForm.Metadata
                ? ("PartialObjectMetadata", "meta.k8s.io/" + request.Form.Version)
                : (request.Type.Kind, request.ApiVersion);
            var bookmark = $"{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{{\"resourceVersion\":\"{text}\",\"creationTimestamp\":null{annotations}}}}}";
            if (request.Form.Form == AnswerForm.Table)
            {
                var row = Answers.Utf8(bookmark);
                bookmark = $"{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/{request.Form.Version}\",\"metadata\":{{\"resourceVersion\":\"{text}\"{annotations}}},\"columnDefinitions\":null,\"rows\":[{{\"cells\":[],\"object\":{System.Text.Encoding.UTF8.GetString(PartialMetadata.OfBytes(row, request.Form.Version))}}}]}}";
            }

            Line("BOOKMARK", Answers.Utf8(bookmark));
        }

        private void Line(string type, ReadOnlySpan<byte> json)
        {
            _body.Write("{\"type\":\""u8);
            _body.Write(Answers.Utf8(type));
            _body.Write("\",\"object\":"u8);
            _body.Write(json);
            _body.Write("}\n"u8);
            _unflushed += json.Length + 32;
        }

        private async ValueTask FlushAsync()
        {
            _unflushed = 0;
            var flushed = await _body.FlushAsync(cancellationToken);
            if (flushed.IsCompleted)
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }

        private StatusException TooOld(long from) => StatusException.Expired($"too old resource version: {from} ({types.CompactedRevision})");
    }

    private TimeProvider Time => options.Time;

    private ObjectStore Store => store;

    private SimulatorOptions Options => options;

    private FaultBox Faults => faults;

    private TableMaker Tables => tables;
}
