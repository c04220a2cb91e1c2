using Vigia.Catalog;
using Vigia.Informers.Deltas;
using Vigia.Informers.Informing;
using Vigia.Kubernetes.Objects;
using Vigia.Live.Clusters;
using Vigia.Live.Notifications;

namespace Vigia.Live.Subscriptions;

/// <summary>One resource within a client's stream: where the client stands in it, and what comes next for it.</summary>
/// <remarks>
/// Pipeline step 6 (docs/architecture.md). The states: not opened (the informer is not there yet) → snapshot or resumed → live. Deltas are translated to the client's view here: an object that starts to match is added, one that stops
/// matching is deleted, whatever the API server called it.
/// </remarks>
internal sealed class StreamSource(FeedView view, PresetStream? preset, StreamDelivery delivery, SourceCursor? resume, ResetReason? mustReset, TimeProvider time) : IAsyncDisposable
{
    // Deltas are taken in groups so that one that comes in while a group is written waits in the log, not here.
    private const int Batch = 128;
    private const int LargestKept = 16;

    private readonly ResourceFeed _feed = view.Feed;
    private readonly List<Delta> _deltas = [];
    private SharedInformer? _informer;
    private DeltaCursor? _cursor;
    private SourceResumption? _resumption;
    private bool _syncing;
    private bool _isLive;
    private bool _isAtEnd;
    private bool _catchingUp;
    private readonly ViewTranslation _translation = new(view, preset);
    private ResetReason _resetReason;
    private readonly FreshnessTeller _teller = new(view, time);
    private object? _target;
    private IDisposable? _listening;
    private IDisposable? _rights;
    private Task? _awaited;

    public ResourceFeed Feed => _feed;

    public ResourceEntry Entry => _feed.Entry;

    public FeedView View => view;

    /// <summary>The part of a cursor: incomplete (no revision) until the first snapshot was sent whole.</summary>
    public SourceCursor Cursor { get; private set; } = resume ?? new SourceCursor(ResourceVersion.None, view.Feed.Origin, 0, 0);

    /// <summary>True until all that exists was sent: what is written then is this client's alone.</summary>
    public bool IsSyncing => _syncing;

    /// <summary>True where the last <see cref="PumpAsync"/> read the log to its end, so that there is nothing to look for before the next change.</summary>
    public bool IsAtEnd => _isAtEnd && _cursor is { } cursor && cursor.Position == _informer!.Log.Appended;

    /// <summary>Has <paramref name="signal"/> set whenever this source may have something new; true where it listens to something else than at the last call, and must be looked at once more.</summary>
    public bool Listen(Wakers wakers, WakeSignal signal)
    {
        if (!view.IsUnlimited && _rights is null)
        {
            _rights = view.Listen(wakers, signal);
        }

        if (_resumption?.NextChange is { } next && !ReferenceEquals(next, _awaited))
        {
            _awaited = next;
            signal.SetAfter(next);
        }

        object target = _informer is { } informer ? informer.Log : _feed;
        if (ReferenceEquals(target, _target))
        {
            return false;
        }

        _listening?.Dispose();
        _target = target;
        _listening = _informer is { } followed ? wakers.Join(followed.Log, () => followed.Log.NextChange, signal) : wakers.Join(_feed, () => _feed.NextChange, signal);
        return true;
    }

    /// <summary>Writes what is new to <paramref name="sink"/>; returns false where there was nothing.</summary>
    public async ValueTask<bool> PumpAsync(IStreamSink sink, CancellationToken cancellationToken)
    {
        _isAtEnd = false;
        if (_informer is null)
        {
            if (_feed.Informer is not { } informer)
            {
                return _teller.TellUnavailable(this, sink);
            }

            _informer = informer;
        }

        var told = _teller.Tell(this, _informer, sink);
        if (view.IsOutdated())
        {
            await ApplyRightsAsync(sink, cancellationToken);
            return true;
        }

        if (_resumption is { } resumption)
        {
            return await ResumeAsync(resumption, sink, cancellationToken) || told;
        }

        if (_cursor is null)
        {
            return await OpenAsync(sink, cancellationToken) || told;
        }

        return await PumpLogAsync(sink, cancellationToken) || told;
    }

