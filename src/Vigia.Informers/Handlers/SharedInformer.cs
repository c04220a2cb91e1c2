using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Informers.Handlers;
using Vigia.Informers.Reflecting;
using Vigia.Informers.Transforming;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>
/// The live state of one resource of one cluster, shared by everybody: one reflector, one store, one log (client-go's
/// <c>SharedIndexInformer</c>).
/// </summary>
/// <remarks>
/// <b>Guarantees.</b>
/// <para>
/// The store passes through states of the server, in order, but not through each of them: of changes while a watch was
/// down it sees the outcome. It never goes back, unless the server does; then every consumer is reset
/// (<see cref="ResetReason.Restored"/>).
/// </para>
/// <para>
/// A consumer is a cursor over <see cref="Log"/>. Per object it receives every change in order, or folded steps, or a
/// reset. Unchanged objects of a relist are not delivered.
/// </para>
/// <para>
/// <see cref="HasSynced"/> and <see cref="Status"/> answer two questions: is the first list complete (never taken
/// back), and is the cache live.
/// </para>
/// <para>
/// All members are thread-safe. The creator of the informer must dispose of it; handlers and cursors may be left to it.
/// </para>
/// </remarks>
public sealed partial class SharedInformer : IAsyncDisposable
{
    private readonly Reflector _reflector;
    private readonly CacheWriter _writer;
    private readonly InformerAudits _audits;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<HandlerRegistration> _handlers = [];
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly TaskScheduler _scheduler;
    private Task<Task>? _loop;
    private Task<Task>? _auditing;
    private DateTimeOffset? _started;
    private bool _stopped;
    private TaskCompletionSource? _disposal;
    private ReflectorState _state = ReflectorState.Start(streamingList: false);
    private ReflectorActivity _activity = ReflectorActivity.Waiting;
    private Freshness _freshness;
    private readonly int _circuitThreshold;
    private long _lists;
    private long _watches;
    private long _retries;

    /// <summary>Creates an informer; nothing is sent before <see cref="Start"/>.</summary>
    public SharedInformer(IListerWatcher source, SharedInformerOptions? options = null, TimeProvider? time = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new SharedInformerOptions();
        Time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger.Instance;
        Cluster = source.Cluster;
        Resource = source.Resource;
        _scheduler = options.Scheduler;
        _circuitThreshold = options.Reflector.Backoff.CircuitThreshold;
        source = options.Transform is { } transform ? new TransformingListerWatcher(source, transform, Counters, _logger) : source;
        Source = source;
        Store = new Store(OnIndexFailure);
        Log = new DeltaLog(Store, options.Log, Time);
        _freshness = new Freshness(false, Time.GetUtcNow(), "not started", null);
        _writer = new CacheWriter(Store, Log, Counters, Time) { OnReport = OnReport, OnListed = OnListed };
        _reflector = new Reflector(
            source,
            _writer,
            Counters,
            options.Reflector,
            Time,
            options.Seed == 0 ? new Random() : new Random(options.Seed),
            _logger
        );
        _audits = new InformerAudits(
            this,
            _reflector,
            options.Audit,
            options.Reflector.PageSize,
            options.Seed == 0 ? new Random() : new Random(~options.Seed),
            _logger
        );
    }

    /// <summary>The cluster's name.</summary>
    public string Cluster { get; }

    /// <summary>The resource.</summary>
    public GroupVersionResource Resource { get; }

    /// <summary>The source of lists and watches, for direct access to the server's own history.</summary>
    public IListerWatcher Source { get; }

    /// <summary>The current state.</summary>
    public Store Store { get; }

    /// <summary>The changes.</summary>
    public DeltaLog Log { get; }

    /// <summary>Its counters.</summary>
    public InformerCounters Counters { get; } = new();

    /// <summary>
    /// True once the store has the first list; never false again. It does not mean that the cache is live: see
    /// <see cref="Status"/>.
    /// </summary>
    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    /// <summary>
    /// Ends when <see cref="HasSynced"/> becomes true; is cancelled when the informer is stopped before.
    /// </summary>
    public Task WhenSynced => _synced.Task;

    /// <summary>
    /// State, freshness and counts at this moment. A change of it also ends <see cref="DeltaLog.NextChange"/>.
    /// </summary>
    public InformerStatus Status
    {
        get
        {
            lock (_gate)
            {
                var last = _writer.Last;
                return new(
                    StateLocked(),
                    HasSynced,
                    Store.Count,
                    _freshness,
                    _state.Failures,
                    _retries,
                    last.Event,
                    last.Bookmark,
                    _lists,
                    _watches,
                    Log.Revision.ToString(),
                    _audits.Last,
                    _started,
                    last.List,
                    _handlers.Count,
                    _handlers.Count(handler => handler.HasSynced)
                );
            }
        }
    }

