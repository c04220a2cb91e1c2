using Vigia.Live.Notifications;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Streams.Notifications;

/// <summary>One stream, or one source of changes, that fails does not make the others deaf.</summary>
public sealed class ChangeNotifierTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(200)] // shared by several threads
    public async Task A_stream_that_fails_when_it_is_woken_stops_no_other(int streams)
    {
        using var logs = new CapturedLogs();
        var source = new Source();
        var notifier = new ChangeNotifier(new ManualTimeProvider(), logs.CreateLogger("notifier"));
        var bad = new AsyncSignal();
        FailWhenWoken(bad);
        using var first = notifier.Join(source, source.Next, bad);
        var others = Enumerable.Range(0, streams).Select(_ => new AsyncSignal()).ToArray();
        var joined = Array.ConvertAll(others, signal => notifier.Join(source, source.Next, signal));
        var woken = Array.ConvertAll(others, signal => signal.WaitAsync().AsTask());
        source.Change();
        await Task.WhenAll(woken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        var told = Assert.Single(logs.Faults);
        Assert.Contains("Notifying the streams of a Source failed", told.Text, StringComparison.Ordinal);
        Assert.Equal("a turn that fails", told.Error?.Message);
        Array.ForEach(joined, membership => membership.Dispose());
    }

    [Fact]
    public async Task A_source_that_fails_to_give_its_next_change_is_asked_again()
    {
        using var logs = new CapturedLogs();
        var (source, time) = (new Source(), new ManualTimeProvider());
        var notifier = new ChangeNotifier(time, logs.CreateLogger("notifier"));
        var signal = new AsyncSignal();
        using var joined = notifier.Join(source, source.Next, signal);
        source.FailOnce = true;
        source.Change();
        await Eventually.TrueAsync(() => time.ActiveTimers > 0, "the source is left alone for a moment");
        Assert.Equal("no next change", Assert.Single(logs.Faults).Error?.Message);

        // What changed meanwhile is seen, and so is every later change.
        var woken = signal.WaitAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(1));
        await woken.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        woken = signal.WaitAsync().AsTask();
        source.Change();
        await woken.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    // The continuation itself has to throw, which no await can do.
#pragma warning disable CA2012
    private static void FailWhenWoken(AsyncSignal signal) =>
        signal.WaitAsync().GetAwaiter().UnsafeOnCompleted(static () => throw new InvalidOperationException("a turn that fails"));
#pragma warning restore CA2012

    private sealed class Source
    {
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool FailOnce { get; set; }

        public Task Next()
        {
            if (FailOnce)
            {
                FailOnce = false;
                throw new InvalidOperationException("no next change");
            }

            return Volatile.Read(ref _next).Task;
        }

        public void Change() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}
