using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Queues;

/// <summary>Keys that wait for their time (client-go's delaying queue tests).</summary>
public sealed class DelayTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly WorkQueue<string> _queue;

    public DelayTests() => _queue = new(time: _clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _queue.Dispose();
        Assert.Equal(0, _clock.ActiveTimers);
    }

    [Fact]
    public async Task A_delayed_key_comes_when_the_clock_says_so_and_not_before()
    {
        _queue.AddAfter("a", TimeSpan.FromMilliseconds(50));
        Assert.Equal((0, 1), (_queue.Length, _queue.Snapshot().Delayed));
        _clock.Advance(TimeSpan.FromMilliseconds(49));
        Assert.Equal(0, _queue.Length);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("a", await WorkAsync());
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((0, 0), (_queue.Length, _queue.Snapshot().Delayed));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task No_delay_is_at_once(int milliseconds)
    {
        _queue.AddAfter("a", TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal(0, _clock.ActiveTimers);
        Assert.Equal("a", await WorkAsync());
    }

    [Fact]
    public async Task Of_two_times_for_a_key_the_earlier_holds_and_it_comes_once()
    {
        _queue.AddAfter("a", TimeSpan.FromMilliseconds(50));
        _queue.AddAfter("a", TimeSpan.FromMilliseconds(30));
        _queue.AddAfter("a", TimeSpan.FromMilliseconds(70));
        _clock.Advance(TimeSpan.FromMilliseconds(30));
        Assert.Equal("a", await WorkAsync());
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(0, _queue.Length);
    }

    [Fact]
    public async Task Two_delayed_keys_come_in_the_order_of_their_times()
    {
        _queue.AddAfter("late", TimeSpan.FromSeconds(1));
        _queue.AddAfter("early", TimeSpan.FromMilliseconds(500));
        Assert.Equal(1, _clock.ActiveTimers);
        _clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal("early", await WorkAsync());
        Assert.Equal(0, _queue.Length);
        _clock.Advance(TimeSpan.FromMilliseconds(500));

        Assert.Equal("late", await WorkAsync());
    }

    [Fact]
    public async Task The_order_holds_when_keys_are_moved_ahead_and_taken_out_of_the_middle()
    {
        const int Seed = 20261121;
        var chance = new Random(Seed);
        var due = new Dictionary<string, int>();
        for (var i = 0; i < 2_000; i++)
        {
            var (key, at) = ($"k{chance.Next(300)}", chance.Next(1, 1_000));
            due[key] = Math.Min(at, due.GetValueOrDefault(key, int.MaxValue));
            _queue.AddAfter(key, TimeSpan.FromMilliseconds(at));
        }

        var came = new List<(string Key, int At)>();
        for (var now = 1; now <= 1_000; now++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            while (_queue.Length > 0)
            {
                came.Add((await WorkAsync(), now));
            }
        }

        Assert.True(due.Count == came.Count, $"seed {Seed}: {due.Count} keys, {came.Count} came");
        Assert.All(came, one => Assert.Equal(due[one.Key], one.At));
    }

    [Fact]
    public async Task Adding_a_key_at_once_does_not_cancel_its_time()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(1));
        _queue.Add("a");
        Assert.Equal("a", await WorkAsync());
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("a", await WorkAsync());
    }

    [Fact]
    public async Task A_key_whose_time_comes_while_it_is_worked_on_comes_after()
    {
        _queue.Add("a");
        var item = await _queue.GetAsync(Cancellation);
        _queue.AddAfter("a", TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _queue.Length);
        item!.Dispose();

        Assert.Equal("a", await WorkAsync());
    }

    [Fact]
    public async Task A_time_beyond_what_timers_can_hold_is_waited_for()
    {
        _queue.AddAfter("never", TimeSpan.MaxValue);
        _queue.AddAfter("far", TimeSpan.FromDays(100));
        _clock.Advance(TimeSpan.FromDays(99));
        Assert.Equal(0, _queue.Length);
        _clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal("far", await WorkAsync());
        Assert.Equal(1, _queue.Snapshot().Delayed);
    }

    [Fact]
    public async Task A_shutdown_drops_what_waits_for_its_time()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(1));
        Assert.True(await _queue.ShutDownWithDrainAsync(Cancellation));

        Assert.Equal((0, 0), (_queue.Snapshot().Delayed, _clock.ActiveTimers));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(0, _queue.Length);
    }

    [Fact]
    public async Task A_failed_key_waits_longer_each_time_until_it_is_forgotten()
    {
        Assert.Equal(["5", "10", "20", "40"], [await FailAsync(), await FailAsync(), await FailAsync(), await FailAsync()]);
        Assert.Equal(4, _queue.NumRequeues("a"));
        _queue.Forget("a");
        Assert.Equal(0, _queue.NumRequeues("a"));

        Assert.Equal("5", await FailAsync());
    }

    private async Task<string> FailAsync()
    {
        _queue.AddRateLimited("a");
        var by = await _clock.AdvanceToNextTimerAsync(TimeSpan.FromSeconds(1));
        Assert.Equal("a", await WorkAsync());
        return by.TotalMilliseconds.ToString("0", System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<string> WorkAsync()
    {
        using var item = await _queue.GetAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(15), Cancellation);
        return item!.Key;
    }
}
