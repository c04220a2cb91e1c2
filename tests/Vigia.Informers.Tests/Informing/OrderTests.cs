using System.Collections.Concurrent;
using Vigia.Informers.Tests.Reflecting;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Informing;

/// <summary>
/// In which order changes are delivered, and which are not (docs/conformance.md 49 to 69): the log in the place of
/// client-go's queues.
/// </summary>
public sealed class OrderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_of_different_objects_arrive_in_the_order_they_happened_and_a_key_that_changes_again_keeps_no_early_place()
    {
        await using var fixture = new InformerFixture();
        var (handler, gate) = await BusyAsync(fixture);
        fixture.Server.Put("a");
        fixture.Server.Put("b");
        fixture.Server.Put("a", "2");
        fixture.Server.Put("c");
        fixture.Server.Delete("b");
        await fixture.SeenAsync("+first", "+a", "+b", "~a", "+c", "-b");
        gate.SetResult();
        await Eventually.TrueAsync(() => handler.Count == 6, "the busy handler has caught up");

        Assert.Equal(fixture.Seen, handler);
    }

    [Fact]
    public async Task A_batch_that_changes_one_object_many_times_delivers_every_step()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        var versions = new ConcurrentQueue<string>();
        var handler = fixture.Informer.AddHandler(
            new ResourceEventHandlerFuncs
            {
                OnAdd = (o, _) => versions.Enqueue(o.ResourceVersion.ToString()),
                OnUpdate = (old, o) => versions.Enqueue($"{old!.ResourceVersion}>{o.ResourceVersion}"),
            }
        );
        await handler.WhenSynced.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        for (var i = 0; i < 5; i++)
        {
            fixture.Server.Put("a", $"{i}");
        }

        await Eventually.TrueAsync(() => versions.Count == 5, "all steps came");
        Assert.Equal(["11", "11>12", "12>13", "13>14", "14>15"], versions);
    }

    [Fact]
    public async Task What_a_busy_handler_has_yet_to_hear_of_is_deleted_by_a_relist_too()
    {
        await using var fixture = new InformerFixture();
        var (handler, gate) = await BusyAsync(fixture);
        fixture.Server.Put("queued");
        await fixture.SeenAsync("+first", "+queued");
        fixture.Server.DropWithoutEvent("queued");
        fixture.Expire();
        await fixture.SeenAsync("+first", "+queued", "-queued?");
        gate.SetResult();
        await Eventually.TrueAsync(() => handler.Count == 3, "the busy handler has caught up");

        Assert.Equal(["+first", "+queued", "-queued?"], handler);
    }

    [Fact]
    public async Task A_deletion_of_what_was_never_held_or_is_deleted_already_is_delivered_to_nobody()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        fixture.Server.Delete("a");
        fixture.Server.Send(
            """{"type":"DELETED","object":{"metadata":{"name":"a","namespace":"default","uid":"uid-1","resourceVersion":"13"}}}"""
        );
        fixture.Server.Send(
            """{"type":"DELETED","object":{"metadata":{"name":"never","namespace":"default","uid":"uid-9","resourceVersion":"14"}}}"""
        );
        await Eventually.TrueAsync(() => fixture.Informer.Log.Revision.Number == 14, "both were read");

        await fixture.SeenAsync("+a", "-a");
        Assert.Equal(2, fixture.Informer.Log.Appended);
    }

    [Fact]
    public async Task An_event_that_repeats_the_version_held_is_delivered_to_nobody()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        fixture.Server.Send(
            """{"type":"MODIFIED","object":{"metadata":{"name":"a","namespace":"default","uid":"uid-1","resourceVersion":"11"}}}"""
        );
        fixture.Server.Send(
            """{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"default","uid":"uid-1","resourceVersion":"11"}}}"""
        );
        fixture.Server.Bookmark(20);
        await Eventually.TrueAsync(() => fixture.Informer.Log.Revision.Number == 20, "all was read");

        Assert.Equal(["+a"], fixture.Seen);
    }

    [Fact]
    public async Task The_deletion_carries_the_last_state_and_its_own_revision()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a", "1");
        var deletions = new ConcurrentQueue<string>();
        var handler = fixture.Informer.AddHandler(
            new ResourceEventHandlerFuncs { OnDelete = (o, unknown) => deletions.Enqueue($"{o.ResourceVersion} {unknown}") }
        );
        await fixture.StartAsync();
        await handler.WhenSynced.WaitAsync(TimeSpan.FromSeconds(15), Cancellation);
        fixture.Server.Delete("a");
        await Eventually.TrueAsync(() => deletions.Count == 1, "deleted");

        Assert.Equal(["12 False"], deletions);
    }

    [Fact]
    public async Task A_deletion_found_by_a_relist_carries_the_last_state_known_and_says_that_it_may_be_stale()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a", "1");
        var deletions = new ConcurrentQueue<string>();
        var handler = fixture.Informer.AddHandler(
            new ResourceEventHandlerFuncs
            {
                OnDelete = (o, unknown) => deletions.Enqueue($"{o.ResourceVersion} {o.Labels[0].Value} {unknown}"),
            }
        );
        await fixture.StartAsync();

        // One that has not been told of the object yet would not be told of its end either.
        await handler.WhenSynced.WaitAsync(TimeSpan.FromSeconds(15), Cancellation);
        fixture.Server.DropWithoutEvent("a");
        fixture.Expire();
        await Eventually.TrueAsync(() => deletions.Count == 1, "deleted");

        Assert.Equal(["11 1 True"], deletions);
    }

    [Fact]
    public async Task A_cursor_that_waits_wakes_when_the_informer_stops()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        var cursor = fixture.Informer.Log.Open();
        var change = cursor.NextChange;
        Assert.Equal(CursorReading.Nothing, cursor.Read([]));
        Assert.False(change.IsCompleted);
        await fixture.Informer.DisposeAsync();

        await change.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal(InformerState.Stopped, fixture.Informer.Status.State);
    }

    [Fact]
    public async Task An_object_without_a_name_harms_no_other_and_is_counted()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        fixture.Server.Put("b");
        fixture.Server.Send("""{"type":"ADDED","object":{"metadata":{"uid":"u","resourceVersion":"13"}}}""");
        fixture.Server.Put("c");
        await fixture.LiveWithTimeAsync(watches: 2);

        await fixture.SeenAsync("+a", "+b", "+c");
        Assert.Equal(1, fixture.Informer.Counters.Undecodable);
    }

    [Fact]
    public async Task While_a_relist_comes_in_the_store_is_never_without_what_both_lists_have()
    {
        await using var fixture = new InformerFixture();
        for (var i = 0; i < 500; i++)
        {
            fixture.Server.Put($"p{i}");
        }

        await fixture.StartAsync();
        await Eventually.TrueAsync(() => fixture.Seen.Count == 500, "the first list came");
        var least = 500;
        using var done = new CancellationTokenSource();
        var reader = Task.Run(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    least = Math.Min(least, fixture.Informer.Store.List().Count);
                }
            },
            Cancellation
        );
        for (var watch = 2; watch <= 30; watch++)
        {
            fixture.Expire();
            await fixture.LiveAsync(watch);
        }

        await done.CancelAsync();
        await reader;
        Assert.Equal((500, 500), (least, fixture.Seen.Count));
    }

    /// <summary>A started informer with a handler that holds at its first call.</summary>
    private static async Task<(ConcurrentQueue<string> Seen, TaskCompletionSource Gate)> BusyAsync(InformerFixture fixture)
    {
        var seen = new ConcurrentQueue<string>();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new Held(new InformerRecorder(seen), gate.Task);
        fixture.Informer.AddHandler(held);
        fixture.Server.Put("first");
        await fixture.StartAsync();
        await held.Entered.WaitAsync(TimeSpan.FromSeconds(15), Cancellation);
        return (seen, gate);
    }

    private sealed class Held(IResourceEventHandler inner, Task gate) : IResourceEventHandler
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => _entered.Task;

        public async ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken)
        {
            _entered.TrySetResult();
            await gate.WaitAsync(cancellationToken);
            await inner.HandleAsync(delta, cancellationToken);
        }
    }
}
