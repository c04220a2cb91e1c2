namespace Vigia.Live.Clusters;

/// <summary>Wakes everybody who waits for a change of the clusters. Costs nothing while nobody waits, and one allocation however many do.</summary>
internal sealed class Signal
{
    private TaskCompletionSource? _next;

    /// <summary>A task that ends at the next <see cref="Fire"/>. Take it before looking for what is new, then look, then await it.</summary>
    public Task Next
    {
        get
        {
            while (true)
            {
                if (Volatile.Read(ref _next) is { } current)
                {
                    return current.Task;
                }

                Interlocked.CompareExchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);
            }
        }
    }

    /// <summary>Wakes those who wait.</summary>
    public void Fire() => Interlocked.Exchange(ref _next, null)?.TrySetResult();
}
