using System.Collections.Concurrent;
using Vigia.Controllers;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Controllers;

/// <summary>
/// By seed: whatever is cut, compacted or thrown, in the end every key was worked on after its last change.
/// </summary>
public sealed class ControllerPropertyTests
{
    private const int Seeds = 60;

    private static readonly ParallelOptions TwoAtATime = new() { MaxDegreeOfParallelism = 2 };

    [Fact]
    public Task What_a_controller_made_equals_what_the_server_has_in_the_end() =>
        Parallel.ForEachAsync(Enumerable.Range(1, Seeds), TwoAtATime, async (seed, _) => await RunAsync(seed));

    private static async Task RunAsync(int seed)
    {
        var chance = new Random(seed);
        var clock = new ManualTimeProvider();
        var server = new ScriptedServer();
        var made = new ConcurrentDictionary<string, string>();
        var inWork = new ConcurrentDictionary<ObjectKey, bool>();
        var faults = new ConcurrentQueue<string>();
        var (calls, calm) = (0, false);
        var informer = new SharedInformer(
            server,
            new SharedInformerOptions
            {
                Seed = seed,
                Log = new DeltaLogOptions { Capacity = chance.Next(1, 8) },
            },
            clock
        );
        var controller = new ControllerBuilder<ObjectKey>($"seed-{seed}")
            .For(informer)
            .Build(
                async (key, _) =>
                {
                    if (!inWork.TryAdd(key, true))
                    {
                        faults.Enqueue($"{key} is in two hands");
                    }

                    // The state is read first and written last: a change in between must lead to another call.
                    var state = informer.Store.Get(key);
                    await Task.Yield();
                    using var end = new Ending(() => inWork.TryRemove(key, out var _));
                    switch (Volatile.Read(ref calm) ? 9 : Interlocked.Increment(ref calls) * 7 % 9)
                    {
                        case 0:
                            throw new InvalidOperationException("no luck");
                        case 1:
                            return ReconcileResult.RequeueAfter(TimeSpan.FromMilliseconds(3));
                    }

                    if (state is null)
                    {
                        made.TryRemove(key.Name, out var _);
                    }
                    else
                    {
                        made[key.Name] = state.Labels.TryGetValue("value", out var value) ? value : "";
                    }

                    return ReconcileResult.Done;
                },
                new() { Workers = 3, Resync = seed % 4 == 0 ? TimeSpan.FromSeconds(1) : null },
                clock
            );
        using var stop = new CancellationTokenSource();
        var run = controller.RunAsync(stop.Token);
        var expected = new Dictionary<string, string>();
        for (var step = 0; step < 300; step++)
        {
            var name = $"o{chance.Next(6)}";
            switch (chance.Next(24))
            {
                case < 14:
                    server.Put(name, expected[name] = $"v{step}");
                    break;
                case < 18 when expected.Remove(name):
                    server.Delete(name);
                    break;
                case 18:
                    server.EndWatches(chance.Next(2) == 0 ? null : new IOException("cut"));
                    break;
                case 19:
                    server.Compact();
                    server.EndWatches(new IOException("cut"));
                    break;
                default:
                    clock.Advance(TimeSpan.FromMilliseconds(chance.Next(800)));
                    await Task.Yield();
                    break;
            }
        }

        Volatile.Write(ref calm, true);
        try
        {
            await SettleAsync(
                clock,
                () => expected.Count == made.Count && expected.All(pair => made.GetValueOrDefault(pair.Key) == pair.Value),
                "made is what is there"
            );
        }
        catch (TimeoutException)
        {
            var there = string.Join(' ', expected.OrderBy(pair => pair.Key, StringComparer.Ordinal));
            Assert.Fail(
                $"seed {seed}: there is {there}; made is {string.Join(' ', made.OrderBy(pair => pair.Key, StringComparer.Ordinal))}; "
                    + $"{informer.Status}; {controller.Snapshot()}"
            );
        }

        await stop.CancelAsync();
        await run;
        await informer.DisposeAsync();

        Assert.True(faults.IsEmpty, $"seed {seed}: {string.Join("; ", faults)}");
        Assert.True(clock.ActiveTimers == 0, $"seed {seed}: a timer is left");
        Assert.True(server.OpenWatches == 0, $"seed {seed}: a watch is left");
    }

    private static Task SettleAsync(ManualTimeProvider clock, Func<bool> condition, string what) =>
        Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(200));
                return condition();
            },
            what
        );

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
