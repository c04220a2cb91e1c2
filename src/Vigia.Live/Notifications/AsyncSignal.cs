using System.Threading.Tasks.Sources;

namespace Vigia.Live.Notifications;

/// <summary>
/// Wakes one loop: set by anybody, any number of times; awaited by one. Allocates nothing after it was made.
/// </summary>
/// <remarks>
/// A set that comes while the loop is not waiting is kept: the next wait ends at once. Several sets are one.
/// </remarks>
internal sealed class AsyncSignal : IValueTaskSource
{
    private const int Idle = 0;
    private const int Raised = 1;
    private const int Waiting = 2;

    // The caller of Set decides, each time, whether the loop continues on another thread.
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private int _state;

    /// <summary>Ends at the next <see cref="Set"/>, or at once if there was one since the last wait.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
        {
            return new ValueTask(this, _core.Version);
        }

        Interlocked.Exchange(ref _state, Idle);
        return ValueTask.CompletedTask;
    }

    /// <summary>Wakes the loop, on a thread of the pool.</summary>
    public void Set() => Wake(inline: false);

    /// <summary>
    /// Wakes the loop, which runs on this thread until it waits again: for a caller that wakes many loops and does
    /// nothing else.
    /// </summary>
    public void SetAndRun() => Wake(inline: true);

    private void Wake(bool inline)
    {
        if (Interlocked.Exchange(ref _state, Raised) == Waiting)
        {
            _core.RunContinuationsAsynchronously = !inline;
            _core.SetResult(true);
        }
    }

    /// <summary>
    /// Wakes the loop when a task ends, however it does. For tasks that end soon: it stays attached until then.
    /// </summary>
    public void SetAfter(Task task) =>
        _ = task.ContinueWith(
            static (_, signal) => ((AsyncSignal)signal!).Set(),
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );

    void IValueTaskSource.GetResult(short token)
    {
        _core.GetResult(token);
        _core.Reset();

        // The loop checks for calls of Set in between after this. A full fence: otherwise a write may become visible
        // only after the reads that follow it, and undo a call of Set that those reads have missed.
        Interlocked.Exchange(ref _state, Idle);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
