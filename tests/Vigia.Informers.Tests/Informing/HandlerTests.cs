using System.Collections.Concurrent;
using Vigia.Informers.Tests.Reflecting;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Informing;

/// <summary>
/// Handlers of a shared informer: what each is told, when it is in step, how it is added and removed
/// (docs/conformance.md 82 to 102).
/// </summary>
public sealed class HandlerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_handler_gets_everything_once_and_in_the_same_order()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("p0");
        var seen = Enumerable.Range(0, 8).Select(_ => new ConcurrentQueue<string>()).ToArray();
        var handlers = seen.Select(one => fixture.Informer.AddHandler(new InformerRecorder(one))).ToArray();
        await fixture.StartAsync();
        await Task.WhenAll(handlers.Select(handler => handler.WhenSynced)).WaitAsync(TimeSpan.FromSeconds(15), Cancellation);
        for (var i = 1; i < 500; i++)
        {
            fixture.Server.Put($"p{i % 50}", $"{i}");
        }

        await Eventually.TrueAsync(() => fixture.Seen.Count == 500 && seen.All(one => one.Count == 500), "all came to all");
        Assert.All(seen, one => Assert.Equal(fixture.Seen, one));
    }

    [Fact]
    public async Task A_handler_is_in_step_when_it_has_returned_for_the_first_list_and_not_before_whatever_the_others_do()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        fixture.Server.Put("b");
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        var slow = fixture.Informer.AddHandler(
            new Gated(async _ =>
            {
                calls++;
                await gate.Task;
            })
        );
        var quick = fixture.Informer.AddHandler(new ResourceEventHandlerFuncs());
        await fixture.StartAsync();
        await quick.WhenSynced.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        await Eventually.TrueAsync(() => calls == 1, "the slow one is at its first item");

        Assert.True(fixture.Informer.HasSynced);
        Assert.False(slow.HasSynced);
        Assert.False(slow.WhenSynced.IsCompleted);
        gate.SetResult();
        await slow.WhenSynced.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task A_handler_of_nothing_is_in_step_as_soon_as_the_list_is_known_to_be_empty()
    {
        await using var fixture = new InformerFixture();
        var handler = fixture.Informer.AddHandler(new ResourceEventHandlerFuncs());
        Assert.False(handler.HasSynced);
        await fixture.StartAsync();

        await handler.WhenSynced.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task What_a_relist_adds_is_not_called_initial()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("first");
        var added = new ConcurrentQueue<string>();
        fixture.Informer.AddHandler(new ResourceEventHandlerFuncs { OnAdd = (o, initial) => added.Enqueue($"{o.Name} {initial}") });
        await fixture.StartAsync();
        fixture.Server.FailWatches(ApiErrors.Expired());
        fixture.Server.OnRequest = request =>
        {
            if (request.StartsWith("LIST", StringComparison.Ordinal))
            {
                fixture.Server.Put("missed");
            }
        };
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        fixture.Server.EndWatches();
        await fixture.LiveWithTimeAsync(watches: 2);
        await Eventually.TrueAsync(() => added.Count == 2, "both came");

        Assert.Equal(["first True", "missed False"], added);
    }

    [Fact]
    public async Task The_same_handler_added_twice_is_two_registrations()
    {
        await using var fixture = new InformerFixture();
        var seen = new ConcurrentQueue<string>();
        var handler = new InformerRecorder(seen);
        var first = fixture.Informer.AddHandler(handler);
        var second = fixture.Informer.AddHandler(handler);
        Assert.NotSame(first, second);
        await fixture.StartAsync();
        fixture.Server.Put("a");
        await Eventually.TrueAsync(() => seen.Count == 2, "both were called");
        await first.DisposeAsync();
        fixture.Server.Put("b");
        await Eventually.TrueAsync(() => seen.Count == 3 && second.Lag == 0, "the other one was called");

        Assert.Equal(["+a", "+a", "+b"], seen);
    }

    [Fact]
    public async Task A_handler_that_was_removed_leaves_the_others_alone()
    {
        await using var fixture = new InformerFixture();
        var seen = new ConcurrentQueue<string>();
        var removed = fixture.Informer.AddHandler(new InformerRecorder(seen));
        await fixture.StartAsync();
        fixture.Server.Put("a");
        await Eventually.TrueAsync(() => seen.Count == 1, "it was called");
        await removed.DisposeAsync();
        fixture.Server.Put("b");
        await fixture.SeenAsync("+a", "+b");

        Assert.Equal(["+a"], seen);
    }

    [Fact]
    public async Task A_stopped_informer_takes_no_handler_and_says_why()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        await fixture.Informer.DisposeAsync();

        var refused = Assert.Throws<InvalidOperationException>(() => fixture.Informer.AddHandler(new ResourceEventHandlerFuncs()));
        Assert.Contains("pods in scripted was stopped", refused.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(fixture.Informer.Start);
    }

    [Fact]
    public async Task A_handler_can_be_removed_from_a_stopped_informer()
    {
        await using var fixture = new InformerFixture();
        var handler = fixture.Informer.AddHandler(new ResourceEventHandlerFuncs());
        await fixture.Informer.DisposeAsync();
        await handler.DisposeAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => handler.WhenSynced);
    }

    [Fact]
    public async Task Removing_a_busy_handler_waits_for_the_call_under_way_and_begins_no_other()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        fixture.Server.Put("b");
        var (entered, gate) = (NewSignal(), NewSignal());
        var calls = 0;
        var busy = fixture.Informer.AddHandler(
            new Gated(async _ =>
            {
                calls++;
                entered.TrySetResult();
                await gate.Task;
            })
        );
        await fixture.StartAsync();
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        var removal = busy.DisposeAsync().AsTask();
        fixture.Server.Put("c");
        await fixture.SeenAsync("+a", "+b", "+c");
        Assert.False(removal.IsCompleted);
        gate.SetResult();
        await removal.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);

        Assert.Equal(1, calls);
        Assert.False(busy.HasSynced);
    }

    [Fact]
    public async Task Many_threads_that_add_and_remove_handlers_neither_deadlock_nor_lose_an_initial_item()
    {
        await using var fixture = new InformerFixture();
        for (var i = 0; i < 20; i++)
        {
            fixture.Server.Put($"p{i}");
        }

        await fixture.StartAsync();
        using var done = new CancellationTokenSource();
        var churn = Task.Run(
            () =>
            {
                for (var i = 0; !done.IsCancellationRequested; i++)
                {
                    fixture.Server.Put($"p{i % 20}", $"{i}");
                }
            },
            Cancellation
        );
        var threads = Enumerable
            .Range(0, 8)
            .Select(_ =>
                Task.Run(
                    async () =>
                    {
                        for (var round = 0; round < 25; round++)
                        {
                            var initial = new ConcurrentDictionary<string, int>();
                            var handler = fixture.Informer.AddHandler(
                                new ResourceEventHandlerFuncs
                                {
                                    OnAdd = (o, isInitial) => initial.AddOrUpdate(o.Name, 1, (_, times) => times + 1),
                                }
                            );
                            await handler.WhenSynced.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
                            await handler.DisposeAsync();
                            Assert.Equal(20, initial.Count);
                            Assert.All(initial.Values, times => Assert.Equal(1, times));
                        }
                    },
                    Cancellation
                )
            )
            .ToArray();
        await Task.WhenAll(threads);
        await done.CancelAsync();
        await churn;
    }

    [Fact]
    public async Task Starting_while_handlers_are_being_added_loses_nothing()
    {
        for (var round = 0; round < 50; round++)
        {
            await using var fixture = new InformerFixture();
            fixture.Server.Put("a");
            var seen = new ConcurrentQueue<string>();
            var start = Task.Run(fixture.Informer.Start, Cancellation);
            var handler = await Task.Run(() => fixture.Informer.AddHandler(new InformerRecorder(seen)), Cancellation);
            await start;
            await handler.WhenSynced.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);

            Assert.Equal(["+a"], seen);
        }
    }

    [Fact]
    public async Task A_handler_that_throws_at_every_item_of_the_first_list_comes_into_step_all_the_same()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        fixture.Server.Put("b");
        var broken = fixture.Informer.AddHandler(
            new ResourceEventHandlerFuncs { OnAdd = (_, _) => throw new InvalidOperationException("broken") }
        );
        await fixture.StartAsync();
        await broken.WhenSynced.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);

        Assert.Equal(2, fixture.Informer.Counters.HandlerFailures);
        await fixture.SeenAsync("+a", "+b");
    }

    [Fact]
    public async Task After_a_handler_threw_it_gets_the_next_change_without_a_pause()
    {
        await using var fixture = new InformerFixture();
        var seen = new ConcurrentQueue<string>();
        fixture.Informer.AddHandler(
            new ResourceEventHandlerFuncs
            {
                OnAdd = (o, _) =>
                {
                    seen.Enqueue(o.Name);
                    if (o.Name == "a")
                    {
                        throw new InvalidOperationException("broken");
                    }
                },
            }
        );
        await fixture.StartAsync();
        fixture.Server.Put("a");
        fixture.Server.Put("b");

        // The clock stands: client-go pauses for a second here.
        await Eventually.TrueAsync(() => seen.Count == 2, "the next change came");
        Assert.Equal(["a", "b"], seen);
    }

    [Fact]
    public async Task Stopping_waits_for_the_handlers_and_cancels_their_token()
    {
        var fixture = new InformerFixture();
        fixture.Server.Put("a");
        var entered = NewSignal();
        var ended = false;
        fixture.Informer.AddHandler(
            new Gated(async cancellationToken =>
            {
                entered.TrySetResult();
                try
                {
                    await Hanging.UntilCancelledAsync(cancellationToken);
                }
                finally
                {
                    ended = true;
                }
            })
        );
        await fixture.StartAsync();
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        await fixture.DisposeAsync();

        Assert.True(ended);
        Assert.Equal(0, fixture.Informer.Counters.HandlerFailures);
    }

    [Fact]
    public async Task A_change_is_in_the_store_before_any_handler_hears_of_it()
    {
        await using var fixture = new InformerFixture();
        for (var i = 0; i < 300; i++)
        {
            fixture.Server.Put($"old{i}");
        }

        var wrong = 0;
        var calls = 0;
        fixture.Informer.AddHandler(
            new ResourceEventHandlerFuncs
            {
                OnAdd = (o, initial) =>
                    Count(initial || fixture.Informer.Store.Get(o.Key)?.ResourceVersion.IsOlderThan(o.ResourceVersion) == false),
                OnUpdate = (_, o) => Count(fixture.Informer.Store.Get(o.Key)?.ResourceVersion.IsOlderThan(o.ResourceVersion) == false),
                OnDelete = (o, _) => Count(fixture.Informer.Store.Get(o.Key) is null),
            }
        );
        await fixture.StartAsync();
        for (var i = 0; i < 300; i++)
        {
            fixture.Server.Put($"new{i}");
            fixture.Server.Put($"new{i}", "2");
            fixture.Server.Delete($"old{i}");
        }

        await Eventually.TrueAsync(() => Volatile.Read(ref calls) == 1200, "all came");
        Assert.Equal(0, wrong);

        void Count(bool right)
        {
            wrong += right ? 0 : 1;
            Interlocked.Increment(ref calls);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Gated(Func<CancellationToken, Task> call) : IResourceEventHandler
    {
        public async ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken) => await call(cancellationToken);
    }
}
