using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Live.Subscriptions;

/// <summary>
/// A subscription's position in the delta log: reads changes, translates them to the client's view, sends them, and
/// keeps the client's resume cursor in step.
/// </summary>
/// <remarks>For one reader at a time.</remarks>
internal sealed class SubscriptionLog
{
    /// <summary>
    /// How many changes are taken at once: a change that arrives while a group is written waits in the log, not here.
    /// </summary>
    public const int Batch = 128;

    private const int LargestKept = 16;

    private readonly LiveSubscription _subscription;
    private readonly StreamDelivery _delivery;
    private readonly ChangeSender _sender;
    private readonly ViewTranslation _translation;
    private readonly List<Delta> _deltas = [];
    private DeltaCursor? _cursor;
    private bool _isCatchingUp;

    /// <summary>Creates a place in no log yet.</summary>
    /// <param name="subscription">Its subscription, whose state decides whether the resume cursor moves.</param>
    /// <param name="preset">The ready-made stream that it is part of; null for none.</param>
    /// <param name="delivery">The delivery if the client lags.</param>
    /// <param name="sender">Sends the changes.</param>
    /// <param name="resume">The client's cursor; null if it brought none.</param>
    public SubscriptionLog(
        LiveSubscription subscription,
        PresetStream? preset,
        StreamDelivery delivery,
        ChangeSender sender,
        SourceCursor? resume
    )
    {
        (_subscription, _delivery, _sender) = (subscription, delivery, sender);
        _translation = new ViewTranslation(subscription.View, preset);
        Cursor = resume ?? new SourceCursor(ResourceVersion.None, Origin, 0, 0);
    }

    /// <summary>The informer whose log is read; null before it runs.</summary>
    public SharedInformer? Informer { get; set; }

    /// <summary>
    /// The client's resume cursor. It has no revision until the first snapshot was sent whole: a client that is cut off
    /// before starts again.
    /// </summary>
    public SourceCursor Cursor { get; private set; }

    /// <summary>True once the log was opened.</summary>
    public bool IsOpen => _cursor is not null;

    /// <summary>True if every change of the log was read.</summary>
    public bool IsAtEnd => _cursor is { } cursor && cursor.Position == Informer!.Log.Appended;

    /// <summary>Why the last <see cref="ReadAsync"/> ended in <see cref="CursorReading.Reset"/>.</summary>
    public ResetReason ResetReason { get; private set; }

    /// <summary>
    /// Opens the log where a client of this very process stopped: exact, whatever revisions say. False if it cannot.
    /// </summary>
    public bool TryOpenExact(SourceCursor resume)
    {
        if (resume.Origin == Origin && Informer!.Log.OpenAt(resume.Position, resume.Epoch, resume.Revision) is { } exact)
        {
            _cursor = exact;
            return true;
        }

        return false;
    }

    /// <summary>Opens the log at a place that was found by its history.</summary>
    public void Open(DeltaCursor cursor) => _cursor = cursor;

    /// <summary>Opens the log together with the objects that exist at that place.</summary>
    public ObjectSnapshot OpenWithSnapshot()
    {
        var (snapshot, cursor) = Informer!.Log.OpenWithSnapshot();
        _cursor = cursor;
        _translation.Forget();
        _isCatchingUp = false;
        Cursor = new SourceCursor(ResourceVersion.None, Origin, cursor.Epoch, cursor.Position);
        return snapshot;
    }

    /// <summary>Takes the next step of a resumption and sends the changes that the client missed.</summary>
    public async ValueTask<(ResumptionStep Step, bool Any)> ReplayAsync(SourceResumption resumption, IStreamSink sink)
    {
        var step = await resumption.NextAsync(_deltas);
        foreach (var delta in _deltas)
        {
            Cursor = new SourceCursor(delta.Revision, "", 0, 0, delta.Change);
            if (_translation.Of(delta) is { } kind)
            {
                _sender.Send(sink, delta, kind);
            }
        }

        var any = _deltas.Count > 0;
        Clear();
        return (step, any);
    }