    /// <summary>
    /// Live, or stale since when and why. Cheaper than <see cref="Status"/>: the same object while nothing changes.
    /// </summary>
    public Freshness Freshness => Volatile.Read(ref _freshness);

    internal TimeProvider Time { get; }

    internal long? SyncedAt => HasSynced ? _writer.SyncedAt : null;

    /// <summary>Starts to list and watch. A second call does nothing.</summary>
    /// <exception cref="InvalidOperationException">It was stopped: make a new one.</exception>
    public void Start()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                throw new InvalidOperationException(
                    $"the informer of {Resource.GroupResource} in {Cluster} was stopped and cannot be restarted; create a new one"
                );
            }

            if (_loop is not null)
            {
                return;
            }

            // The loops start outside of the lock: the scheduler is user code, and may run them at once.
            _started = Time.GetUtcNow();
            _loop = new Task<Task>(() => _reflector.RunAsync(_stopping.Token), CancellationToken.None, TaskCreationOptions.DenyChildAttach);
            _auditing = new Task<Task>(
                () => _audits.RunAsync(_stopping.Token),
                CancellationToken.None,
                TaskCreationOptions.DenyChildAttach
            );
        }

        InformerMetrics.Register(this);
        _loop.Start(_scheduler);
        _auditing.Start(_scheduler);
    }

    /// <summary>
    /// If it waits after a failure, it retries now. For a caller that knows that the cause is gone (the server answers
    /// others, the credentials are new).
    /// </summary>
    public void RetryNow() => _reflector.RetryNow();

    /// <summary>
    /// Adds a handler, at any time: it receives all current objects as additions of the initial list, then every change
    /// from exactly there. The same handler may be added twice: those are two registrations.
    /// </summary>
    /// <param name="handler">The handler.</param>
    /// <param name="resync">
    /// The interval at which the handler receives all cached objects again, each as an Updated delta whose old and new
    /// version are the same object (client-go's <c>AddEventHandlerWithResyncPeriod</c>); no request is sent. Null
    /// (default) for never: no change is missed, so this is for handlers that also act on systems outside of
    /// Kubernetes.
    /// </param>
    /// <exception cref="InvalidOperationException">The informer was stopped.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A period that is not positive.</exception>
    public HandlerRegistration AddHandler(IResourceEventHandler handler, TimeSpan? resync = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(resync ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(resync));
        HandlerRegistration registration;
        lock (_gate)
        {
            if (_stopped)
            {
                throw new InvalidOperationException(
                    $"the informer of {Resource.GroupResource} in {Cluster} was stopped: it accepts no more handlers"
                );
            }

            registration = new HandlerRegistration(this, handler, resync, _logger);
            _handlers.Add(registration);
        }

        registration.Start();
        return registration;
    }

    /// <summary>
    /// Lists everything from the server with a consistent read, and compares it with the cache, version by version and
    /// byte by byte, while both keep changing. Differences are reported, counted, logged and repaired: the informer
    /// relists, and handlers receive the differences as changes (or a reset, if the server turns out to have been
    /// restored). Waits for the first list if it is not complete; one audit runs at a time.
    /// </summary>
    /// <remarks>
    /// Costs a full list at the server, and a digest for each object in this process; no second copy of the cache.
    /// Returns at once if all objects are equal; an object that seems to differ is waited for during
    /// <see cref="AuditOptions.Patience"/>. An unavailable server or watch gives an
    /// <see cref="AuditOutcome.Incomplete"/> report, not an exception.
    /// </remarks>
    /// <exception cref="OperationCanceledException">The token ended, or the informer was stopped.</exception>
    public async Task<AuditReport> AuditAsync(CancellationToken cancellationToken)
    {
        CancellationTokenSource either;
        lock (_gate)
        {
            either = _stopped
                ? throw new OperationCanceledException($"the informer of {Resource.GroupResource} in {Cluster} was stopped")
                : CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, cancellationToken);
        }

        using (either)
        {
            return await _audits.AuditAsync(either.Token);
        }
    }

    /// <summary>
    /// Stops: the connection is closed, handlers end, and no task, timer or socket is left. Idempotent; every call ends
    /// when that is so.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        HandlerRegistration[] handlers;
        lock (_gate)
        {
            if (_disposal is { } under)
            {
                return new ValueTask(under.Task);
            }

            _stopped = true;
            _disposal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            handlers = [.. _handlers];
        }

        // Outside of the lock: callbacks on the token run here, and may call anything.
        InformerMetrics.Remove(this);
        return new ValueTask(EndAsync(handlers));
    }

    private async Task EndAsync(HandlerRegistration[] handlers)
    {
        try
        {
            await StopAsync(handlers);
            _disposal!.TrySetResult();
        }
        catch (Exception error)
        {
            _disposal!.TrySetException(error);
            throw;
        }
    }

    private async Task StopAsync(HandlerRegistration[] handlers)
    {
        try
        {
            // Cancelled synchronously: each waiter continues on its own scheduler.
#pragma warning disable CA1849, VSTHRD103
            _stopping.Cancel();
#pragma warning restore CA1849, VSTHRD103
        }
        catch (AggregateException thrown)
        {
            // A callback on the token is the lister-watcher's; everything ends all the same.
            LogCallbackFailed(_logger, Cluster, Resource.GroupResource, thrown);
        }

        if (_loop is { } loop)
        {
            await loop.Unwrap();
            await _auditing!.Unwrap();
        }

        foreach (var handler in handlers)
        {
            await handler.DisposeAsync();
        }

        _synced.TrySetCanceled();
        Log.Changed.Fire();
        await _audits.EndAsync();
        _stopping.Dispose();
    }

    /// <summary>The scheduler of its loops.</summary>
    internal TaskScheduler Scheduler => _scheduler;

    /// <summary>True once it was stopped. Cheaper than <see cref="Status"/>.</summary>
    internal bool IsStopped => Volatile.Read(ref _stopped);

    internal void Forget(HandlerRegistration registration)
    {
        lock (_gate)
        {
            _handlers.Remove(registration);
        }
    }

    private void OnIndexFailure(string index, RawObject o, Exception error)
    {
        Interlocked.Increment(ref Counters._indexFailures);
        LogIndexFailed(_logger, Cluster, Resource.GroupResource, index, o.Key.ToString(), error);
    }

    [LoggerMessage(
        2007,
        LogLevel.Error,
        "{Cluster} {Resource}: a callback on the cancellation token of a list, a watch or an audit threw; "
            + "the informer was stopped all the same"
    )]
    private static partial void LogCallbackFailed(ILogger logger, string cluster, string resource, Exception error);

    [LoggerMessage(
        2005,
        LogLevel.Error,
        "{Cluster} {Resource}: the function of index '{Index}' failed for {Object}; the index does not contain it until it changes"
    )]
    private static partial void LogIndexFailed(
        ILogger logger,
        string cluster,
        string resource,
        string index,
        string @object,
        Exception error
    );

    private InformerState StateLocked()
    {
        if (_stopped || _activity == ReflectorActivity.Stopped)
        {
            return InformerState.Stopped;
        }

        if (_state.IsDenied)
        {
            return InformerState.Denied;
        }

        if (_state.Failures >= _circuitThreshold)
        {
            return InformerState.Failing;
        }

        return HasSynced ? InformerState.Synced
            : _loop is null ? InformerState.Waiting
            : InformerState.Syncing;
    }

    private void OnListed()
    {
        // Live when the watch is accepted; between list and watch the cache is as fresh as it can be.
        _synced.TrySetResult();
    }

    private void OnReport(ReflectorState state, ReflectorActivity activity)
    {
        lock (_gate)
        {
            if (activity == ReflectorActivity.Listing && state.Failures == 0 && _activity == ReflectorActivity.Live)
            {
                // A relist after a normal 410: the cache is not known to be wrong, but is no longer known to be right.
                state = state with
                {
                    Reason = state.Reason ?? "listing again",
                };
            }

            _lists += activity == ReflectorActivity.Listing ? 1 : 0;
            _watches += activity == ReflectorActivity.Live ? 1 : 0;
            _retries += activity == ReflectorActivity.Waiting ? 1 : 0;
            (_state, _activity) = (state, activity);
            var now = Time.GetUtcNow();
            var isLive =
                activity == ReflectorActivity.Live
                || (activity == ReflectorActivity.Connecting && state is { Failures: 0, Reason: null } && HasSynced);
            var reason = isLive ? null : state.Reason ?? (HasSynced ? "reconnecting" : "the first list is incomplete");
            DateTimeOffset? next = activity == ReflectorActivity.Waiting ? now + state.Wait : null;
            var since = isLive == _freshness.IsLive ? _freshness.Since : now;
            var freshness = new Freshness(isLive, since, reason, next);
            if (freshness == _freshness)
            {
                return;
            }

            Volatile.Write(ref _freshness, freshness);
        }

        Log.Changed.Fire();
    }
}
