using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>A handler at an informer: its loop, and whether it has handled the first list.</summary>
public sealed partial class HandlerRegistration : IAsyncDisposable
{
    private readonly SharedInformer _informer;
    private readonly IResourceEventHandler _handler;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<Task> _loop;
    private readonly Task _ended;
    private readonly ILogger _logger;
    private readonly PeriodicTimer? _resync;
    private int _disposed;

    internal HandlerRegistration(SharedInformer informer, IResourceEventHandler handler, TimeSpan? resync, ILogger logger)
    {
        (_informer, _handler, _logger) = (informer, handler, logger);
        _resync = resync is { } period ? new PeriodicTimer(period, informer.Time) : null;
        var (snapshot, cursor) = informer.Log.OpenWithSnapshot();
        var stopping = _stopping.Token;
        _loop = new Task<Task>(() => RunAsync(snapshot, cursor, stopping), CancellationToken.None, TaskCreationOptions.DenyChildAttach);
        _ended = _loop.Unwrap();
    }

    /// <summary>Starts to call the handler, on the informer's scheduler.</summary>
    internal void Start() => _loop.Start(_informer.Scheduler);

    /// <summary>
    /// True once this handler has returned for every object of the first list (client-go: the registration's
    /// <c>HasSynced</c>). Never false again.
    /// </summary>
    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    /// <summary>
    /// Ends when <see cref="HasSynced"/> becomes true; is cancelled when the handler is removed before.
    /// </summary>
    public Task WhenSynced => _synced.Task;

    /// <summary>The log's position up to which this handler has handled everything.</summary>
    internal long Handled => Volatile.Read(ref _handled);

    /// <summary>Ends when no call follows: the handler was removed, or the informer stopped.</summary>
    internal Task Ended => _ended;

    /// <summary>Deltas that this handler has not handled yet.</summary>
    public long Lag => Math.Max(0, _informer.Log.Head - Volatile.Read(ref _handled));

    private long _handled;

    /// <summary>
    /// Removes the handler: no call starts after this, and the current one has ended when the task does. Idempotent;
    /// must not be awaited by the handler itself.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _informer.Forget(this);
            try
            {
#pragma warning disable CA1849, VSTHRD103 // Here and now: the loop continues on a scheduler of its own.
                _stopping.Cancel();
#pragma warning restore CA1849, VSTHRD103
            }
            catch (AggregateException thrown)
            {
                // A callback on the token is the handler's; the loop ends all the same.
                LogCallbackFailed(_informer.Cluster, _informer.Resource.GroupResource, _handler.GetType().Name, thrown);
            }

            _informer.Log.Changed.Fire();
        }

        await _ended;
        _resync?.Dispose();
        _synced.TrySetCanceled();
        _stopping.Dispose();
    }

    private async Task RunAsync(IReadOnlyList<RawObject> snapshot, DeltaCursor cursor, CancellationToken cancellationToken)
    {
        try
        {
            await ReplayAsync(snapshot, cursor, cancellationToken);
            var deltas = new List<Delta>();
            var tick = NextResync(cancellationToken);
            while (true)
            {
                // Taken before the token is checked: a cancellation also wakes it, and waiting costs only this task,
                // which is shared.
                var change = cursor.NextChange;
                cancellationToken.ThrowIfCancellationRequested();
                var before = cursor.Position;
                var reading = cursor.Read(deltas);
                if (reading == CursorReading.Reset)
                {
                    await CallAsync(() => _handler.ResetAsync(cancellationToken), cancellationToken);
                    (snapshot, cursor) = _informer.Log.OpenWithSnapshot();
                    await CallAsync(() => _handler.FoldedAsync(cancellationToken), cancellationToken);
                    await ReplayAsync(snapshot, cursor, cancellationToken);
                    continue;
                }

                if (reading == CursorReading.CaughtUp || (reading == CursorReading.Nothing && cursor.Position != before))
                {
                    await CallAsync(() => _handler.FoldedAsync(cancellationToken), cancellationToken);
                }

                foreach (var delta in deltas)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await CallAsync(() => _handler.HandleAsync(delta, cancellationToken), cancellationToken);
                }

                Volatile.Write(ref _handled, cursor.Position);
                if (!HasSynced && _informer.SyncedAt is { } synced && cursor.Position >= synced)
                {
                    _synced.TrySetResult();
                }

                if (tick is { IsCompleted: true })
                {
                    tick = NextResync(cancellationToken);
                    await ResyncAsync(cursor, cancellationToken);
                }
                else if (reading == CursorReading.Nothing)
                {
                    await (tick is null ? change : Task.WhenAny(change, tick));
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Removed, or the informer was stopped.
        }
    }

    private Task<bool>? NextResync(CancellationToken cancellationToken) => _resync?.WaitForNextTickAsync(cancellationToken).AsTask();

    /// <summary>
    /// All objects that the handler has, once more. Objects with a newer version in the store are left out: their
    /// change is on the way, and nothing may go back after it.
    /// </summary>
    private async Task ResyncAsync(DeltaCursor cursor, CancellationToken cancellationToken)
    {
        var now = _informer.Time.GetUtcNow();
        foreach (var o in _informer.Store.List())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (o.Sequence <= cursor.Position)
            {
                var delta = new Delta(DeltaKind.Updated, o, o, cursor.Revision, now);
                await CallAsync(() => _handler.HandleAsync(delta, cancellationToken), cancellationToken);
            }
        }
    }

    /// <summary>The objects that existed before the handler was added, as additions of the initial list.</summary>
    private async Task ReplayAsync(IReadOnlyList<RawObject> snapshot, DeltaCursor cursor, CancellationToken cancellationToken)
    {
        var now = _informer.Time.GetUtcNow();
        foreach (var o in snapshot)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var delta = new Delta(DeltaKind.Added, null, o, cursor.Revision, now) { IsInInitialList = true };
            await CallAsync(() => _handler.HandleAsync(delta, cancellationToken), cancellationToken);
        }

        await CallAsync(() => _handler.ReplayedAsync(cancellationToken), cancellationToken);
    }

    private async ValueTask CallAsync(Func<ValueTask> call, CancellationToken cancellationToken)
    {
        try
        {
            await call();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error)
        {
            Interlocked.Increment(ref _informer.Counters._handlerFailures);
            LogHandlerFailed(_informer.Cluster, _informer.Resource.GroupResource, _handler.GetType().Name, error);
        }
    }

    [LoggerMessage(
        2006,
        LogLevel.Error,
        "{Cluster} {Resource}: a callback of handler {Handler} on its cancellation token threw; the handler was removed all the same"
    )]
    private partial void LogCallbackFailed(string cluster, string resource, string handler, Exception error);

    [LoggerMessage(2003, LogLevel.Error, "{Cluster} {Resource}: handler {Handler} threw; it misses this change, the next one is delivered")]
    private partial void LogHandlerFailed(string cluster, string resource, string handler, Exception error);
}
