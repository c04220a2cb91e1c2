using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>
/// Requests to relist because the cache is wrong, from their arrival until a list has repaired the cache. They may
/// arrive at any time and from any thread.
/// </summary>
internal sealed class ResyncRequests
{
    private readonly Lock _gate = new();
    private ResyncRequest? _requested;
    private ResyncRequest? _repairing;
    private TaskCompletionSource _repaired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _watch;
    private bool _isStopped;

    /// <summary>
    /// For the repair in progress: the last revision at which the cache is known to have been right; none if it is not
    /// known or nothing is being repaired.
    /// </summary>
    public ResourceVersion RightUpTo => _repairing?.Since ?? default;

    /// <summary>
    /// Ends the open watch. The task ends when the cache has been repaired; it is cancelled if the reflector stops
    /// first.
    /// </summary>
    public Task Add(ResyncRequest found)
    {
        CancellationTokenSource? watch;
        Task repaired;
        lock (_gate)
        {
            if (_isStopped)
            {
                return Task.FromCanceled(new CancellationToken(true));
            }

            _requested = found;
            (watch, repaired) = (_watch, _repaired.Task);
        }

        watch?.Cancel();
        return repaired;
    }

    /// <summary>The request that has come since the last call: its repair begins. Null if there is none.</summary>
    public ResyncRequest? Take()
    {
        lock (_gate)
        {
            var found = _requested;
            _requested = null;
            _repairing = found ?? _repairing;
            return found;
        }
    }

    /// <summary>Sets the watch that a request ends. False if a request is already waiting: it comes first.</summary>
    public bool TryBeginWatch(CancellationTokenSource watch)
    {
        lock (_gate)
        {
            _watch = watch;
            return _requested is null;
        }
    }

    /// <summary>The watch has ended.</summary>
    public void EndWatch()
    {
        lock (_gate)
        {
            _watch = null;
        }
    }

    /// <summary>A list has repaired the cache.</summary>
    public void EndRepair()
    {
        lock (_gate)
        {
            _repairing = null;
            if (_requested is null)
            {
                _repaired.TrySetResult();
                _repaired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>The reflector has stopped: nothing is repaired any more.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isStopped = true;
            _repaired.TrySetCanceled(CancellationToken.None);
        }
    }
}
