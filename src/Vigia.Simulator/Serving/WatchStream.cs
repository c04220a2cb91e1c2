using Vigia.Simulator.Faults;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Selecting;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator.Serving;

/// <summary>
/// One open watch: a position in its type's history, so it costs no queue, and a slow one holds nothing but its
/// position. A watch that falls off the end of the history is closed, as the real server's watch cache does. On a
/// lagging replica, it sees no more than that replica.
/// </summary>
internal sealed class WatchStream(
    WatchHandler owner,
    ApiRequest request,
    ObjectFilter filter,
    TypeStore types,
    WatchWriter writer,
    OpenWatch watch
)
{
    private const int BatchEvents = 256;

    private readonly List<StoreChange> _batch = new(BatchEvents);
    private readonly bool _bookmarks = request.QueryFlag("allowWatchBookmarks");
    private readonly CancellationToken _cut = watch.CutToken;
    private long _from;

    public async Task RunAsync(long? from, bool initialEvents)
    {
        var store = owner.Store;
        var replays = initialEvents || from is null or 0;
        var (snapshot, next) = store.Locked(() =>
        {
            var seen = SeenLocked();
            var state = replays ? types.SnapshotAsOf(seen, store.RevisionLocked) : null;
            return (state, types.SequenceAfter(state?.Revision ?? from!.Value));
        });
        if (initialEvents && from > 0 && (from > snapshot!.Revision || request.RefusesRevisions is not null))
        {
            throw TooLarge.Of(
                request.RefusesRevisions ?? request.Replica?.TooLarge ?? owner.Options.TooLarge,
                from.Value,
                snapshot!.Revision
            );
        }

        _from = replays ? 0 : from!.Value;
        var tooOld = next < 0 ? StatusException.Expired($"too old resource version: {from} ({types.CompactedRevision})") : null;
        if (tooOld is not null && owner.Options.ExpiredAsHttpStatus)
        {
            throw tooOld;
        }

        // As the real server: half an hour to an hour where the client names none, spread so that not all end at once.
        var seconds = request.QueryNumber("timeoutSeconds") is { } asked && asked > 0 ? asked : 1800 + (store.Revision % 1800);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), owner.Options.Time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(_cut, watch.EndToken, timeout.Token);
        await writer.OpenAsync(_cut);
        if (tooOld is not null)
        {
            writer.Error(tooOld);
            await writer.FlushAsync(_cut);
            return;
        }

        if (snapshot is not null && !await ReplayAsync(snapshot, initialEvents))
        {
            return;
        }

        await FollowAsync(next, ends.Token);
    }

    private async Task<bool> ReplayAsync(StoreSnapshot snapshot, bool initialEvents)
    {
        foreach (var item in snapshot.In(request.Namespace).ToArray())
        {
            if (filter.Matches(item) && !await writer.EventAsync("ADDED", item, _cut))
            {
                return false;
            }
        }

        if (initialEvents && owner.Faults.Draw("watch", request.Type.Plural, request.Path.Namespace, FaultKind.NoEndBookmark) is null)
        {
            writer.Bookmark(snapshot.Revision, end: true);
        }

        await writer.FlushAsync(_cut);
        return true;
    }

    private async Task FollowAsync(long next, CancellationToken ends)
    {
        var (time, store, interval) = (owner.Options.Time, owner.Store, owner.Options.BookmarkInterval);
        var nextBookmark = time.GetUtcNow() + interval;
        while (true)
        {
            _batch.Clear();
            var (held, more, revision, gone) = store.Locked(() =>
            {
                var seen = SeenLocked();
                return (types.Read(next, BatchEvents, _batch, seen), MoreLocked(seen), seen, types.Unregistered);
            });
            if (!held || (gone && _batch.Count == 0))
            {
                return; // too slow for the history, or the type is gone: the client relists
            }

            await owner.Faults.WhileHangingAsync("watch", request.Type.Plural, request.Namespace, _cut);
            foreach (var change in _batch)
            {
                if (!await TellAsync(change))
                {
                    return;
                }
            }

            next += _batch.Count;
            await writer.FlushAsync(_cut);
            _cut.ThrowIfCancellationRequested();
            if (ends.IsCancellationRequested)
            {
                await EndAsync(revision);
                return;
            }

            if (_batch.Count == BatchEvents)
            {
                continue;
            }

            var wait = nextBookmark - time.GetUtcNow();
            if (_bookmarks && wait <= TimeSpan.Zero)
            {
                Bookmark(revision);
                await writer.FlushAsync(_cut);
                nextBookmark = time.GetUtcNow() + interval;
                continue;
            }

            await more(_bookmarks ? wait : Timeout.InfiniteTimeSpan, ends);
        }
    }

    private async Task EndAsync(long revision)
    {
        if (watch.Why is { } why)
        {
            writer.Error(why);
        }
        else if (_bookmarks && _batch.Count < BatchEvents)
        {
            Bookmark(revision);
        }

        await writer.FlushAsync(_cut);
    }

    private void Bookmark(long revision)
    {
        if (owner.Faults.Draw("watch", request.Type.Plural, request.Path.Namespace, FaultKind.NoBookmarks) is null)
        {
            writer.Bookmark(revision, end: false);
        }
    }

    /// <summary>How far this watch's server has come.</summary>
    private long SeenLocked() => request.Replica?.Lag is { } lag ? owner.Store.SeenLocked(types, lag) : owner.Store.RevisionLocked;

    /// <summary>
    /// A wait that ends on a change, on time, or at the watch's end; which of them, the loop sees by itself.
    /// </summary>
    private Func<TimeSpan, CancellationToken, Task> MoreLocked(long seen)
    {
        var changed = types.Changed;
        if (request.Replica?.Lag is not { } lag)
        {
            return (wait, ends) => WaitAsync(changed, wait, ends);
        }

        // Behind by revisions: any write moves it on. By time: time does. Or the fault goes.
        var any = Task.WhenAny(changed, owner.Store.AnyChangeLocked, owner.Faults.Changed);
        var dueIn = owner.Store.SeesMoreInLocked(types, lag, seen);
        return (wait, ends) => WaitAsync(any, dueIn is { } due && (wait == Timeout.InfiniteTimeSpan || due < wait) ? due : wait, ends);
    }

    private async Task WaitAsync(Task changed, TimeSpan wait, CancellationToken ends)
    {
        if (wait == Timeout.InfiniteTimeSpan)
        {
            await changed.WaitAsync(ends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else
        {
            await changed.WaitAsync(wait, owner.Options.Time, ends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// One write, as this watch's selectors see it: an object that starts to match is added, one that stops matching is
    /// deleted.
    /// </summary>
    private ValueTask<bool> TellAsync(StoreChange change)
    {
        if (change.Revision <= _from)
        {
            return new(true); // asked for from a revision that was yet to come
        }

        var before = change.Previous is { } previous && filter.Matches(previous);
        var after = change.Kind != ChangeKind.Deleted && filter.Matches(change.Item);
        return (before, after) switch
        {
            (false, true) => writer.EventAsync("ADDED", change.Item, _cut),
            (true, true) => writer.EventAsync("MODIFIED", change.Item, _cut),

            // Sent in the last matching state, under the revision of the write that ended the match.
            (true, false) => writer.EventAsync(
                "DELETED",
                change.Kind == ChangeKind.Deleted ? change.Item : change.Previous!.WithRevision(change.Revision),
                _cut
            ),
            _ => new(true),
        };
    }
}
