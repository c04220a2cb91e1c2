using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Notifications;

namespace Vigia.Live.Subscriptions;

/// <summary>
/// One client's view of one feed: filtered, authorised and resumable. Sends the changes of the delta log from this
/// client's view: an object that starts to match is added, one that stops matching is deleted.
/// </summary>
/// <remarks>
/// Its state is one <see cref="SubscriptionState"/>, changed only by <see cref="SubscriptionMachine"/>. For one user at
/// a time: a loop that calls <see cref="Listen"/>, then <see cref="PumpAsync"/>, and waits for the signal.
/// </remarks>
internal sealed class LiveSubscription : IAsyncDisposable
{
    private readonly SourceCursor? _resume;
    private readonly TimeProvider _time;
    private readonly FreshnessNotifier _freshness;
    private readonly ChangeSender _sender;
    private readonly SubscriptionLog _log;
    private ResetReason? _mustReset;
    private SourceResumption? _resumption;
    private bool _isAtEnd;
    private object? _target;
    private IDisposable? _listening;
    private IDisposable? _rights;
    private Task? _awaited;

    /// <summary>Creates a subscription; nothing happens before the first <see cref="PumpAsync"/>.</summary>
    /// <param name="view">The client's view.</param>
    /// <param name="preset">The ready-made stream that it is part of; null for none.</param>
    /// <param name="delivery">The delivery if the client lags.</param>
    /// <param name="resume">The client's cursor; null only together with a reason for a reset.</param>
    /// <param name="mustReset">
    /// Why the client has to start from a snapshot; null if its cursor may be resumed.
    /// </param>
    /// <param name="time">The clock.</param>
    public LiveSubscription(
        FeedView view,
        PresetStream? preset,
        StreamDelivery delivery,
        SourceCursor? resume,
        ResetReason? mustReset,
        TimeProvider time
    )
    {
        (View, _resume, _mustReset, _time) = (view, resume, mustReset, time);
        _freshness = new FreshnessNotifier(view, time);
        _sender = new ChangeSender(this, preset);
        _log = new SubscriptionLog(this, preset, delivery, _sender, resume);
    }

    /// <summary>The client's view.</summary>
    public FeedView View { get; }

    /// <summary>The feed that it follows.</summary>
    public ResourceFeed Feed => View.Feed;

    /// <summary>The resource.</summary>
    public ResourceEntry Entry => Feed.Entry;

    /// <summary>Its state.</summary>
    public SubscriptionState State { get; private set; }

    /// <summary>
    /// This resource's part of the client's resume cursor: without a revision until the first snapshot was sent whole.
    /// </summary>
    public SourceCursor Cursor => _log.Cursor;

    /// <summary>True until all objects of a snapshot were sent: that output is for this client alone.</summary>
    public bool IsSyncing => State == SubscriptionState.Syncing;

    /// <summary>
    /// True if the last <see cref="PumpAsync"/> read the log to its end, so that there is nothing to look for before
    /// the next change.
    /// </summary>
    public bool IsAtEnd => _isAtEnd && _log.IsAtEnd;

    /// <summary>
    /// Has <paramref name="signal"/> set whenever there may be something new; true if it listens to something else
    /// than at the last call, and must be looked at once more.
    /// </summary>
    public bool Listen(ChangeNotifier notifier, AsyncSignal signal)
    {
        if (!View.IsUnlimited && _rights is null)
        {
            _rights = View.Listen(notifier, signal);
        }

        if (_resumption?.NextChange is { } next && !ReferenceEquals(next, _awaited))
        {
            _awaited = next;
            signal.SetAfter(next);
        }

        var feed = Feed;
        object target = _log.Informer is { } informer ? informer.Log : feed;
        if (ReferenceEquals(target, _target))
        {
            return false;
        }

        _listening?.Dispose();
        _target = target;
        _listening = _log.Informer is { } followed
            ? notifier.Join(followed.Log, () => followed.Log.NextChange, signal)
            : notifier.Join(feed, () => feed.NextChange, signal);
        return true;
    }

