using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Controllers;

/// <summary>How a controller starts, stops, and starts again.</summary>
public sealed class ControllerLifeTests : IAsyncDisposable
{
    private readonly ControllerRig _rig = new();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task A_stop_finishes_what_is_in_work_and_what_waits_and_takes_nothing_new()
    {
        await _rig.StartAsync();
        _rig.Hold("a");
        _rig.Server.Put("a");
        await _rig.BeganAsync("a");
        _rig.Server.Put("b");
        await Eventually.TrueAsync(() => _rig.Controller.Snapshot().Queue.Depth == 1, "b waits");
        _rig.Stop();
        await Eventually.TrueAsync(() => _rig.Controller.Snapshot().Queue.IsShuttingDown, "it drains");
        Assert.Equal(ControllerState.Draining, _rig.Controller.State);
        _rig.Server.Put("late");
        await Eventually.TrueAsync(() => _rig.Informer.Log.Revision.Number == _rig.Server.Revision, "the informer goes on");
        Assert.False(_rig.Run.IsCompleted);
        _rig.LetGo("a");
        await _rig.Run;

        Assert.Equal(["a", "b"], _rig.Ended);
        Assert.Equal(ControllerState.Stopped, _rig.Controller.State);
        Assert.Equal(0, _rig.Controller.Snapshot().Aborted);
        Assert.True(_rig.Informer.Freshness.IsLive);
    }

    [Fact]
    public async Task Work_that_outlasts_the_time_for_draining_is_told_to_end_and_named()
    {
        await _rig.StartAsync(new() { DrainTimeout = TimeSpan.FromSeconds(5) });
        _rig.Hold("a");
        _rig.Server.Put("a");
        await _rig.BeganAsync("a");
        _rig.Server.Put("b");
        await Eventually.TrueAsync(() => _rig.Controller.Snapshot().Queue.Depth == 1, "b waits");
        _rig.Stop();
        await Eventually.TrueAsync(() => _rig.Controller.Snapshot().Queue.IsShuttingDown, "it drains");
        _rig.Clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(_rig.Run.IsCompleted);
        _rig.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await _rig.Run.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);

