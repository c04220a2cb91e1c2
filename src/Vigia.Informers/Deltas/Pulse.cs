namespace Vigia.Informers.Deltas;

/// <summary>
/// Wakes everyone who waits for a change. Costs nothing while nobody waits, and one allocation for any number of
/// waiters.
/// </summary>
internal sealed class Pulse
{
    private TaskCompletionSource? _next;

    /// <summary>
    /// A task that ends at the next <see cref="Fire"/>. Take it before checking for changes, then check, then await it.
    /// </summary>
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

                // Continuations run on the pool: the writer must not run a thousand subscribers.
                Interlocked.CompareExchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);
            }
        }
    }

    /// <summary>Wakes all waiters.</summary>
    public void Fire()
    {
        // The writer's data must be visible before it looks for waiters; otherwise a waiter that checked just before
        // would miss it.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _next) is not null)
        {
            Interlocked.Exchange(ref _next, null)?.TrySetResult();
        }
    }
}