    /// <summary>Writes new changes to <paramref name="sink"/>; false if there were none.</summary>
    public async ValueTask<bool> PumpAsync(IStreamSink sink, CancellationToken cancellationToken)
    {
        _isAtEnd = false;
        _log.Informer ??= Feed.Informer;
        if (_log.Informer is not { } informer)
        {
            return _freshness.TellUnavailable(this, sink);
        }

        var told = _freshness.Tell(this, informer, sink);
        if (View.IsOutdated())
        {
            await ApplyRightsAsync(sink, cancellationToken);
            return true;
        }

        var any = State switch
        {
            SubscriptionState.Opening => await OpenAsync(sink, informer, cancellationToken),
            SubscriptionState.Bridging when _resumption is { } resumption => await ReplayAsync(sink, resumption, cancellationToken),
            SubscriptionState.Ended => false,
            _ => await FollowAsync(sink, informer, cancellationToken),
        };
        return any || told;
    }

    /// <summary>The feed was removed: the client's objects of it are deleted, and <c>degraded</c> says why.</summary>
    public async ValueTask EndAsync(IStreamSink sink, CancellationToken cancellationToken)
    {
        if (IsSyncing || !_log.IsOpen)
        {
            // The client's earlier objects are not known here.
            sink.Reset(this, ResetReason.Filter);
            sink.Synced(this, 0);
        }
        else
        {
            while (await FollowAsync(sink, _log.Informer!, cancellationToken)) { }

            var now = _time.GetUtcNow();
            await SendSeenAsync(sink, _log.Informer!.Store.List(), o => _sender.SendGone(sink, o, now), cancellationToken);
        }

        State = SubscriptionMachine.Next(State, SubscriptionStep.Ended);
        sink.Freshness(this, new Freshness(false, _time.GetUtcNow(), Feed.Retired ?? $"{Feed.Name} is retired", null));
    }

    /// <inheritdoc cref="ViewTranslation.Remember"/>
    public void RememberMembers() => _log.RememberMembers();

