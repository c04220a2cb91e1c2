using Vigia.Live.Clusters;
using Vigia.Live.Notifications;
using Vigia.Live.Rights;

namespace Vigia.Live.Subscriptions;

/// <summary>The sources of one stream, as clusters and resources come and go under it.</summary>
/// <remarks>
/// <b>Guarantees.</b> A cluster that is added joins (its objects are <c>added</c>); one that is removed leaves: its
/// objects are <c>deleted</c>, then <c>degraded</c> says why; one whose feed was replaced (columns, version) is
/// <c>reset</c>. One user at a time; <see cref="Sources"/> changes only within <see cref="RefreshAsync"/>.
/// </remarks>
internal sealed class SubscriptionSet : IAsyncDisposable
{
    private readonly List<LiveSubscription> _sources;
    private readonly List<LiveSubscription> _ended;
    private readonly FeedSelection _selection;
    private readonly Queue<ResourceFeed> _joining = new();
    private IDisposable? _listening;
    private readonly Func<ResourceFeed, CancellationToken, ValueTask<LiveSubscription>> _join;

    /// <summary>Creates a set of the current feeds.</summary>
    /// <param name="selection">Its feeds; it was refreshed, and <paramref name="sources"/> are its result.</param>
    /// <param name="sources">The sources to begin with, one for each of the selection's feeds.</param>
    /// <param name="ended">Sources of the client's cursor that no longer exist: the client is informed first.</param>
    /// <param name="join">Makes the source of a feed that joins.</param>
    public SubscriptionSet(
        FeedSelection selection,
        IEnumerable<LiveSubscription> sources,
        IEnumerable<LiveSubscription> ended,
        Func<ResourceFeed, CancellationToken, ValueTask<LiveSubscription>> join
    )
    {
        (_selection, _join) = (selection, join);
        _sources = [.. sources];
        _ended = [.. ended];
    }

    /// <summary>The sources now: a live view.</summary>
    public IReadOnlyList<LiveSubscription> Sources => _sources;

    /// <summary>
    /// Has <paramref name="signal"/> set whenever there may be something new in any of them, or one may join or leave;
    /// true if that is more or other than at the last call.
    /// </summary>
    public bool Listen(ChangeNotifier notifier, AsyncSignal signal)
    {
        var any = _listening is null;
        _listening ??= notifier.Join(_selection.Source, () => _selection.NextChange, signal);
        for (var i = 0; i < _sources.Count; i++)
        {
            any |= _sources[i].Listen(notifier, signal);
        }

        return any;
    }

    /// <summary>
    /// Registers for notification, then writes the new changes of every source, and of those that join and leave; false
    /// if there were none. See <see cref="IsAtEnd"/>.
    /// </summary>
    public async ValueTask<bool> PumpAsync(
        IStreamSink sink,
        ChangeNotifier notifier,
        AsyncSignal signal,
        CancellationToken cancellationToken
    )
    {
        // 1. Before looking, so that nothing can slip in between.
        Listen(notifier, signal);
        var any = await RefreshAsync(sink, cancellationToken);
        var isElsewhere = Listen(notifier, signal);

        // 2. A source that has much writes it in groups, so that others get their turn.
        for (var i = 0; i < _sources.Count; i++)
        {
            any |= await _sources[i].PumpAsync(sink, cancellationToken);
        }

        // 3. A source that has come further listens to something else now, and must be looked at once more.
        isElsewhere |= Listen(notifier, signal);
        IsAtEnd = !isElsewhere && _sources.TrueForAll(static source => source.IsAtEnd);
        return any | isElsewhere;
    }

    /// <summary>
    /// True if the last <see cref="PumpAsync"/> left nothing behind: whatever comes sets the signal. Else it is to
    /// be called again.
    /// </summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Lets sources join and leave, telling the client; false if nothing was written.</summary>
    public async ValueTask<bool> RefreshAsync(IStreamSink sink, CancellationToken cancellationToken)
    {
        var any = false;
        foreach (var gone in _ended)
        {
            await gone.EndAsync(sink, cancellationToken);
            any = true;
        }

        _ended.Clear();
        if (!_selection.Refresh(out var joined, out var left))
        {
            return any | await JoinAsync(cancellationToken);
        }

        foreach (var feed in left)
        {
            if (_sources.Find(source => source.Feed == feed) is not { } source)
            {
                // It was still to join.
                continue;
            }

            // Removed from the cursor first: a client that is disconnected in the middle is informed again when it
            // returns.
            _sources.Remove(source);
            if (!feed.IsReplaced)
            {
                await source.EndAsync(sink, cancellationToken);
                any = true;
            }

            await source.DisposeAsync();
        }

        foreach (var feed in joined)
        {
            _joining.Enqueue(feed);
        }

        await JoinAsync(cancellationToken);
        return any;
    }

    /// <summary>
    /// Creates the sources of feeds that join; false if there were none. If access cannot be reviewed now, the feed
    /// joins later: the next pump tries again, the other sources continue.
    /// </summary>
    private async ValueTask<bool> JoinAsync(CancellationToken cancellationToken)
    {
        var any = false;
        while (_joining.TryPeek(out var feed))
        {
            if (feed.Retired is null)
            {
                try
                {
                    _sources.Add(await _join(feed, cancellationToken));
                    any = true;
                }
                catch (AccessUnavailableException)
                {
                    return any;
                }
            }

            _joining.Dequeue();
        }

        return any;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _listening?.Dispose();
        foreach (var source in _sources)
        {
            await source.DisposeAsync();
        }
    }
}
