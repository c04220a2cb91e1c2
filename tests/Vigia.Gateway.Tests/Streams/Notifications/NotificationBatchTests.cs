using System.Collections.Concurrent;
using Vigia.Live.Notifications;

namespace Vigia.Gateway.Tests.Streams.Notifications;

/// <summary>A batch wakes each stream once, on as many threads as it is worth.</summary>
public sealed class NotificationBatchTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(129)]
    [InlineData(1000)]
    public async Task Each_is_woken_once(int count)
    {
        var woken = new ConcurrentDictionary<int, int>();
        var signals = Enumerable.Range(0, count).Select(_ => new AsyncSignal()).ToArray();
        var turns = signals.Select((signal, index) => TurnAsync(signal, index)).ToArray();

        await NotificationBatch.RunAsync(signals, fault => Assert.Fail(fault.Message));

        // Their turns are over when the batch is: they ran on its threads.
        Assert.All(turns, turn => Assert.True(turn.IsCompletedSuccessfully));
        Assert.Equal(count, woken.Count);
        Assert.All(woken.Values, times => Assert.Equal(1, times));

        async Task TurnAsync(AsyncSignal signal, int index)
        {
            await signal.WaitAsync().ConfigureAwait(false);
            woken.AddOrUpdate(index, 1, static (_, times) => times + 1);
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(500)]
    public async Task A_turn_that_fails_is_told_and_the_others_have_theirs(int count)
    {
        var signals = Enumerable.Range(0, count).Select(_ => new AsyncSignal()).ToArray();
        var (turns, told) = (0, new ConcurrentQueue<string>());
#pragma warning disable CA2012 // The continuation itself has to throw, which no await can do.
        foreach (var (signal, index) in signals.Select((signal, index) => (signal, index)))
        {
            signal
                .WaitAsync()
                .GetAwaiter()
                .UnsafeOnCompleted(() =>
                {
                    Interlocked.Increment(ref turns);
                    if (index % 2 == 0)
                    {
                        throw new InvalidOperationException("a turn that fails");
                    }
                });
        }
#pragma warning restore CA2012

        await NotificationBatch.RunAsync(signals, fault => told.Enqueue(fault.Message));

        Assert.Equal(count, turns);
        Assert.Equal((count + 1) / 2, told.Count);
        Assert.All(told, message => Assert.Equal("a turn that fails", message));
    }
}
