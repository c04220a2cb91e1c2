using System.Collections.Concurrent;

namespace Vigia.Terminal.App;

/// <summary>Work beside the drawing. A failure is reported on the screen.</summary>
/// <param name="failed">Called with the message of a failure, on any thread.</param>
internal sealed class BackgroundWork(Action<string> failed) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Task, byte> _running = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Starts work; its token ends when the program does.</summary>
    public void Run(Func<CancellationToken, Task> work)
    {
        var task = Task.Run(async () =>
        {
            try
            {
                await work(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // The program ends.
            }
            catch (Exception error)
            {
                failed(error.Message);
            }
        });
        _running[task] = 0;
        _ = task.ContinueWith(
            done => _running.TryRemove(done, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    /// <summary>Asks all work to end.</summary>
    public Task StopAsync() => _stopping.CancelAsync();

    /// <summary>Waits until all work has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Task.WhenAll(_running.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }
}
