using System.Collections.Concurrent;
using Vigia.Informers.Tests.Reflecting;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Informing;

/// <summary>
/// In which order changes are delivered, and which are not (docs/conformance.md 49 to 69): the log in the place of client-go's queues.
/// </summary>
public sealed class OrderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_of_different_objects_arrive_in_the_order_they_happened_and_a_key_that_changes_again_keeps_no_early_place()
    {
        await using var rig = new InformerRig();
        var (handler, gate) = await BusyAsync(rig);
        rig.Server.Put("a");
        rig.Server.Put("b");
        rig.Server.Put("a", "2");
        rig.Server.Put("c");
        rig.Server.Delete("b");
        await rig.SeenAsync("+first", "+a", "+b", "~a", "+c", "-b");
        gate.SetResult();
        await Eventually.TrueAsync(() => handler.Count == 6, "the busy handler has caught up");

        Assert.Equal(rig.Seen, handler);
    }

    [Fact]
    public async Task A_batch_that_changes_one_object_many_times_delivers_every_step()
    {
        await using var rig = new InformerRig();
        await rig.StartAsync();
        var versions = new ConcurrentQueue<string>();
        var handler = rig.Informer.AddHandler(
            new ResourceEventHandlerFuncs
            {
                OnAdd = (o, _) => versions.Enqueue(o.ResourceVersion.ToString()),
                OnUpdate = (old, o) => versions.Enqueue($"{old!.ResourceVersion}>{o.ResourceVersion}"),
            }
        );
        await handler.WhenSynced.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        for (var i = 0; i < 5; i++)
        {
            rig.Server.Put("a", $"{i}");
        }

        await Eventually.TrueAsync(() => versions.Count == 5, "all steps came");
        Assert.Equal(["11", "11>12", "12>13", "13>14", "14>15"], versions);
    }

    [Fact]
    public async Task What_a_busy_handler_has_yet_to_hear_of_is_deleted_by_a_relist_too()
    {
        await using var rig = new InformerRig();
        var (handler, gate) = await BusyAsync(rig);
        rig.Server.Put("queued");
        await rig.SeenAsync("+first", "+queued");
        rig.Server.DropWithoutEvent("queued");
        rig.Expire();
        await rig.SeenAsync("+first", "+queued", "-queued?");
        gate.SetResult();
        await Eventually.TrueAsync(() => handler.Count == 3, "the busy handler has caught up");

        Assert.Equal(["+first", "+queued", "-queued?"], handler);
    }

    [Fact]
    public async Task A_deletion_of_what_was_never_held_or_is_deleted_already_is_delivered_to_nobody()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        await rig.StartAsync();
        rig.Server.Delete("a");
        rig.Server.Send(
            """{"type":"DELETED","object":{"metadata":{"name":"a","namespace":"default","uid":"uid-1","resourceVersion":"13"}}}"""
        );
        rig.Server.Send(
            """{"type":"DELETED","object":{"metadata":{"name":"never","namespace":"default","uid":"uid-9","resourceVersion":"14"}}}"""
        );
        await Eventually.TrueAsync(() => rig.Informer.Log.Revision.Number == 14, "both were read");

        await rig.SeenAsync("+a", "-a");
        Assert.Equal(2, rig.Informer.Log.Appended);
    }

    [Fact]
    public async Task An_event_that_repeats_the_version_held_is_delivered_to_nobody()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        await rig.StartAsync();
        rig.Server.Send(
            """{"type":"MODIFIED","object":{"metadata":{"name":"a","namespace":"default","uid":"uid-1","resourceVersion":"11"}}}"""
        );
        rig.Server.Send(
            """{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"default","uid":"uid-1","resourceVersion":"11"}}}"""
        );
        rig.Server.Bookmark(20);
        await Eventually.TrueAsync(() => rig.Informer.Log.Revision.Number == 20, "all was read");

        Assert.Equal(["+a"], rig.Seen);
    }

    [Fact]
    public async Task The_deletion_carries_the_last_state_and_its_own_revision()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a", "1");
        var deletions = new ConcurrentQueue<string>();
        var handler = rig.Informer.AddHandler(
            new ResourceEventHandlerFuncs { OnDelete = (o, unknown) => deletions.Enqueue($"{o.ResourceVersion} {unknown}") }
        );
        await rig.StartAsync();
        await handler.WhenSynced.WaitAsync(TimeSpan.FromSeconds(15), Cancellation);
        rig.Server.Delete("a");
        await Eventually.TrueAsync(() => deletions.Count == 1, "deleted");

        Assert.Equal(["12 False"], deletions);
    }

    [Fact]
    public async Task A_deletion_found_by_a_relist_carries_the_last_state_known_and_says_that_it_may_be_stale()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a", "1");
        var deletions = new ConcurrentQueue<string>();
        var handler = rig.Informer.AddHandler(
            new ResourceEventHandlerFuncs
            {
                OnDelete = (o, unknown) => deletions.Enqueue($"{o.ResourceVersion} {o.Labels[0].Value} {unknown}"),
            }
        );
        await rig.StartAsync();

        // One that has not been told of the object yet would not be told of its end either.
        await handler.WhenSynced.WaitAsync(TimeSpan.FromSeconds(15), Cancellation);
        rig.Server.DropWithoutEvent("a");
        rig.Expire();
        await Eventually.TrueAsync(() => deletions.Count == 1, "deleted");

        Assert.Equal(["11 1 True"], deletions);
    }

    [Fact]
    public async Task A_cursor_that_waits_wakes_when_the_informer_stops()
    {
        await using var rig = new InformerRig();
        await rig.StartAsync();
        var cursor = rig.Informer.Log.Open();
        var change = cursor.NextChange;
        Assert.Equal(CursorReading.Nothing, cursor.Read([]));
        Assert.False(change.IsCompleted);
        await rig.Informer.DisposeAsync();

        await change.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal(InformerState.Stopped, rig.Informer.Status.State);
    }

    [Fact]
    public async Task An_object_without_a_name_harms_no_other_and_is_counted()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        await rig.StartAsync();
        rig.Server.Put("b");
        rig.Server.Send("""{"type":"ADDED","object":{"metadata":{"uid":"u","resourceVersion":"13"}}}""");
        rig.Server.Put("c");
        await rig.LiveWithTimeAsync(watches: 2);

        await rig.SeenAsync("+a", "+b", "+c");
        Assert.Equal(1, rig.Informer.Counters.Undecodable);
    }

    [Fact]
    public async Task While_a_relist_comes_in_the_store_is_never_without_what_both_lists_have()
    {
        await using var rig = new InformerRig();
        for (var i = 0; i < 500; i++)
        {
            rig.Server.Put($"p{i}");
        }

        await rig.StartAsync();
        await Eventually.TrueAsync(() => rig.Seen.Count == 500, "the first list came");
        var least = 500;
        using var done = new CancellationTokenSource();
        var reader = Task.Run(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    least = Math.Min(least, rig.Informer.Store.List().Count);
                }
            },
            Cancellation
        );
        for (var watch = 2; watch <= 30; watch++)
        {
            rig.Expire();
            await rig.LiveAsync(watch);
        }

        await done.CancelAsync();
        await reader;
        Assert.Equal((500, 500), (least, rig.Seen.Count));
    }

    /// <summary>A started informer with a handler that holds at its first call.</summary>
    private static async Task<(ConcurrentQueue<string> Seen, TaskCompletionSource Gate)> BusyAsync(InformerRig rig)
    {
        var seen = new ConcurrentQueue<string>();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new Held(new InformerRecorder(seen), gate.Task);
        rig.Informer.AddHandler(held);
        rig.Server.Put("first");
        await rig.StartAsync();
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
