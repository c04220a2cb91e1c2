using Vigia.Live.Notifications;

namespace Vigia.Gateway.Tests.Streams.Notifications;

/// <summary>One loop is woken by anybody, and no wake-up is lost, whenever it comes.</summary>
public sealed class AsyncSignalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_set_before_the_wait_ends_it_at_once_and_several_sets_are_one()
    {
        var signal = new AsyncSignal();
        signal.Set();
        signal.Set();

        Assert.True(signal.WaitAsync().AsTask().IsCompleted);
        var second = signal.WaitAsync().AsTask();
        Assert.False(second.IsCompleted);

        signal.Set();
        await second.WaitAsync(TimeSpan.FromSeconds(10), Token);
    }

    [Fact]
    public async Task The_loop_runs_on_the_thread_that_asks_for_it_and_else_on_another()
    {
        var signal = new AsyncSignal();
        var ran = new List<int>();
        var loop = LoopAsync();
        var mine = Environment.CurrentManagedThreadId;

        signal.SetAndRun();
        Assert.Equal([mine], ran);

        signal.Set();
        await loop.WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.Equal(2, ran.Count);

        async Task LoopAsync()
        {
            for (var turn = 0; turn < 2; turn++)
            {
                await signal.WaitAsync().ConfigureAwait(false);
                ran.Add(Environment.CurrentManagedThreadId);
            }
        }
    }

    [Fact]
    public async Task The_end_of_a_task_sets_it_however_the_task_ends()
    {
        var signal = new AsyncSignal();
        foreach (var failed in new[] { false, true })
        {
            var work = new TaskCompletionSource();
            signal.SetAfter(work.Task);
            var wait = signal.WaitAsync().AsTask();
            Assert.False(wait.IsCompleted);
            if (failed)
            {
                work.SetException(new InvalidOperationException("it failed"));
                _ = work.Task.Exception;
            }
            else
            {
                work.SetResult();
            }

            await wait.WaitAsync(TimeSpan.FromSeconds(10), Token);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_loop_that_looks_after_each_wait_sees_every_change(bool inline)
    {
        // Each writer changes first and sets then; the loop waits first and looks then. A lost wake-up is a loop that
        // never ends.
        const int writers = 4;
        const int changes = 20_000;
        var signal = new AsyncSignal();
        var made = 0;
        var loop = LoopAsync();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(Write, Token)));
        await loop.WaitAsync(TimeSpan.FromSeconds(30), Token);

        void Write()
        {
            for (var change = 0; change < changes; change++)
            {
                Interlocked.Increment(ref made);
                if (inline)
                {
                    signal.SetAndRun();
                }
                else
                {
                    signal.Set();
                }
            }
        }

        async Task LoopAsync()
        {
            while (Volatile.Read(ref made) < writers * changes)
            {
                await signal.WaitAsync().ConfigureAwait(false);
            }
        }
    }
}