        Assert.Equal(["a"], _rig.Began);
        Assert.Equal(1, _rig.Controller.Snapshot().Aborted);
        Assert.Contains(
            "Warning controller test: 5000 ms of draining are over; told to end and waited for: [default/a]; 1 keys wait, for the next "
                + "start",
            _rig.Logged
        );
    }

    [Fact]
    public async Task A_callback_on_the_token_of_the_work_that_throws_does_not_keep_the_run_from_ending_in_order()
    {
        await _rig.StartAsync(new() { DrainTimeout = TimeSpan.Zero });
        var ended = false;
        _rig.Work = async (_, token) =>
        {
            // Registered last, it is called first.
            var end = Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            await using var registration = token.Register(() => throw new InvalidOperationException("a callback that throws"));
            await end.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Yield();
            ended = true;
            return ReconcileResult.Done;
        };
        _rig.Server.Put("a");
        await _rig.BeganAsync("a");
        await Eventually.TrueAsync(() => _rig.Controller.Snapshot().ActiveWorkers == 1, "it is in work");
        _rig.Stop();
        await _rig.Run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.True(ended);
        Assert.Equal((ControllerState.Stopped, 0), (_rig.Controller.State, _rig.Controller.Snapshot().ActiveWorkers));
        const string Logged = "Error controller test: a callback on the token of the work threw";
        Assert.Contains(_rig.Logged, line => line.StartsWith(Logged, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_no_time_for_draining_work_is_told_to_end_at_once()
    {
        await _rig.StartAsync(new() { DrainTimeout = TimeSpan.Zero, Workers = 2 });
        _rig.Hold("a");
        _rig.Server.Put("a");
        await _rig.BeganAsync("a");
        _rig.Stop();
        await _rig.Run.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);

        Assert.Empty(_rig.Ended);
        Assert.Equal(1, _rig.Controller.Snapshot().Aborted);
    }

    [Fact]
    public async Task A_failed_key_that_waits_for_its_next_try_does_not_hold_up_a_stop()
    {
        _rig.Work = (_, _) => throw new InvalidOperationException("no luck");
        await _rig.StartAsync();
        _rig.Server.Put("a");
        await Eventually.TrueAsync(() => _rig.Controller.Snapshot().Queue.Delayed == 1, "it waits");
        _rig.Stop();

        await _rig.Run.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
        Assert.Equal(0, _rig.Controller.Snapshot().Queue.Delayed);
    }

    [Fact]
    public async Task A_stop_while_first_lists_are_awaited_ends_the_run_without_work()
    {
        _rig.Server.FailLists(new IOException("connection refused"));
        _rig.Build();
        _rig.Start();
        await Eventually.TrueAsync(() => _rig.Informer.Status.Retries > 0, "the list failed");
        _rig.Stop();
        await _rig.Run.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);

        Assert.Empty(_rig.Began);
        Assert.Equal(ControllerState.Stopped, _rig.Controller.State);
    }

    [Fact]
    public async Task First_lists_that_take_too_long_end_the_run_with_which_and_why()
    {
        _rig.Server.FailLists([.. Enumerable.Repeat(new IOException("connection refused"), 50)]);
        _rig.Build(new() { SyncTimeout = TimeSpan.FromSeconds(10) });
        _rig.Start();
        await _rig.WithTimeAsync(() => _rig.Run.IsCompleted, "the time is over", stepMs: 500);

        var error = await Assert.ThrowsAsync<TimeoutException>(() => _rig.Run);
        Assert.StartsWith(
            "controller test: first lists are not complete after 10 s: pods in scripted: ",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("connection refused", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_informer_that_is_stopped_under_a_controller_ends_the_run_with_a_word()
    {
        await _rig.StartAsync();
        await _rig.Informer.DisposeAsync();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _rig.Run.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken)
        );
        Assert.Equal(
            "controller test: the informer of pods in scripted was stopped while the controller ran; stop the controller first",
            error.Message
        );
        Assert.Equal(ControllerState.Stopped, _rig.Controller.State);
    }

    [Fact]
    public async Task It_runs_once_at_a_time_and_again_after_its_end_with_everything_anew()
    {
        _rig.Server.Put("a");
        await _rig.StartAsync();
        await _rig.BeganAsync("a");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _rig.Controller.RunAsync(TestContext.Current.CancellationToken)
        );
        Assert.Equal("controller test runs already", error.Message);
        _rig.Stop();
        await _rig.Run;
        _rig.Server.Put("b");
        using var stop = new CancellationTokenSource();
        var second = _rig.Controller.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => _rig.Ended.Count == 3, "all is worked on again");
        await stop.CancelAsync();
        await second;

        Assert.Equal(["a", "a", "b"], _rig.Ended.Order());
    }

    [Fact]
    public async Task What_a_restored_server_no_longer_has_is_worked_on_as_deleted()
    {
        _rig.Server.Put("gone");
        _rig.Server.Put("kept");
        await _rig.StartAsync();
        await Eventually.TrueAsync(() => _rig.Ended.Count == 2, "the first list is worked on");
        _rig.Server.RestoreTo(5, "kept", "other");
        _rig.Server.EndWatches(new IOException("connection reset"));
        await _rig.WithTimeAsync(() => _rig.Ended.Count >= 5, "the restored state is worked on", stepMs: 500);
        await _rig.IdleAsync();

        Assert.Equal(["gone-", "kept", "other"], _rig.Began.Skip(2).Distinct().Order());
    }

    [Fact]
    public async Task Work_that_saw_an_object_which_came_and_went_before_the_controller_was_told_is_done_again()
    {
        // The handler is held up, and the log keeps two changes: the object's coming and going is folded away.
        using var handler = new SemaphoreSlim(0);
        await _rig.StartAsync(
            watches: builder =>
                builder.For(
                    _rig.Informer,
                    delta =>
                    {
                        if (delta.Object.Name == "wall")
                        {
                            Assert.True(handler.Wait(TimeSpan.FromSeconds(15)));
                        }

                        return true;
                    }
                ),
            log: new() { Capacity = 2 }
        );
        _rig.Server.Put("wall");
        _rig.Server.Put("passing");
        await Eventually.TrueAsync(() => _rig.Informer.Store.Get(new("default", "passing")) is not null, "the store has it");
        Assert.True(_rig.Controller.Enqueue(new("default", "passing")));
        await _rig.BeganAsync("passing");
        _rig.Server.Delete("passing");
        _rig.Server.Put("next");
        _rig.Server.Put("next", "2");
        _rig.Server.Put("next", "3");
        await Eventually.TrueAsync(() => _rig.Informer.Log.Revision.Number == _rig.Server.Revision, "all is read");
        await _rig.IdleAsync();
        Assert.Single(_rig.Began);
        handler.Release();

        await Eventually.TrueAsync(() => _rig.Began.Contains("passing-"), "it is looked at again, and is gone");
    }
}
