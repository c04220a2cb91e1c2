using Vigia.Controllers;
using Vigia.Controllers.WorkQueues;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Queues;

/// <summary>What goes first, and that nothing waits forever.</summary>
public sealed class PriorityTests : IDisposable
{
    private readonly WorkQueue<string> _queue = new(time: new ManualTimeProvider());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task Higher_priorities_go_first_and_each_in_its_own_order()
    {
        _queue.Add("l1", WorkPriority.Low);
        _queue.Add("n1");
        _queue.Add("h1", WorkPriority.High);
        _queue.Add("n2");
        _queue.Add("h2", WorkPriority.High);
        _queue.Add("l2", WorkPriority.Low);

        Assert.Equal("h1 h2 n1 n2 l1 l2", await WorkAsync(6));
    }

    [Fact]
    public async Task A_key_added_with_two_priorities_has_the_higher_and_comes_once()
    {
        _queue.Add("a", WorkPriority.Low);
        _queue.Add("b", WorkPriority.Low);
        _queue.Add("n");
        _queue.Add("b", WorkPriority.High);
        _queue.Add("b", WorkPriority.Low);

        Assert.Equal(3, _queue.Length);
        using (var item = await _queue.GetAsync(Cancellation))
        {
            Assert.Equal(("b", WorkPriority.High), (item!.Key, item.Priority));
        }

        Assert.Equal("n a", await WorkAsync(2));
        Assert.Equal(0, _queue.Length);
    }

    [Fact]
    public async Task Raising_a_key_never_makes_it_later()
    {
        using var queue = new WorkQueue<string>(new() { FairnessInterval = 2 }, new ManualTimeProvider());
        queue.Add("a", WorkPriority.Low);
        for (var i = 0; i < 100; i++)
        {
            queue.Add($"n{i}");
        }

        queue.Add("a");
        var before = new List<string>();
        while (await queue.GetAsync(Cancellation) is { } item)
        {
            using (item)
            {
                if (item.Key == "a")
                {
                    break;
                }

                before.Add(item.Key);
            }
        }

        Assert.Equal(["n0", "n1"], before);
    }

    [Fact]
    public async Task A_first_list_of_thousands_does_not_hold_up_a_change()
    {
        for (var i = 0; i < 10_000; i++)
        {
            _queue.Add($"initial{i}", WorkPriority.Low);
        }

        _queue.Add("changed");

        Assert.Equal("changed", await WorkAsync(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(50)]
    public async Task Low_priorities_are_not_starved_under_constant_load(int interval)
    {
        using var queue = new WorkQueue<string>(new() { FairnessInterval = interval }, new ManualTimeProvider());
        queue.Add("high", WorkPriority.High);
        queue.Add("normal");
        for (var i = 0; i < 20; i++)
        {
            queue.Add($"low{i}", WorkPriority.Low);
        }

        // A key above comes back at once, forever: a clock that ages keys would never move in this test, the
        // count of takes does.
        var (low, since, longest) = (0, 0, 0);
        for (var takes = 0; low < 20; takes++)
        {
            Assert.True(takes < 20 * ((2 * interval) + 2), $"{low} of 20 after {takes} takes");
            using var item = await queue.GetAsync(Cancellation);
            if (item!.Priority == WorkPriority.Low)
            {
                Assert.Equal($"low{low++}", item.Key);
                since = 0;
            }
            else
            {
                queue.Add(item.Key, item.Priority);
                longest = Math.Max(longest, ++since);
            }
        }

        Assert.InRange(longest, 1, (2 * interval) + 1);
    }

    [Fact]
    public async Task Every_lane_has_its_turn_when_all_are_full()
    {
        using var queue = new WorkQueue<int>(new() { FairnessInterval = 3 }, new ManualTimeProvider());
        for (var i = 0; i < 300; i++)
        {
            queue.Add(i, (WorkPriority)(i % 3));
        }

        var taken = new int[3];
        for (var i = 0; i < 100; i++)
        {
            using var item = await queue.GetAsync(Cancellation);
            taken[(int)item!.Priority]++;
        }

        Assert.True(taken[0] >= 100 / 7 && taken[1] >= 100 / 7 && taken[2] >= 50, string.Join(' ', taken));
    }

    [Fact]
    public async Task A_delayed_key_keeps_the_highest_priority_it_was_given()
    {
        var clock = new ManualTimeProvider();
        using var queue = new WorkQueue<string>(null, clock);
        queue.AddAfter("a", TimeSpan.FromSeconds(1), WorkPriority.High);
        queue.AddAfter("a", TimeSpan.FromMilliseconds(500), WorkPriority.Low);
        queue.Add("n");
        clock.Advance(TimeSpan.FromMilliseconds(500));
        using var item = await queue.GetAsync(Cancellation);

        Assert.Equal(("a", WorkPriority.High), (item!.Key, item.Priority));
    }

    [Fact]
    public void Keys_raised_for_hours_leave_nothing_behind_in_the_lane_below()
    {
        // The head of the low lane stays; behind it a key is added low, raised and taken, a hundred thousand times
        // over.
        var lanes = new WorkLanes<string>(int.MaxValue);
        lanes.Push(new("head", WorkPriority.Low, 0));
        for (var i = 0; i < 100_000; i++)
        {
            var key = new QueuedKey<string>("a", WorkPriority.Low, 0);
            lanes.Push(key);
            lanes.Raise(key, WorkPriority.High);
            Assert.Equal("a", lanes.Take()!.Take());
        }

        Assert.Equal(1, lanes.Count);
        Assert.InRange(lanes.Held, 1, 100);
        Assert.Equal("head", lanes.Take()!.Take());
    }

    private async Task<string> WorkAsync(int times)
    {
        var keys = new List<string>();
        for (var i = 0; i < times; i++)
        {
            using var item = await _queue.GetAsync(Cancellation);
            keys.Add(item!.Key);
        }

        return string.Join(' ', keys);
    }
}
