using Vigia.Controllers;
using Vigia.Informers.Tests.Controllers;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Hostile;

/// <summary>
/// Functions from changes to keys that throw, lie, block and never end: each costs its own change, which is counted and
/// logged.
/// </summary>
public sealed class MapperTests : IAsyncDisposable
{
    private readonly ControllerFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("throws", false)]
    [InlineData("throws late", true)]
    [InlineData("null", false)]
    [InlineData("never ends", true)]
    [InlineData("predicate throws", false)]
    public async Task However_a_mapper_fails_it_costs_its_change_and_the_keys_it_gave_are_worked_on(string how, bool isGiven)
    {
        await _fixture.StartAsync(
            new() { MaxKeysPerChange = 50 },
            builder =>
                builder.Watches(
                    _fixture.Informer,
                    delta => delta.Object.Name == "bad" ? Fail(how, delta.Object.Key) : [delta.Object.Key],
                    delta => how == "predicate throws" && delta.Object.Name == "bad" ? throw new FormatException() : true
                )
        );
        _fixture.Server.Put("bad");
        _fixture.Server.Put("good");
        await Eventually.TrueAsync(() => _fixture.Ended.Contains("good"), "the next change is worked on");
        await _fixture.IdleAsync();

        Assert.Equal(isGiven, _fixture.Ended.Contains("bad"));
        Assert.Equal(1, _fixture.Controller.Snapshot().Lost);
        Assert.Equal(0, _fixture.Informer.Counters.HandlerFailures);
        Assert.True(_fixture.Ended.Count <= 51);
        const string Logged = "Error controller test: a function given to Watches failed for scripted pods default/bad";
        Assert.Contains(_fixture.Logged, line => line.StartsWith(Logged, StringComparison.Ordinal));
        Assert.Equal(ControllerState.Running, _fixture.Controller.State);
    }

    [Fact]
    public async Task A_mapper_that_throws_during_a_resync_does_not_end_the_resyncs()
    {
        var failures = 2;
        await _fixture.StartAsync(
            new() { Resync = TimeSpan.FromMinutes(1) },
            builder =>
                builder.Watches(
                    _fixture.Informer,
                    delta =>
                        delta.IsInInitialList && Interlocked.Decrement(ref failures) >= 0
                            ? throw new FormatException("no owner")
                            : [delta.Object.Key]
                )
        );
        _fixture.Server.Put("a");
        await _fixture.BeganAsync("a");
        for (var lost = 1; lost <= 2; lost++)
        {
            _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
            await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Lost == lost, "a resync failed");
        }

        await _fixture.WithTimeAsync(() => _fixture.Began.Count == 2, "a later resync is worked on", stepMs: 60_000);
    }

    [Fact]
    public async Task A_mapper_that_blocks_holds_up_its_own_changes_and_nobody_elses()
    {
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        await _fixture.StartAsync(watches: builder =>
            builder.Watches(
                _fixture.Informer,
                delta =>
                {
                    if (delta.Object.Name == "slow")
                    {
                        entered.Set();
                        Assert.True(gate.Wait(TimeSpan.FromSeconds(30)));
                    }

                    return [delta.Object.Key];
                }
            )
        );
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new ResourceEventHandlerFuncs { OnAdd = (o, _) => _ = o.Name == "next" && seen.TrySetResult() };
        await using var other = _fixture.Informer.AddHandler(handler);
        _fixture.Server.Put("slow");
        await Eventually.TrueAsync(() => entered.IsSet, "the mapper blocks");
        _fixture.Server.Put("next");
        await seen.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.True(_fixture.Controller.Enqueue(new("default", "outside")));
        await _fixture.BeganAsync("outside-");
        Assert.Equal(ControllerState.Running, _fixture.Controller.Snapshot().State);

        gate.Set();
        await Eventually.TrueAsync(() => _fixture.Ended.Contains("slow") && _fixture.Ended.Contains("next"), "both are worked on");
    }

    [Fact]
    public async Task A_mapper_may_call_whatever_it_can_reach_while_it_is_called()
    {
        await _fixture.StartAsync(watches: builder => builder.Watches(_fixture.Informer, Reenter));
        _fixture.Server.Put("a");
        await _fixture.Run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal(0, _fixture.Controller.Snapshot().Lost);
        Assert.Equal(ControllerState.Stopped, _fixture.Controller.State);

        IEnumerable<ObjectKey> Reenter(Delta delta)
        {
            Assert.Equal(ControllerState.Running, _fixture.Controller.Snapshot().State);
            Assert.True(_fixture.Controller.Enqueue(delta.Object.Key));
            Assert.NotNull(_fixture.Informer.Status);
            yield return delta.Object.Key;
            _ = _fixture.Informer.AddHandler(new ResourceEventHandlerFuncs()).DisposeAsync().AsTask();
            _fixture.Stop();
        }
    }

    [Fact]
    public async Task A_key_whose_equality_throws_costs_neither_the_keys_after_it_nor_the_worker()
    {
        var (informer, done) = (_fixture.Watch(_fixture.Server), new System.Collections.Concurrent.ConcurrentQueue<string>());
        var bad = new Key("bad");
        var controller = new ControllerBuilder<Key>("keys")
            .Watches(informer, delta => [new Key("hopeless") { HowOften = 0 }, null!, bad, new Key(delta.Object.Name)])
            .Build((key, _) => Work(key), time: _fixture.Clock, logger: _fixture.Logger);
        using var stop = new CancellationTokenSource();
        var run = controller.RunAsync(stop.Token);
        _fixture.Server.Put("a");
        await Eventually.TrueAsync(() => done.Contains("a"), "the key after it is worked on");

        // This one can be added, and then no more: not even to be taken out of the queue.
        bad.HowOften = 0;
        _fixture.Server.Put("b");
        _fixture.Server.Put("c");
        await Eventually.TrueAsync(() => done.Contains("c"), "the worker goes on");
        Assert.Equal(3, controller.Snapshot().Lost);
        await stop.CancelAsync();
        await _fixture.WithTimeAsync(() => run.IsCompleted, "it ends", stepMs: 1000);
        await run;

        ValueTask<ReconcileResult> Work(Key key)
        {
            done.Enqueue(key.Name);
            key.HowOften = key.Name == "bad" ? 0 : int.MaxValue;
            return ValueTask.FromResult(ReconcileResult.Done);
        }
    }

    [Fact]
    public void A_key_that_cannot_be_added_any_more_when_its_time_comes_does_not_end_the_process_and_is_counted()
    {
        var clock = new ManualTimeProvider();
        using var queue = new WorkQueue<Key>(time: clock);
        var bad = new Key("bad");
        queue.AddAfter(bad, TimeSpan.FromSeconds(1));
        queue.AddAfter(new Key("good"), TimeSpan.FromSeconds(1));
        bad.HowOften = 0;
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((1, 1), (queue.Length, queue.LostKeys));
        bad.HowOften = int.MaxValue;
        queue.AddAfter(bad, TimeSpan.FromSeconds(1));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, queue.Length);
    }

    [Fact]
    public void A_controller_that_takes_no_keys_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _fixture.Build(new() { MaxKeysPerChange = 0 }));

    private static IEnumerable<ObjectKey> Fail(string how, ObjectKey key)
    {
        return how switch
        {
            "throws" => throw new FormatException("no owner"),
            "null" => null!,
            _ => Late(),
        };

        IEnumerable<ObjectKey> Late()
        {
            yield return key;
            for (var i = 0; how == "never ends"; i++)
            {
                yield return new ObjectKey("endless", $"{i}");
            }

            throw new FormatException("no owner");
        }
    }

    private sealed class Key(string name)
    {
        public string Name => name;

        /// <summary>How often its hash can be asked for.</summary>
        public int HowOften { get; set; } = int.MaxValue;

        public override bool Equals(object? obj) => obj is Key other && other.Name == name;

        public override int GetHashCode() =>
            HowOften-- > 0 ? name.GetHashCode(StringComparison.Ordinal) : throw new InvalidOperationException("a key whose hash throws");

        public override string ToString() => throw new InvalidOperationException("a key that cannot be written");
    }
}
