namespace Vigia.Informers.Reflecting;

/// <summary>The wait after a failure, which a caller can end early.</summary>
internal sealed class RetryWait(TimeProvider time)
{
    // The wait in progress, or the next one: what ends it may come while a request is still failing for the old reason,
    // and must not be lost.
    private TaskCompletionSource _mayRetry = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The wait in progress ends now, or else the next one.</summary>
    public void End() => Volatile.Read(ref _mayRetry).TrySetResult();

    public async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var over = Task.Delay(wait, time, ending.Token);
        await Task.WhenAny(over, _mayRetry.Task);
        if (!over.IsCompleted)
        {
            await ending.CancelAsync();
        }

        Reset();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>The requested retry was made: the next failure waits.</summary>
    public void Reset()
    {
        if (_mayRetry.Task.IsCompleted)
        {
            Volatile.Write(ref _mayRetry, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }
}