    /// <summary>Listens no longer, and leaves the history that it reads.</summary>
    public ValueTask DisposeAsync()
    {
        _listening?.Dispose();
        _rights?.Dispose();
        return _resumption?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private async ValueTask<bool> OpenAsync(IStreamSink sink, SharedInformer informer, CancellationToken cancellationToken)
    {
        if (_mustReset is { } reason)
        {
            await ResetAsync(sink, reason, cancellationToken);
            return true;
        }

        // 1. A cursor of this process.
        if (_log.TryOpenExact(_resume!))
        {
            sink.Tally.PickedUp(StreamPickUp.Exact);
            State = SubscriptionMachine.Next(State, SubscriptionStep.Resumed);
            return true;
        }

        // 2. A cursor of another replica. Before the first list is complete it cannot be compared with anything.
        if (!informer.HasSynced)
        {
            return false;
        }

        _resumption = new SourceResumption(Feed, informer, _resume!, View.Query.LabelSelectorText, _time);
        State = SubscriptionMachine.Next(State, SubscriptionStep.Resumed);
        return await ReplayAsync(sink, _resumption, cancellationToken);
    }

    /// <summary>Sends the changes that a client missed while it was at another replica, or nowhere.</summary>
    private async ValueTask<bool> ReplayAsync(IStreamSink sink, SourceResumption resumption, CancellationToken cancellationToken)
    {
        var (step, any) = await _log.ReplayAsync(resumption, sink);
        switch (step)
        {
            case ResumptionStep.Joined:
                sink.Tally.PickedUp(resumption.PickUp);
                _log.Open(resumption.Cursor!);
                await EndResumptionAsync(resumption);
                return true;
            case ResumptionStep.Reset:
                sink.Tally.PickedUp(StreamPickUp.Reset);
                await EndResumptionAsync(resumption);
                await ResetAsync(sink, resumption.ResetReason, cancellationToken);
                return true;
            default:
                return any;
        }
    }

    private async ValueTask EndResumptionAsync(SourceResumption resumption)
    {
        await resumption.DisposeAsync();
        (_resumption, _awaited) = (null, null);
    }

    /// <summary>The client starts again: <c>reset</c>, all objects that it may see, and the changes since.</summary>
    private async ValueTask ResetAsync(IStreamSink sink, ResetReason reason, CancellationToken cancellationToken)
    {
        var snapshot = _log.OpenWithSnapshot();
        State = SubscriptionMachine.Next(State, SubscriptionStep.Reset);
        sink.Reset(this, reason);
        var now = _time.GetUtcNow();
        await SendSeenAsync(sink, snapshot, o => _sender.SendAdded(sink, o, now), cancellationToken);
        await FollowAsync(sink, _log.Informer!, cancellationToken);
    }

    /// <summary>Reads the log; false if there was nothing.</summary>
    private async ValueTask<bool> FollowAsync(IStreamSink sink, SharedInformer informer, CancellationToken cancellationToken)
    {
        var synced = informer.HasSynced;
        switch (await _log.ReadAsync(sink, SubscriptionLog.Batch, cancellationToken))
        {
            case CursorReading.Reset:
                await ResetAsync(sink, _log.ResetReason, cancellationToken);
                return true;
            case CursorReading.Nothing when IsSyncing && synced:
                // All of the first list was read before this reading found nothing more.
                State = SubscriptionMachine.Next(State, SubscriptionStep.Synced);
                _log.Advance();
                sink.Synced(this, View.CountIn(informer.Store));
                return true;
            case CursorReading.Nothing:
                State = SubscriptionMachine.Next(State, SubscriptionStep.ReachedEnd);
                _isAtEnd = true;
                return false;
            case CursorReading.Deltas:
                _isAtEnd = !IsSyncing;
                if (IsAtEnd)
                {
                    State = SubscriptionMachine.Next(State, SubscriptionStep.ReachedEnd);
                }

                return true;
            default:
                return true;
        }
    }

    /// <summary>
    /// Objects that may no longer be seen leave, newly visible ones are added. Earlier changes are sent first, with the
    /// previous rights.
    /// </summary>
    private async ValueTask ApplyRightsAsync(IStreamSink sink, CancellationToken cancellationToken)
    {
        if (_resumption is { } resumption)
        {
            // The client's objects are known only once the log has taken over.
            await EndResumptionAsync(resumption);
            View.Refresh();
            await ResetAsync(sink, ResetReason.Filter, cancellationToken);
            return;
        }

        if (!_log.IsOpen)
        {
            // Nothing was sent yet; the client's cursor was made with other rights.
            View.Refresh();
            _mustReset ??= ResetReason.Filter;
            return;
        }

        // 1. Up to one moment, at which all objects are known.
        if (await _log.ReadToSnapshotAsync(sink, cancellationToken) is not { } snapshot)
        {
            View.Refresh();
            await ResetAsync(sink, _log.ResetReason, cancellationToken);
            return;
        }

        // 2. The difference between the views of that moment.
        var changed = View.Refresh();
        var now = _time.GetUtcNow();
        var written = 0;
        foreach (var o in snapshot)
        {
            if (changed.TryGetValue(o.Namespace, out var isAllowed) && View.Query.Matches(o, Entry))
            {
                _sender.SendByRights(sink, o, now, isAllowed);
                await FlushNowAndThenAsync(sink, ++written, cancellationToken);
            }
        }
    }

    private async ValueTask SendSeenAsync(
        IStreamSink sink,
        ObjectSnapshot objects,
        Action<RawObject> send,
        CancellationToken cancellationToken
    )
    {
        var written = 0;
        foreach (var o in objects)
        {
            if (View.Sees(o))
            {
                send(o);
                await FlushNowAndThenAsync(sink, ++written, cancellationToken);
            }
        }
    }

    private static ValueTask FlushNowAndThenAsync(IStreamSink sink, int written, CancellationToken cancellationToken) =>
        written % SubscriptionLog.Batch == 0 || sink.IsFull ? sink.FlushAsync(cancellationToken) : ValueTask.CompletedTask;
}