    /// <summary>Reads a group of changes and sends them.</summary>
    /// <param name="sink">Receives them.</param>
    /// <param name="most">The maximum number.</param>
    /// <param name="cancellationToken">The client left.</param>
    public async ValueTask<CursorReading> ReadAsync(IStreamSink sink, int most, CancellationToken cancellationToken)
    {
        var seen = _cursor!.Revision;
        var reading = _cursor.Read(_deltas, most);
        if (_delivery == StreamDelivery.Every && !_subscription.IsSyncing && LeavesOut(reading, seen))
        {
            // A client that wants every step is reset where some are missing.
            _deltas.Clear();
            ResetReason = ResetReason.Expired;
            return CursorReading.Reset;
        }

        ResetReason = _cursor.ResetReason;
        _isCatchingUp = reading == CursorReading.CaughtUp;
        if (reading == CursorReading.Deltas)
        {
            // The client reads in order again.
            _translation.Forget();
        }

        for (var i = 0; i < _deltas.Count; i++)
        {
            // The client holds everything before the last of the group only when it has the last. Positions in between
            // are known one by one, except in a catch-up.
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
                _sender.Send(sink, delta, kind);
            }

            if (i % Batch == Batch - 1 || sink.IsFull)
            {
                await sink.FlushAsync(cancellationToken);
            }
        }

        if (_isCatchingUp)
        {
            _isCatchingUp = false;
            _translation.Forget();
        }

        if (_deltas.Count == 0 && reading != CursorReading.Reset)
        {
            Advance();
        }

        Clear();
        return reading;
    }

    /// <summary>Reads on to a moment at which all objects are known.</summary>
    /// <returns>
    /// The objects of that moment; null if the log no longer reaches there: <see cref="ResetReason"/> says why.
    /// </returns>
    public async ValueTask<ObjectSnapshot?> ReadToSnapshotAsync(IStreamSink sink, CancellationToken cancellationToken)
    {
        var (snapshot, end) = Informer!.Log.OpenWithSnapshot();
        while (_cursor!.Position != end.Position)
        {
            var missing = _cursor.Position < 0 ? Batch : (int)Math.Min(Batch, end.Position - _cursor.Position);
            if (await ReadAsync(sink, missing, cancellationToken) == CursorReading.Reset)
            {
                return null;
            }

            if (_cursor.Position > end.Position)
            {
                // It was caught up, which leads to now.
                (snapshot, end) = Informer.Log.OpenWithSnapshot();
            }
        }

        return snapshot;
    }

    /// <inheritdoc cref="ViewTranslation.Remember"/>
    public void RememberMembers()
    {
        if (_cursor is { Position: >= 0 } cursor && !_subscription.IsSyncing && !_isCatchingUp)
        {
            _translation.Remember(Informer!.Log, cursor);
        }
    }

    private string Origin => _subscription.Feed.Origin;

    private bool LeavesOut(CursorReading reading, ResourceVersion seen) =>
        reading == CursorReading.CaughtUp
            ? _deltas.Exists(static delta => delta.IsFolded)
            : Informer!.Log.IsBridgedAfter(seen) || _deltas.Exists(static delta => delta.IsFromRelist);

    /// <summary>An idle stream holds no changes, and no room for them.</summary>
    private void Clear()
    {
        _deltas.Clear();
        if (_deltas.Capacity > LargestKept)
        {
            _deltas.Capacity = 0;
        }
    }

    /// <summary>
    /// The client has everything that was read. While a snapshot is being sent the resume cursor stays where it is.
    /// </summary>
    public void Advance()
    {
        if (!_subscription.IsSyncing)
        {
            Cursor = new SourceCursor(_cursor!.Revision, Origin, _cursor.Epoch, _cursor.Position, LastOf(_cursor.Change));
        }
    }

    private void AdvanceTo(Delta delta)
    {
        if (!_subscription.IsSyncing)
        {
            var revision = delta.ResumeAt.IsOlderThan(Cursor.Revision) ? Cursor.Revision : delta.ResumeAt;
            Cursor = new SourceCursor(revision, Origin, _cursor!.Epoch, delta.Position, LastOf(delta.Change));
        }
    }

    /// <summary>The change, or the last one before it that is known.</summary>
    private ChangeMark LastOf(ChangeMark change) => change.IsNone ? Cursor.Change : change;
}
