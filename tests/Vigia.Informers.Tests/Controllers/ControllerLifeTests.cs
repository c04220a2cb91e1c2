using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Controllers;

/// <summary>How a controller starts, stops, and starts again.</summary>
public sealed class ControllerLifeTests : IAsyncDisposable
{
    private readonly ControllerFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_stop_finishes_what_is_in_work_and_what_waits_and_takes_nothing_new()
    {
        await _fixture.StartAsync();
        _fixture.Hold("a");
        _fixture.Server.Put("a");
        await _fixture.BeganAsync("a");
        _fixture.Server.Put("b");
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.Depth == 1, "b waits");
        _fixture.Stop();
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.IsShuttingDown, "it drains");
        Assert.Equal(ControllerState.Draining, _fixture.Controller.State);
        _fixture.Server.Put("late");
        await Eventually.TrueAsync(() => _fixture.Informer.Log.Revision.Number == _fixture.Server.Revision, "the informer goes on");
        Assert.False(_fixture.Run.IsCompleted);
        _fixture.LetGo("a");
        await _fixture.Run;

        Assert.Equal(["a", "b"], _fixture.Ended);
        Assert.Equal(ControllerState.Stopped, _fixture.Controller.State);
        Assert.Equal(0, _fixture.Controller.Snapshot().Aborted);
        Assert.True(_fixture.Informer.Freshness.IsLive);
    }

    [Fact]
    public async Task Work_that_outlasts_the_time_for_draining_is_told_to_end_and_named()
    {
        await _fixture.StartAsync(new() { DrainTimeout = TimeSpan.FromSeconds(5) });
        _fixture.Hold("a");
        _fixture.Server.Put("a");
        await _fixture.BeganAsync("a");
        _fixture.Server.Put("b");
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.Depth == 1, "b waits");
        _fixture.Stop();
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.IsShuttingDown, "it drains");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(_fixture.Run.IsCompleted);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await _fixture.Run.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);

        Assert.Equal(["a"], _fixture.Began);
        Assert.Equal(1, _fixture.Controller.Snapshot().Aborted);
        Assert.Contains(
            "Warning controller test: not drained within 5000 ms; cancelled, waiting for [default/a]; 1 queued keys are left for the "
                + "next start",
            _fixture.Logged
        );
    }

    [Fact]
    public async Task A_callback_on_the_token_of_the_work_that_throws_does_not_keep_the_run_from_ending_in_order()
    {
        await _fixture.StartAsync(new() { DrainTimeout = TimeSpan.Zero });
        var ended = false;
        _fixture.Work = async (_, token) =>
        {
            // Registered last, it is called first.
            var end = Hanging.UntilCancelledAsync(token);
            await using var registration = token.Register(() => throw new InvalidOperationException("a callback that throws"));
            await end.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Yield();
            ended = true;
            return ReconcileResult.Done;
        };
        _fixture.Server.Put("a");
        await _fixture.BeganAsync("a");
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().ActiveWorkers == 1, "it is in work");
        _fixture.Stop();
        await _fixture.Run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.True(ended);
        Assert.Equal((ControllerState.Stopped, 0), (_fixture.Controller.State, _fixture.Controller.Snapshot().ActiveWorkers));
        const string Logged = "Error controller test: a callback on the cancellation token of the work threw";
        Assert.Contains(_fixture.Logged, line => line.StartsWith(Logged, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_no_time_for_draining_work_is_told_to_end_at_once()
    {
        await _fixture.StartAsync(new() { DrainTimeout = TimeSpan.Zero, Workers = 2 });
        _fixture.Hold("a");
        _fixture.Server.Put("a");
        await _fixture.BeganAsync("a");
        _fixture.Stop();
        await _fixture.Run.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);

        Assert.Empty(_fixture.Ended);
        Assert.Equal(1, _fixture.Controller.Snapshot().Aborted);
    }

    [Fact]
    public async Task A_failed_key_that_waits_for_its_next_try_does_not_hold_up_a_stop()
    {
        _fixture.Work = (_, _) => throw new InvalidOperationException("no luck");
        await _fixture.StartAsync();
        _fixture.Server.Put("a");
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.Delayed == 1, "it waits");
        _fixture.Stop();

        await _fixture.Run.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
        Assert.Equal(0, _fixture.Controller.Snapshot().Queue.Delayed);
    }

    [Fact]
    public async Task A_stop_while_first_lists_are_awaited_ends_the_run_without_work()
    {
        _fixture.Server.FailLists(new IOException("connection refused"));
        _fixture.Build();
        _fixture.Start();
        await Eventually.TrueAsync(() => _fixture.Informer.Status.Retries > 0, "the list failed");
        _fixture.Stop();
        await _fixture.Run.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);

        Assert.Empty(_fixture.Began);
        Assert.Equal(ControllerState.Stopped, _fixture.Controller.State);
    }

    [Fact]
    public async Task First_lists_that_take_too_long_end_the_run_with_which_and_why()
    {
        _fixture.Server.FailLists([.. Enumerable.Repeat(new IOException("connection refused"), 50)]);
        _fixture.Build(new() { SyncTimeout = TimeSpan.FromSeconds(10) });
        _fixture.Start();
        await _fixture.WithTimeAsync(() => _fixture.Run.IsCompleted, "the time is over", stepMs: 500);

        var error = await Assert.ThrowsAsync<TimeoutException>(() => _fixture.Run);
        Assert.StartsWith(
            "controller test: first lists are incomplete after 10 s: pods in scripted: ",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("connection refused", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_informer_that_is_stopped_under_a_controller_ends_the_run_with_a_word()
    {
        await _fixture.StartAsync();
        await _fixture.Informer.DisposeAsync();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _fixture.Run.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken)
        );
        Assert.Equal(
            "controller test: the informer of pods in scripted was stopped while the controller was running; stop the controller first",
            error.Message
        );
        Assert.Equal(ControllerState.Stopped, _fixture.Controller.State);
    }

    [Fact]
    public async Task It_runs_once_at_a_time_and_again_after_its_end_with_everything_anew()
    {
        _fixture.Server.Put("a");
        await _fixture.StartAsync();
        await _fixture.BeganAsync("a");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _fixture.Controller.RunAsync(TestContext.Current.CancellationToken)
        );
        Assert.Equal("controller test is already running", error.Message);
        _fixture.Stop();
        await _fixture.Run;
        _fixture.Server.Put("b");
        using var stop = new CancellationTokenSource();
        var second = _fixture.Controller.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => _fixture.Ended.Count == 3, "all is worked on again");
        await stop.CancelAsync();
        await second;

        Assert.Equal(["a", "a", "b"], _fixture.Ended.Order());
    }

    [Fact]
    public async Task What_a_restored_server_no_longer_has_is_worked_on_as_deleted()
    {
        _fixture.Server.Put("gone");
        _fixture.Server.Put("kept");
        await _fixture.StartAsync();
        await Eventually.TrueAsync(() => _fixture.Ended.Count == 2, "the first list is worked on");
        _fixture.Server.RestoreTo(5, "kept", "other");
        _fixture.Server.EndWatches(new IOException("connection reset"));
        await _fixture.WithTimeAsync(() => _fixture.Ended.Count >= 5, "the restored state is worked on", stepMs: 500);
        await _fixture.IdleAsync();

        Assert.Equal(["gone-", "kept", "other"], _fixture.Began.Skip(2).Distinct().Order());
    }

    [Fact]
    public async Task Work_that_saw_an_object_which_came_and_went_before_the_controller_was_told_is_done_again()
    {
        // The handler is held up, and the log keeps two changes: the object's coming and going is folded away.
        using var handler = new SemaphoreSlim(0);
        await _fixture.StartAsync(
            watches: builder =>
                builder.For(
                    _fixture.Informer,
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
        _fixture.Server.Put("wall");
        _fixture.Server.Put("passing");
        await Eventually.TrueAsync(() => _fixture.Informer.Store.Get(new("default", "passing")) is not null, "the store has it");
        Assert.True(_fixture.Controller.Enqueue(new("default", "passing")));
        await _fixture.BeganAsync("passing");
        _fixture.Server.Delete("passing");
        _fixture.Server.Put("next");
        _fixture.Server.Put("next", "2");
        _fixture.Server.Put("next", "3");
        await Eventually.TrueAsync(() => _fixture.Informer.Log.Revision.Number == _fixture.Server.Revision, "all is read");
        await _fixture.IdleAsync();
        Assert.Single(_fixture.Began);
        handler.Release();

        await Eventually.TrueAsync(() => _fixture.Began.Contains("passing-"), "it is looked at again, and is gone");
    }
}
