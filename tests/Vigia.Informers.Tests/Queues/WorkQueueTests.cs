using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Queues;

/// <summary>
/// What a queue promises of order, of sameness and of its end (client-go's queue tests, on a clock that stands).
/// </summary>
public sealed class WorkQueueTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly WorkQueue<string> _queue;

    public WorkQueueTests() => _queue = new(time: _clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task Keys_come_first_in_first_out()
    {
        Add("a", "b", "c");

        Assert.Equal(["a", "b", "c"], [await WorkAsync(), await WorkAsync(), await WorkAsync()]);
    }

    [Fact]
    public async Task A_key_that_waits_is_not_added_a_second_time_and_keeps_its_place()
    {
        Add("a", "b", "a", "a");

        Assert.Equal(2, _queue.Length);
        Assert.Equal(["a", "b"], [await WorkAsync(), await WorkAsync()]);
        Assert.Equal(0, _queue.Length);
    }

    [Fact]
    public async Task A_key_is_never_in_two_hands_at_once()
    {
        var inWork = new ConcurrentDictionary<string, int>();
        var worked = new ConcurrentDictionary<string, int>();
        var twice = 0;
        var workers = Enumerable
            .Range(0, 8)
            .Select(_ =>
                Task.Run(async () =>
                {
                    while (await _queue.GetAsync(Cancellation) is { } item)
                    {
                        using (item)
                        {
                            if (inWork.AddOrUpdate(item.Key, 1, (_, held) => held + 1) > 1)
                            {
                                Interlocked.Increment(ref twice);
                            }

                            await Task.Yield();
                            worked.AddOrUpdate(item.Key, 1, (_, held) => held + 1);
                            inWork.AddOrUpdate(item.Key, 0, (_, held) => held - 1);
                        }
                    }
                })
            )
            .ToArray();
        var producers = Enumerable
            .Range(0, 4)
            .Select(producer =>
                Task.Run(async () =>
                {
                    for (var i = 0; i < 5_000; i++)
                    {
                        _queue.Add($"k{(i + producer) % 7}");
                        if (i % 16 == 0)
                        {
                            await Task.Yield();
                        }
                    }
                })
            )
            .ToArray();
        await Task.WhenAll(producers);

        Assert.True(await _queue.ShutDownWithDrainAsync(Cancellation));
        await Task.WhenAll(workers);
        Assert.Equal(0, twice);
        Assert.Equal(7, worked.Count);
        var end = _queue.Snapshot();
        Assert.Equal((0, 0, end.Adds, end.Adds), (end.Depth, end.Processing, end.Taken, end.Finished));
    }

    [Fact]
    public async Task A_key_added_while_it_is_worked_on_is_worked_on_once_more_at_the_tail()
    {
        Add("a");
        var item = await GetAsync();
        Add("a", "b", "a");
        Assert.Equal("b", await WorkAsync());
        Assert.Equal(0, _queue.Length);
        Add("c");
        item.Dispose();

        Assert.Equal(["c", "a"], [await WorkAsync(), await WorkAsync()]);
        Assert.Equal(0, _queue.Length);
    }

    [Fact]
    public async Task Length_leaves_out_what_is_worked_on()
    {
        Add("a", "b");
        using var item = await GetAsync();
        Assert.Equal(1, _queue.Length);
        Add("a");

        Assert.Equal(1, _queue.Length);
    }

    [Fact]
    public async Task A_drain_waits_for_what_is_in_work_and_for_what_was_added_again_meanwhile()
    {
        Add("a");
        var first = await GetAsync();
        Add("a");
        var drain = _queue.ShutDownWithDrainAsync(Cancellation);
        Assert.False(_queue.Add("late"));
        first.Dispose();
        Assert.False(drain.IsCompleted);
        var second = await GetAsync();
        Assert.Equal("a", second.Key);
        Assert.False(drain.IsCompleted);
        second.Dispose();

        Assert.True(await drain);
        Assert.Null(await _queue.GetAsync(Cancellation));
    }

    [Fact]
    public async Task A_drain_waits_for_what_nobody_has_taken_yet()
    {
        Add("a", "b");
        var drain = _queue.ShutDownWithDrainAsync(Cancellation);
        Assert.False(drain.IsCompleted);
        Assert.Equal("a", await WorkAsync());
        Assert.False(drain.IsCompleted);
        Assert.Equal("b", await WorkAsync());

        Assert.True(await drain);
    }

    [Fact]
    public async Task A_plain_shutdown_waits_for_nothing_and_still_hands_out_what_waits()
    {
        Add("a", "b");
        using var running = await GetAsync();
        _queue.ShutDown();

        Assert.False(_queue.Add("c"));
        Assert.False(_queue.AddAfter("c", TimeSpan.FromSeconds(1)));
        Assert.True(_queue.IsShuttingDown);
        Assert.Equal("b", await WorkAsync());
        Assert.Null(await _queue.GetAsync(Cancellation));
    }

    [Fact]
    public async Task A_shutdown_during_a_drain_ends_the_drain()
    {
        Add("a");
        var item = await GetAsync();
        var drain = _queue.ShutDownWithDrainAsync(Cancellation);
        var second = _queue.ShutDownWithDrainAsync(Cancellation);
        Assert.False(drain.IsCompleted);
        _queue.ShutDown();

        Assert.False(await drain);
        Assert.False(await second);
        item.Dispose();
    }

    [Fact]
    public async Task A_drain_that_is_given_up_leaves_the_queue_shut()
    {
        Add("a");
        using var item = await GetAsync();
        using var giveUp = new CancellationTokenSource();
        var drain = _queue.ShutDownWithDrainAsync(giveUp.Token);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drain);
        Assert.False(_queue.Add("b"));
    }

    [Fact]
    public async Task Nothing_is_kept_of_a_key_that_was_handed_out_and_done()
    {
        using var queue = new WorkQueue<object>(time: _clock);
        var gone = await PassThroughAsync(queue);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.All(gone, key => Assert.False(key.IsAlive));
        GC.KeepAlive(queue);
    }

    [Fact]
    public async Task Workers_that_wait_are_served_in_the_order_they_came()
    {
        var first = _queue.GetAsync(Cancellation).AsTask();
        var second = _queue.GetAsync(Cancellation).AsTask();
        Add("a", "b");

        Assert.Equal("a", (await first)!.Key);
        Assert.Equal("b", (await second)!.Key);
    }

    [Fact]
    public async Task A_worker_that_stops_waiting_takes_no_key_with_it()
    {
        using var leave = new CancellationTokenSource();
        var left = _queue.GetAsync(leave.Token).AsTask();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _queue.GetAsync(leave.Token).AsTask());
        Add("a");

        Assert.Equal(1, _queue.Length);
        Assert.Equal("a", await WorkAsync());
    }

    [Fact]
    public async Task Workers_that_wait_are_sent_home_by_a_shutdown()
    {
        var waiting = _queue.GetAsync(Cancellation).AsTask();
        _queue.ShutDown();

        Assert.Null(await waiting);
    }

    [Fact]
    public async Task Done_twice_does_not_free_a_key_that_somebody_else_works_on_by_then()
    {
        Add("a");
        var first = await GetAsync();
        first.Dispose();
        Add("a");
        using var second = await GetAsync();
        first.Dispose();
        Add("a");

        Assert.Equal(0, _queue.Length);
        Assert.Equal(1, _queue.Snapshot().Processing);
        _queue.Done("nobody works on this");
        _queue.Done("a");
        Assert.Equal(1, _queue.Length);
    }

    [Fact]
    public async Task Keys_are_told_apart_by_the_comparer()
    {
        using var queue = new WorkQueue<string>(new() { Comparer = StringComparer.OrdinalIgnoreCase }, _clock);
        queue.Add("a");
        queue.Add("A");
        Assert.Equal(1, queue.Length);
        using var item = await queue.GetAsync(Cancellation);
        queue.Add("A");

        Assert.Equal(0, queue.Length);
    }

    /// <summary>
    /// In a method of its own, so that no local of the test holds on to a key. Each key goes another way: plain, raised
    /// (it stands in two lanes), delayed, failed and forgotten.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference[]> PassThroughAsync(WorkQueue<object> queue)
    {
        object[] keys = [new(), new(), new(), new(), new()];
        queue.Add(keys[0]);
        queue.Add(keys[1], WorkPriority.Low);
        queue.Add(keys[1], WorkPriority.High);
        queue.AddAfter(keys[2], TimeSpan.FromSeconds(1));
        queue.AddRateLimited(keys[3]);
        queue.Forget(keys[3]);
        queue.Add(keys[4], WorkPriority.Low);
        _clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < keys.Length; i++)
        {
            using var item = await queue.GetAsync(Cancellation);
            Assert.Contains(item!.Key, keys);
        }

        return [.. keys.Select(key => new WeakReference(key))];
    }

    private void Add(params string[] keys) => Assert.All(keys, key => Assert.True(_queue.Add(key)));

    private async Task<WorkItem<string>> GetAsync() =>
        await _queue.GetAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(15), Cancellation)
        ?? throw new InvalidOperationException("the queue is shut down");

    private async Task<string> WorkAsync()
    {
        using var item = await GetAsync();
        return item.Key;
    }
}