    /// <summary>The feed is no more: what the client holds of it goes, and it is told why.</summary>
    public async ValueTask EndAsync(IStreamSink sink, CancellationToken cancellationToken)
    {
        if (_cursor is null || _syncing)
        {
            // What the client holds from before is not known here.
            sink.Reset(this, ResetReason.Filter);
            sink.Synced(this, 0);
        }
        else
        {
            while (await PumpLogAsync(sink, cancellationToken))
            {
            }

            var now = time.GetUtcNow();
            var written = 0;
            foreach (var o in _informer!.Store.List())
            {
                if (view.Sees(o))
                {
                    sink.Change(this, DeltaKind.Deleted, ChangeEncoder.Encode(_feed.Cluster, Entry, o, now, sink.Shape, preset, DeltaKind.Deleted));
                    if (++written % Batch == 0 || sink.IsFull)
                    {
                        await sink.FlushAsync(cancellationToken);
                    }
                }
            }
        }

        sink.Freshness(this, new Freshness(false, time.GetUtcNow(), _feed.Retired ?? $"{_feed.Name} is no more", null));
    }

    /// <summary>Listens no longer, and leaves the history that it reads.</summary>
    public ValueTask DisposeAsync()
    {
        _listening?.Dispose();
        _rights?.Dispose();
        return _resumption?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private async ValueTask<bool> OpenAsync(IStreamSink sink, CancellationToken cancellationToken)
    {
        if (mustReset is { } reason)
        {
            await SnapshotAsync(sink, reason, cancellationToken);
            return true;
        }

        // 1. The same process: exact, whatever revisions say.
        if (resume!.Origin == _feed.Origin && _informer!.Log.OpenAt(resume.Position, resume.Epoch, resume.Revision) is { } exact)
        {
            _cursor = exact;
            sink.Tally.PickedUp(StreamPickUp.Exact);
            return true;
        }

        // 2. Another replica's cursor. Before our own first list is complete nothing can be said.
        if (!_informer!.HasSynced)
        {
            return false;
        }

        _resumption = new SourceResumption(_feed, _informer, resume, view.Query.LabelSelectorText, time);
        return await ResumeAsync(_resumption, sink, cancellationToken);
    }

    /// <summary>Takes a client up again that was elsewhere; what it missed goes out as it comes.</summary>
    private async ValueTask<bool> ResumeAsync(SourceResumption resumption, IStreamSink sink, CancellationToken cancellationToken)
    {
        var step = await resumption.NextAsync(_deltas);
        foreach (var delta in _deltas)
        {
            Cursor = new SourceCursor(delta.Revision, "", 0, 0, delta.Change);
            if (_translation.Of(delta) is { } kind)
            {
                Send(sink, delta, kind);
            }
        }

        var sent = _deltas.Count > 0;
        Forget();
        switch (step)
        {
            case ResumptionStep.Joined:
                sink.Tally.PickedUp(resumption.PickUp);
                _cursor = resumption.Cursor;
                await EndResumptionAsync();
                return true;
            case ResumptionStep.Reset:
                sink.Tally.PickedUp(StreamPickUp.Reset);
                var reason = resumption.ResetReason;
                await EndResumptionAsync();
                await SnapshotAsync(sink, reason, cancellationToken);
                return true;
            default:
                return sent;
        }
    }

    private async ValueTask EndResumptionAsync()
    {
        await _resumption!.DisposeAsync();
        (_resumption, _awaited) = (null, null);
    }

    private async ValueTask SnapshotAsync(IStreamSink sink, ResetReason reason, CancellationToken cancellationToken)
    {
        var (snapshot, cursor) = _informer!.Log.OpenWithSnapshot();
        _cursor = cursor;
        _translation.Forget();
        _catchingUp = false;
        _syncing = true;
        _isLive = false;
        Cursor = new SourceCursor(ResourceVersion.None, _feed.Origin, cursor.Epoch, cursor.Position);
        sink.Reset(this, reason);
        var now = time.GetUtcNow();
        var written = 0;
        foreach (var o in snapshot)
        {
            if (view.Sees(o))
            {
                SendAdded(sink, o, now);
                if (++written % Batch == 0 || sink.IsFull)
                {
                    await sink.FlushAsync(cancellationToken);
                }
            }
        }

        await PumpLogAsync(sink, cancellationToken);
    }

    private async ValueTask<bool> PumpLogAsync(IStreamSink sink, CancellationToken cancellationToken)
    {
        var synced = _informer!.HasSynced;
        switch (await PumpDeltasAsync(sink, Batch, cancellationToken))
        {
            case CursorReading.Reset:
                await SnapshotAsync(sink, _resetReason, cancellationToken);
                return true;
            case CursorReading.Nothing when _syncing && synced:
                // All of the first list was read before this reading found nothing more.
                (_syncing, _isLive) = (false, true);
                Advance();
                sink.Synced(this, view.CountIn(_informer.Store));
                return true;
            case CursorReading.Nothing:
                (_isLive, _isAtEnd) = (true, true);
                return false;
            case CursorReading.Deltas:
                _isAtEnd = !_syncing;
                _isLive |= IsAtEnd;
                return true;
            default:
                return true;
        }
    }

    private async ValueTask<CursorReading> PumpDeltasAsync(IStreamSink sink, int most, CancellationToken cancellationToken)
    {
        var seen = _cursor!.Revision;
        var reading = _cursor.Read(_deltas, most);
        if (delivery == StreamDelivery.Every && !_syncing && (reading == CursorReading.CaughtUp ? _deltas.Exists(static delta => delta.IsFolded) : _informer!.Log.IsBridgedAfter(seen) || _deltas.Exists(static delta => delta.IsFromRelist)))
        {
            // Whoever wants every step is told that some cannot be had.
            _deltas.Clear();
            _resetReason = ResetReason.Expired;
            return CursorReading.Reset;
        }

        _resetReason = _cursor.ResetReason;
        _catchingUp = reading == CursorReading.CaughtUp;
        if (reading == CursorReading.Deltas)
        {
            // The client took up the thread before it was lost.
            _translation.Forget();
        }

        for (var i = 0; i < _deltas.Count; i++)
        {
            // The client holds everything before the last of the group only when it has the last; positions in between are known one by one, but for a catch-up.
            var delta = _deltas[i];
            if (i == _deltas.Count - 1)
            {
                Advance();
            }
            else if (reading == CursorReading.Deltas)
            {
                AdvanceTo(delta);
            }

            if (_translation.Of(delta) is { } kind)
            {
                Send(sink, delta, kind);
            }

            if (i % Batch == Batch - 1 || sink.IsFull)
            {
                await sink.FlushAsync(cancellationToken);
            }
        }

        if (_catchingUp)
        {
            _catchingUp = false;
            _translation.Forget();
        }

        if (_deltas.Count == 0 && reading != CursorReading.Reset)
        {
            Advance();
        }

        Forget();
        return reading;
    }

    /// <summary>What may no longer be seen leaves, what may now be seen comes. All that happened before goes out first, through the rights as they were.</summary>
    private async ValueTask ApplyRightsAsync(IStreamSink sink, CancellationToken cancellationToken)
    {
        if (_resumption is not null)
        {
            // What the client holds is only known once the log has taken over.
            await EndResumptionAsync();
            view.Refresh();
            await SnapshotAsync(sink, ResetReason.Filter, cancellationToken);
            return;
        }

        if (_cursor is null)
        {
            // Nothing was sent yet; what the client brought was made with other rights.
            view.Refresh();
            mustReset ??= ResetReason.Filter;
            return;
        }

        // 1. Up to one moment, of which the store's whole state is known.
        var (snapshot, end) = _informer!.Log.OpenWithSnapshot();
        while (_cursor.Position != end.Position)
        {
            var missing = _cursor.Position < 0 ? Batch : (int)Math.Min(Batch, end.Position - _cursor.Position);
            if (await PumpDeltasAsync(sink, missing, cancellationToken) == CursorReading.Reset)
            {
                view.Refresh();
                await SnapshotAsync(sink, _resetReason, cancellationToken);
                return;
            }

            if (_cursor.Position > end.Position)
            {
                // It was caught up, which leads to now.
                (snapshot, end) = _informer.Log.OpenWithSnapshot();
            }
        }

        // 2. The difference between the views of that moment.
        var before = view.Refresh();
        var now = time.GetUtcNow();
        var written = 0;
        foreach (var o in snapshot)
        {
            if (!before.TryGetValue(o.Namespace, out var allowed) || !view.Query.Matches(o, Entry))
            {
                continue;
            }

            sink.Change(this, allowed ? DeltaKind.Added : DeltaKind.Deleted, allowed ? ChangeEncoder.Encode(_feed.Cluster, Entry, o, now, sink.Shape, preset) : ChangeEncoder.EncodeForbidden(_feed.Cluster, Entry, o, now));
            if (++written % Batch == 0 || sink.IsFull)
            {
                await sink.FlushAsync(cancellationToken);
            }
        }
    }

    private void SendAdded(IStreamSink sink, RawObject o, DateTimeOffset now)
    {
        if (sink is IDeltaSink plain)
        {
            plain.Change(this, DeltaKind.Added, Delta.Create(DeltaKind.Added, null, o, o.ResourceVersion, now));
        }
        else
        {
            sink.Change(this, DeltaKind.Added, ChangeEncoder.Encode(_feed.Cluster, Entry, o, now, sink.Shape, preset));
        }
    }

    private void Send(IStreamSink sink, Delta delta, DeltaKind kind)
    {
        sink.Tally.Carry(delta, _isLive);
        if (sink is IDeltaSink plain)
        {
            plain.Change(this, kind, delta);
        }
        else
        {
            sink.Change(this, kind, Encode(delta, kind, sink.Shape));
        }
    }

    /// <summary>An idle stream holds no changes, and no room for them.</summary>
    private void Forget()
    {
        _deltas.Clear();
        if (_deltas.Capacity > LargestKept)
        {
            _deltas.Capacity = 0;
        }
    }

    private ReadOnlyMemory<byte> Encode(Delta delta, DeltaKind kind, ChangeShape shape)
        => preset is null ? ChangeEncoder.Encode(_feed.Cluster, Entry, delta, shape) : ChangeEncoder.Encode(_feed.Cluster, Entry, delta, shape, preset, kind);

    /// <inheritdoc cref="ViewTranslation.Remember"/>
    public void RememberMembers()
    {
        if (_cursor is { Position: >= 0 } cursor && !_syncing && !_catchingUp)
        {
            _translation.Remember(_informer!.Log, cursor);
        }
    }

    private void Advance()
    {
        if (!_syncing)
        {
            Cursor = new SourceCursor(_cursor!.Revision, _feed.Origin, _cursor.Epoch, _cursor.Position, LastOf(_cursor.Change));
        }
    }

    private void AdvanceTo(Delta delta)
    {
        if (!_syncing)
        {
            Cursor = new SourceCursor(delta.ResumeAt.IsOlderThan(Cursor.Revision) ? Cursor.Revision : delta.ResumeAt, _feed.Origin, _cursor!.Epoch, delta.Position, LastOf(delta.Change));
        }
    }

    /// <summary>The change, or the last one before it that is known.</summary>
    private ChangeMark LastOf(ChangeMark change) => change.IsNone ? Cursor.Change : change;
}
