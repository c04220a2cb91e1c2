using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Queues;

/// <summary>By seed: the queue against the plainest model of what it promises, step by step.</summary>
public sealed class QueueModelTests
{
    [Fact]
    public async Task Step_by_step_it_does_what_two_sets_a_list_and_a_calendar_would()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            await RunAsync(seed);
        }
    }

    private static async Task RunAsync(int seed)
    {
        var chance = new Random(seed);
        var clock = new ManualTimeProvider();
        using var queue = new WorkQueue<int>(time: clock);
        var list = new List<int>();
        var again = new List<int>();
        var inWork = new Dictionary<int, WorkItem<int>>();
        var calendar = new Dictionary<int, (int Due, int Order)>();
        var (now, adds, order) = (0, 0, 0);
        for (var step = 0; step < 400; step++)
        {
            var key = chance.Next(8);
            switch (chance.Next(6))
            {
                case 0 or 1:
                    queue.Add(key);
                    Add(key);
                    break;
                case 2:
                    var delay = chance.Next(-1, 6);
                    queue.AddAfter(key, TimeSpan.FromMilliseconds(delay));
                    if (delay <= 0)
                    {
                        Add(key);
                    }
                    else if (!calendar.TryGetValue(key, out var held))
                    {
                        calendar[key] = (now + delay, order++);
                    }
                    else if (now + delay < held.Due)
                    {
                        calendar[key] = (now + delay, held.Order);
                    }

                    break;
                case 3 when list.Count > 0:
                    var item = await queue.GetAsync(TestContext.Current.CancellationToken);
                    Assert.True(list[0] == item!.Key, $"seed {seed}, step {step}: {item.Key} came, {list[0]} was due");
                    list.RemoveAt(0);
                    inWork.Add(item.Key, item);
                    break;
                case 4 when inWork.Remove(key, out var done):
                    done.Dispose();
                    if (again.Remove(key))
                    {
                        list.Add(key);
                    }

                    break;
                case 5:
                    clock.Advance(TimeSpan.FromMilliseconds(1));
                    now++;
                    foreach (var (due, _) in calendar.Where(pair => pair.Value.Due <= now).OrderBy(pair => pair.Value.Order).ToArray())
                    {
                        calendar.Remove(due);
                        Add(due);
                    }

                    break;
            }

            var seen = queue.Snapshot();
            var state = (queue.Length, seen.Depth, seen.Processing, seen.Delayed, seen.Adds);
            Assert.True(
                state == (list.Count, list.Count + again.Count, inWork.Count, calendar.Count, adds),
                $"seed {seed}, step {step}: {state}"
            );
        }

        void Add(int key)
        {
            var target = inWork.ContainsKey(key) ? again : list;
            if (!target.Contains(key))
            {
                target.Add(key);
                adds++;
            }
        }
    }
}
