using Microsoft.Extensions.Logging;
using Vigia.Controllers.Reconciling;
using Vigia.Informers;
using Vigia.Informers.Scheduling;

namespace Vigia.Controllers;

/// <summary>
/// Watches informers, keeps a queue of keys that need work, and works on them with N workers (controller-runtime's
/// controller).
/// </summary>
/// <remarks>
/// <b>Guarantees.</b>
/// <para>
/// Reconciliations start when every informer's first list has been handled, so a reconciliation finds a complete cache.
/// Every later change leads to a reconciliation that starts after the store has the change; several quick changes share
/// one reconciliation.
/// </para>
/// <para>
/// One key is never with two workers at once. An exception affects only its key: it is logged, counted and retried by
/// the rate limiter.
/// </para>
/// <para>
/// Keys from a first list or a resync wait behind changes, but are not starved by them. After a reset (a server
/// restored from a backup), objects that no longer exist are reconciled as deleted.
/// </para>
/// <para>After a run no handler, worker, timer or queue of it is left.</para>
/// </remarks>
/// <typeparam name="TKey">The key.</typeparam>
public sealed partial class Controller<TKey>
    where TKey : notnull
{
    private readonly ControllerSource<TKey>[] _sources;
    private readonly Reconcile<TKey> _reconcile;
    private readonly ControllerOptions<TKey> _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly KeyMapping<TKey> _mapping;
    private volatile WorkQueue<TKey>? _queue;
    private volatile string? _lastFailure;
    private int _state;
    private int _active;
    private long _succeeded;
    private long _failed;
    private long _requeued;
    private long _aborted;

    internal Controller(
        string name,
        ControllerSource<TKey>[] sources,
        Reconcile<TKey> reconcile,
        ControllerOptions<TKey> options,
        TimeProvider time,
        ILogger logger
    )
    {
        (Name, _sources, _reconcile, _options, _time, _logger) = (name, sources, reconcile, options, time, logger);
        _mapping = new(name, options.MaxKeysPerChange, logger);
    }

    /// <summary>The name in logs and metrics.</summary>
    public string Name { get; }

    /// <summary>Its state.</summary>
    public ControllerState State => (ControllerState)Volatile.Read(ref _state);

    /// <summary>State and figures at this moment.</summary>
    public ControllerSnapshot Snapshot() =>
        new(
            State,
            Volatile.Read(ref _active),
            Interlocked.Read(ref _succeeded),
            Interlocked.Read(ref _failed),
            Interlocked.Read(ref _requeued),
            Interlocked.Read(ref _aborted),
            _mapping.Lost,
            _lastFailure,
            _queue?.Snapshot() ?? default
        );

    /// <summary>Adds a key, for triggers that no informer reports (a webhook, a message).</summary>
    /// <returns>False if the controller is not running: a run starts with all objects anyway.</returns>
    public bool Enqueue(TKey key, WorkPriority priority = WorkPriority.Normal) => _queue?.Add(key, priority) ?? false;

    /// <summary>
    /// Starts the informers that are not running, waits for their first lists, reconciles until the token is cancelled,
    /// and then drains: waiting keys are finished within <see cref="ControllerOptions{TKey}.DrainTimeout"/>. Returns
    /// when nothing is left. It may be run again after that, with an empty queue and without remembered failures, for
    /// example after a new election.
    /// </summary>
    /// <exception cref="InvalidOperationException">It runs already, or an informer was stopped.</exception>
    /// <exception cref="TimeoutException">
    /// The first lists took longer than <see cref="ControllerOptions{TKey}.SyncTimeout"/>; the message says which and
    /// why.
    /// </exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (
            Interlocked.CompareExchange(ref _state, (int)ControllerState.Syncing, (int)ControllerState.Stopped)
            != (int)ControllerState.Stopped
        )
        {
            throw new InvalidOperationException($"controller {Name} is already running");
        }

        try
        {
            var limiter = _options.RateLimiter is { } make
                ? make()
                    ?? throw new InvalidOperationException(
                        $"controller {Name}: the function ControllerOptions.RateLimiter returned null; "
                            + "leave the option unset for the default limiter"
                    )
                : RateLimiters.Default(_time, _options.Comparer);
            using var queue = new WorkQueue<TKey>(
                new()
                {
                    Name = Name,
                    RateLimiter = new GuardedRateLimiter<TKey>(limiter, Name, _logger),
                    FairnessInterval = _options.FairnessInterval,
                    Comparer = _options.Comparer,
                    OnLostKey = LogKeyLost,
                },
                _time
            );
            _queue = queue;
            await WatchAsync(queue, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _state, (int)ControllerState.Stopped);
            LogStopped(Name);
        }
    }

    private async Task WatchAsync(WorkQueue<TKey> queue, CancellationToken cancellationToken)
    {
        var sources = new List<SourceRun<TKey>>();
        try
        {
            foreach (var source in _sources)
            {
                sources.Add(
                    new(source, queue, _options.Comparer, (delta, priority) => _mapping.Add(queue, source, delta, priority), _time)
                );
            }

            if (await SyncAsync(sources, cancellationToken))
            {
                await WorkAsync(queue, sources, cancellationToken);
            }
        }
        finally
        {
            foreach (var source in sources)
            {
                await source.DisposeAsync();
            }
        }
    }

    /// <summary>Whether all first lists were handled; false if the token ended before.</summary>
    private async Task<bool> SyncAsync(List<SourceRun<TKey>> sources, CancellationToken cancellationToken)
    {
        LogSyncing(Name, string.Join(", ", _sources.Select(source => source.Informer.Resource.GroupResource)));
        using var limit = new CancellationTokenSource(_options.SyncTimeout ?? Timeout.InfiniteTimeSpan, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await Task.WhenAll(sources.Select(source => source.Registration.WhenSynced.OnCurrentSchedulerAsync())).WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (OperationCanceledException error) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"controller {Name}: first lists are incomplete after {_options.SyncTimeout?.TotalSeconds:0.###} s: "
                    + $"{Unsynced(sources)}",
                error
            );
        }
        catch (OperationCanceledException error)
        {
            throw new InvalidOperationException(
                $"controller {Name}: an informer was stopped before its first list was complete: {Unsynced(sources)}",
                error
            );
        }
    }

    private static string Unsynced(List<SourceRun<TKey>> sources) =>
        string.Join(
            "; ",
            sources
                .Where(source => !source.Registration.HasSynced)
                .Select(source =>
                    $"{source.Informer.Resource.GroupResource} in {source.Informer.Cluster}: "
                    + $"{source.Informer.Freshness.Reason ?? "still being handled"}"
                )
        );

    private async Task WorkAsync(WorkQueue<TKey> queue, List<SourceRun<TKey>> sources, CancellationToken cancellationToken)
    {
        using var working = new CancellationTokenSource();

        // Everything that waits for a timer is registered before the state changes.
        using var timer = _options.Resync is { } period ? new PeriodicTimer(period, _time) : null;
        Volatile.Write(ref _state, (int)ControllerState.Running);
        LogRunning(Name, _options.Workers);
        using var resyncing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var resync = timer is null ? Task.CompletedTask : Run(() => ResyncAsync(queue, timer, resyncing.Token));
        var workers = Enumerable.Range(0, _options.Workers).Select(_ => Run(() => WorkerAsync(queue, sources, working.Token))).ToArray();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancellationToken.UnsafeRegister(static stopped => ((TaskCompletionSource)stopped!).TrySetResult(), stopped))
        {
            await Task.WhenAny(sources.Select(source => source.Registration.Ended).Append(stopped.Task.OnCurrentSchedulerAsync()));
        }

        var lost = stopped.Task.IsCompleted ? null : sources.First(source => source.Registration.Ended.IsCompleted).Informer;
        Volatile.Write(ref _state, (int)ControllerState.Draining);
        await CancelAsync(resyncing);
        await DrainAsync(queue, sources, working);
        await Task.WhenAll([.. workers, resync]);
        if (lost is not null)
        {
            throw new InvalidOperationException(
                $"controller {Name}: the informer of {lost.Resource.GroupResource} in {lost.Cluster} was stopped "
                    + "while the controller was running; stop the controller first"
            );
        }
    }

    /// <summary>
    /// 1. No more changes. 2. Waiting keys are worked on, for a limited time. 3. Keys in work are cancelled; the caller
    /// waits for them.
    /// </summary>
    private async Task DrainAsync(WorkQueue<TKey> queue, List<SourceRun<TKey>> sources, CancellationTokenSource working)
    {
        if (_options.DrainTimeout == TimeSpan.Zero)
        {
            await CutShortAsync(queue, working);
        }

        foreach (var source in sources)
        {
            await source.DisposeAsync();
        }

        if (working.IsCancellationRequested)
        {
            return;
        }

        using var limit = new CancellationTokenSource(_options.DrainTimeout, _time);
        try
        {
            await queue.ShutDownWithDrainAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            await CutShortAsync(queue, working);
        }
    }

    private async Task CutShortAsync(WorkQueue<TKey> queue, CancellationTokenSource working)
    {
        // The keys are read before the tokens end: they are what did not make it in time.
        var (left, inWork) = (queue.Snapshot(), queue.KeysInWork());
        await CancelAsync(working);
        queue.ShutDown();
        if (left.Depth + left.Processing > 0)
        {
            LogCutShort(Name, string.Join(", ", inWork.Select(KeyText.Of)), left.Depth, _options.DrainTimeout.TotalMilliseconds);
        }
    }

    private async Task WorkerAsync(WorkQueue<TKey> queue, List<SourceRun<TKey>> sources, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (await queue.GetAsync(CancellationToken.None) is not { } item)
                {
                    return;
                }

                await WorkOnAsync(queue, sources, item, cancellationToken);
            }
            catch (Exception error)
            {
                // A key's equality is the user's. A key that cannot be handed out costs neither the worker nor the
                // other keys.
                LogKeyLost(error);
            }
        }
    }

    private async Task WorkOnAsync(WorkQueue<TKey> queue, List<SourceRun<TKey>> sources, WorkItem<TKey> item, CancellationToken token)
    {
        using (item)
        {
            Interlocked.Increment(ref _active);
            try
            {
                await ReconcileAsync(queue, sources, item, token);
            }
            catch (Exception error)
            {
                // Whatever of the user's is at fault (a key, a comparer): it costs neither the worker nor the other
                // keys.
                LogWorkFailed(Name, KeyText.Of(item.Key), error);
            }
            finally
            {
                Interlocked.Decrement(ref _active);
            }
        }
    }

    private async Task ReconcileAsync(
        WorkQueue<TKey> queue,
        List<SourceRun<TKey>> sources,
        WorkItem<TKey> item,
        CancellationToken cancellationToken
    )
    {
        var startedAt = _time.GetTimestamp();
        var folds = sources.ConvertAll(static source => source.Folds);
        try
        {
            var result = await _reconcile(item.Key, cancellationToken);
            queue.Forget(item.Key);
            for (var i = 0; i < sources.Count; i++)
            {
                if (sources[i].Worked(item.Key, folds[i]))
                {
                    queue.Add(item.Key, item.Priority);
                }
            }

            if (result.After is { } delay)
            {
                queue.AddAfter(item.Key, delay, item.Priority);
                Interlocked.Increment(ref _requeued);
            }

            Interlocked.Increment(ref _succeeded);
            ControllerMetrics.Count(Name, result.After is null ? "success" : "requeue_after", _time.GetElapsedTime(startedAt));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Interlocked.Increment(ref _aborted);
            ControllerMetrics.Count(Name, "aborted", _time.GetElapsedTime(startedAt));
        }
        catch (Exception error)
        {
            // A cancellation that is not ours (a request that timed out) is a failure like another.
            Interlocked.Increment(ref _failed);
            _lastFailure = $"{KeyText.Of(item.Key)}: {error.Message}";
            ControllerMetrics.Count(Name, "error", _time.GetElapsedTime(startedAt));
            var wait = queue.RetryAfter(item.Key, item.Priority);
            LogFailed(Name, KeyText.Of(item.Key), queue.NumRequeues(item.Key), wait, error);
        }
    }

    /// <summary>Delivers all cached objects again, as a first list.</summary>
    private async Task ResyncAsync(WorkQueue<TKey> queue, PeriodicTimer timer, CancellationToken cancellationToken)
    {
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                foreach (var source in _sources)
                {
                    foreach (var o in source.Informer.Store.List())
                    {
                        var delta = new Delta(DeltaKind.Added, null, o, o.ResourceVersion, _time.GetUtcNow()) { IsInInitialList = true };
                        _mapping.Add(queue, source, delta, WorkPriority.Low);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    /// <summary>
    /// Cancels the token. Callbacks on it are user code: a throwing one must not keep the run from ending in order.
    /// </summary>
    private async Task CancelAsync(CancellationTokenSource source)
    {
        try
        {
            await Run(() =>
            {
                source.Cancel();
                return Task.CompletedTask;
            });
        }
        catch (AggregateException thrown)
        {
            LogCallbackFailed(Name, thrown);
        }
    }

    private Task Run(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _options.Scheduler).Unwrap();

    private void LogKeyLost(Exception error) => LogKeyLost(Name, error);

    [LoggerMessage(2020, LogLevel.Information, "controller {Controller}: waiting for the first lists of {Resources}")]
    private partial void LogSyncing(string controller, string resources);

    [LoggerMessage(2021, LogLevel.Information, "controller {Controller}: first lists handled, starting {Workers} workers")]
    private partial void LogRunning(string controller, int workers);

    [LoggerMessage(2022, LogLevel.Error, "controller {Controller}: {Key} failed, attempt {Attempt}; retrying in {Wait}")]
    private partial void LogFailed(string controller, string key, int attempt, TimeSpan wait, Exception error);

    [LoggerMessage(
        2028,
        LogLevel.Error,
        "controller {Controller}: work on {Key} failed outside of the reconciliation; the worker continues"
    )]
    private partial void LogWorkFailed(string controller, string key, Exception error);

    [LoggerMessage(
        2030,
        LogLevel.Error,
        "controller {Controller}: a key is lost because its equality (GetHashCode, Equals or "
            + "ControllerOptions.Comparer) threw; its object's next change or a resync adds it again"
    )]
    private partial void LogKeyLost(string controller, Exception error);

    [LoggerMessage(
        2031,
        LogLevel.Error,
        "controller {Controller}: a callback on the cancellation token of the work threw; the work was cancelled all the same"
    )]
    private partial void LogCallbackFailed(string controller, Exception error);

    [LoggerMessage(
        2023,
        LogLevel.Warning,
        "controller {Controller}: not drained within {ElapsedMs:0} ms; cancelled, waiting for [{Keys}]; "
            + "{Depth} queued keys are left for the next start"
    )]
    private partial void LogCutShort(string controller, string keys, int depth, double elapsedMs);

    [LoggerMessage(2024, LogLevel.Information, "controller {Controller}: stopped")]
    private partial void LogStopped(string controller);
}
