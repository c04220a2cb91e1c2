namespace Vigia.Informers.Scheduling;

/// <summary>Keeps a run on its own task scheduler, on which a simulation can repeat it exactly.</summary>
/// <remarks>
/// <see cref="Task.WhenAll(Task[])"/>, <c>WhenAny</c> and a <c>WaitAsync</c> with a limit are notified of a task's end
/// on the thread pool. An await in between is notified on the current scheduler.
/// </remarks>
internal static class SchedulerAwait
{
    /// <summary>A task that ends like the other one, on the current scheduler.</summary>
    public static async Task OnCurrentSchedulerAsync(this Task task) => await task;

    /// <inheritdoc cref="OnCurrentSchedulerAsync(Task)"/>
    public static async Task<T> OnCurrentSchedulerAsync<T>(this Task<T> task) => await task;
}
