using Vigia.Controllers.WorkQueues;
using Vigia.Informers.Scheduling;

namespace Vigia.Controllers;

/// <summary>
/// Keys that need work, each once, in order, never two workers on one (client-go's <c>TypedRateLimitingInterface</c>,
/// with priorities).
/// </summary>
/// <remarks>
/// <b>Guarantees.</b>
/// <para>
/// A waiting key is not added a second time. A key in work is never handed out again: if it is added meanwhile, it
/// waits, once, and joins the tail when that work is done.
/// </para>
/// <para>
/// Within a priority keys are first in, first out; waiting workers are served in order. Higher priorities go first, but
/// lower ones are never starved (<see cref="WorkQueueOptions{TKey}.FairnessInterval"/>). A key added with two
/// priorities has the higher one, and is never later for it.
/// </para>
/// <para>
/// A delayed key keeps the earliest of its times; adding it at once does not cancel that. One timer serves all delayed
/// keys.
/// </para>
/// <para>
/// After a shutdown nothing is accepted, delayed keys are dropped, and waiting keys are still handed out. The queue
/// keeps no reference to finished keys.
/// </para>
/// <para>Thread-safe. It holds at most one entry per key. Its owner shuts it down, which leaves no timer behind.</para>
/// </remarks>
/// <typeparam name="TKey">The key.</typeparam>
public sealed class WorkQueue<TKey> : IObservedQueue, IDisposable
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly IRateLimiter<TKey> _limiter;
    private readonly Action<Exception>? _onLostKey;
    private readonly string? _name;
    private readonly WorkLanes<TKey> _lanes;
    private readonly Dictionary<TKey, QueuedKey<TKey>> _queued;
    private readonly Dictionary<TKey, WorkItem<TKey>> _processing;
    private readonly DelayedKeys<TKey> _delayed;
    private readonly LinkedList<TaskCompletionSource<WorkItem<TKey>?>> _waiters = new();
    private TaskCompletionSource<bool>? _drain;
    private bool _isShuttingDown;
    private int _again;
    private long _adds;
    private long _retries;
    private long _taken;
    private long _finished;
    private long _lostKeys;
    private TimeSpan _latency;
    private TimeSpan _work;

    /// <summary>Creates an empty queue.</summary>
    public WorkQueue(WorkQueueOptions<TKey>? options = null, TimeProvider? time = null)
    {
        options ??= new WorkQueueOptions<TKey>();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.FairnessInterval);
        _time = time ?? TimeProvider.System;
        _limiter = options.RateLimiter ?? RateLimiters.Default(_time, options.Comparer);
        _lanes = new(options.FairnessInterval);
        _queued = new(options.Comparer);
        _processing = new(options.Comparer);
        _delayed = new(options.Comparer, _time, OnDue);
        _onLostKey = options.OnLostKey;
        _name = options.Name;
        if (_name is not null)
        {
            WorkQueueMetrics.Register(this, _name);
        }
    }

    /// <summary>The number of waiting keys, without keys in work and delayed keys.</summary>
    public int Length
    {
        get
        {
            lock (_gate)
            {
                return _lanes.Count;
            }
        }
    }

    /// <summary>
    /// Keys that waited for their time and were lost because their equality (<c>GetHashCode</c>, <c>Equals</c> or the
    /// comparer) threw.
    /// </summary>
    public long LostKeys
    {
        get
        {
            lock (_gate)
            {
                return _lostKeys;
            }
        }
    }

    /// <summary>True after a shutdown: no more keys are accepted.</summary>
    public bool IsShuttingDown
    {
        get
        {
            lock (_gate)
            {
                return _isShuttingDown;
            }
        }
    }

    /// <summary>Adds a key; one that waits already keeps its place, and has the higher of the priorities.</summary>
    /// <returns>False if the queue was shut down and the key was not accepted.</returns>
    public bool Add(TKey key, WorkPriority priority = WorkPriority.Normal)
    {
        bool isNew;
        lock (_gate)
        {
            if (_isShuttingDown)
            {
                return false;
            }

            isNew = AddLocked(key, priority);
        }

        WorkQueueMetrics.Added(_name, isNew ? 1 : 0);
        return true;
    }

    /// <summary>
    /// Adds a key when a time has passed, at once for zero or less. A key that has a time already keeps the earlier
    /// one.
    /// </summary>
    /// <returns>False if the queue was shut down and the key was not accepted.</returns>
    public bool AddAfter(TKey key, TimeSpan delay, WorkPriority priority = WorkPriority.Normal)
    {
        var added = 0;
        lock (_gate)
        {
            if (_isShuttingDown)
            {
                return false;
            }

            _retries++;
            if (delay <= TimeSpan.Zero)
            {
                added = AddLocked(key, priority) ? 1 : 0;
            }
            else
            {
                _delayed.Add(key, delay, priority);
            }
        }

        WorkQueueMetrics.Added(_name, added);
        WorkQueueMetrics.Retried(_name);
        return true;
    }

    /// <summary>Counts a failure of the key and adds it when the limiter says it may be tried again.</summary>
    /// <returns>False if the queue was shut down and the key was not accepted.</returns>
    public bool AddRateLimited(TKey key, WorkPriority priority = WorkPriority.Normal) => AddAfter(key, _limiter.When(key), priority);

    /// <summary>As <see cref="AddRateLimited"/>; says how long the key waits.</summary>
    internal TimeSpan RetryAfter(TKey key, WorkPriority priority)
    {
        var wait = _limiter.When(key);
        AddAfter(key, wait, priority);
        return wait;
    }

    /// <summary>Forgets the key's failures. It does not take the key out of the queue.</summary>
    public void Forget(TKey key) => _limiter.Forget(key);

    /// <summary>How often the key failed since it was last forgotten.</summary>
    public int NumRequeues(TKey key) => _limiter.NumRequeues(key);

    /// <summary>
    /// The next key, as soon as there is one; null if the queue was shut down and nothing waits: the worker ends.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token ended; no key is lost by that.</exception>
    public ValueTask<WorkItem<TKey>?> GetAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<WorkItem<TKey>?>(cancellationToken);
        }

        WorkItem<TKey>? item;
        lock (_gate)
        {
            item = TakeLocked();
            if (item is null && !_isShuttingDown)
            {
                var waiter = new TaskCompletionSource<WorkItem<TKey>?>(TaskCreationOptions.RunContinuationsAsynchronously);
                return WaitAsync(_waiters.AddLast(waiter), cancellationToken);
            }
        }

        WorkQueueMetrics.Taken(_name, item?.Latency);
        return ValueTask.FromResult(item);
    }

    /// <summary>
    /// Says that the work on a key is over (the same as disposing of its item). Does nothing for a key that is not in
    /// work.
    /// </summary>
    public void Done(TKey key)
    {
        WorkItem<TKey>? item;
        lock (_gate)
        {
            _processing.TryGetValue(key, out item);
        }

        item?.Dispose();
    }

    /// <summary>
    /// Shuts down: waiting keys are still handed out, then workers receive null. Ends a drain in progress. Idempotent.
    /// </summary>
    public void ShutDown()
    {
        TaskCompletionSource<bool>? drain;
        lock (_gate)
        {
            StopLocked();
            (drain, _drain) = (_drain, null);
        }

        WorkQueueMetrics.Remove(this);
        drain?.TrySetResult(false);
    }

    /// <summary>Shuts down, and waits until all waiting keys were handed out and are done.</summary>
    /// <remarks>
    /// Workers must keep taking keys meanwhile. (client-go's <c>ShutDownWithDrain</c> waits only for keys in work.)
    /// </remarks>
    /// <returns>True when the queue is drained; false when <see cref="ShutDown"/> put an end to the waiting.</returns>
    /// <exception cref="OperationCanceledException">The token ended; the queue stays shut.</exception>
    public async Task<bool> ShutDownWithDrainAsync(CancellationToken cancellationToken = default)
    {
        Task<bool> drained;
        lock (_gate)
        {
            StopLocked();
            if (IsIdleLocked())
            {
                drained = Task.FromResult(true);
            }
            else
            {
                _drain ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                drained = _drain.Task;
            }
        }

        try
        {
            return await drained.OnCurrentSchedulerAsync().WaitAsync(cancellationToken);
        }
        finally
        {
            WorkQueueMetrics.Remove(this);
        }
    }

    /// <summary>The figures at this moment.</summary>
    public WorkQueueSnapshot Snapshot()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var (unfinished, longest) = (TimeSpan.Zero, TimeSpan.Zero);
            foreach (var item in _processing.Values)
            {
                var running = _time.GetElapsedTime(item.StartedAt, now);
                unfinished += running;
                longest = running > longest ? running : longest;
            }

            return new(
                _lanes.Count + _again,
                _processing.Count,
                _delayed.Count,
                _adds,
                _retries,
                _taken,
                _latency,
                _finished,
                _work,
                unfinished,
                longest,
                _isShuttingDown
            );
        }
    }

    /// <summary>The keys that are being worked on: for messages.</summary>
    public IReadOnlyList<TKey> KeysInWork()
    {
        lock (_gate)
        {
            return [.. _processing.Keys];
        }
    }

    /// <summary>As <see cref="ShutDown"/>.</summary>
    public void Dispose() => ShutDown();

    internal void Done(WorkItem<TKey> item)
    {
        TaskCompletionSource<bool>? drained = null;
        TimeSpan work;
        lock (_gate)
        {
            // An item that was done before: its key may be in other hands by now.
            if (!_processing.TryGetValue(item.Key, out var held) || held != item)
            {
                return;
            }

            _processing.Remove(item.Key);
            work = _time.GetElapsedTime(item.StartedAt);
            _finished++;
            _work += work;
            if (item.Again is { } again)
            {
                item.Again = null;
                _again--;
                QueueLocked(item.Key, again);
            }

            if (_isShuttingDown && IsIdleLocked())
            {
                (drained, _drain) = (_drain, null);
            }
        }

        WorkQueueMetrics.Finished(_name, work);
        drained?.TrySetResult(true);
    }

    private async ValueTask<WorkItem<TKey>?> WaitAsync(
        LinkedListNode<TaskCompletionSource<WorkItem<TKey>?>> waiter,
        CancellationToken cancellationToken
    )
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (queue, waiter) = ((WorkQueue<TKey>, LinkedListNode<TaskCompletionSource<WorkItem<TKey>?>>))state!;
                lock (queue._gate)
                {
                    // Removing the waiter from the list means answering it: a removed waiter has a key, which must not
                    // be lost.
                    if (waiter.List is null)
                    {
                        return;
                    }

                    queue._waiters.Remove(waiter);
                }

                waiter.Value.TrySetCanceled(token);
            },
            (this, waiter)
        );
        var item = await waiter.Value.Task;
        WorkQueueMetrics.Taken(_name, item?.Latency);
        return item;
    }

    private bool AddLocked(TKey key, WorkPriority priority)
    {
        if (_processing.TryGetValue(key, out var running))
        {
            if (running.Again is { } again)
            {
                again.Priority = priority > again.Priority ? priority : again.Priority;
                return false;
            }

            running.Again = new(key, priority, _time.GetTimestamp());
            _again++;
            _adds++;
            return true;
        }

        // One that is taken stayed behind because the key's equality threw.
        if (_queued.TryGetValue(key, out var queued) && !queued.IsTaken)
        {
            if (priority > queued.Priority)
            {
                _lanes.Raise(queued, priority);
            }

            return false;
        }

        QueueLocked(key, new(key, priority, _time.GetTimestamp()));
        _adds++;
        return true;
    }

    private void QueueLocked(TKey key, QueuedKey<TKey> queued)
    {
        _queued[key] = queued;
        _lanes.Push(queued);
        if (_waiters.First is { } waiter)
        {
            // First the key: if its equality throws, the waiter keeps waiting.
            var item = TakeLocked();
            _waiters.RemoveFirst();
            waiter.Value.TrySetResult(item);
        }
    }

    private WorkItem<TKey>? TakeLocked()
    {
        if (_lanes.Take() is not { } queued)
        {
            return null;
        }

        var now = _time.GetTimestamp();
        var item = new WorkItem<TKey>(this, queued.Take(), queued.Priority, now, _time.GetElapsedTime(queued.AddedAt, now));
        _queued.Remove(item.Key);
        _processing.Add(item.Key, item);
        _taken++;
        _latency += item.Latency;
        return item;
    }

    private void StopLocked()
    {
        _isShuttingDown = true;
        _delayed.Stop();

        // Every waiter found nothing, and nothing will come, except keys added again when work in progress ends; their
        // own workers take those.
        foreach (var waiter in _waiters)
        {
            waiter.TrySetResult(null);
        }

        _waiters.Clear();
    }

    private bool IsIdleLocked() => _lanes.Count == 0 && _processing.Count == 0;

    private void OnDue()
    {
        int added;
        Exception? failure;
        lock (_gate)
        {
            if (_isShuttingDown)
            {
                return;
            }

            (added, var lost, failure) = _delayed.TakeDue(AddLocked);
            _lostKeys += lost;
        }

        WorkQueueMetrics.Added(_name, added);
        if (failure is not null)
        {
            _onLostKey?.Invoke(failure);
        }
    }
}
