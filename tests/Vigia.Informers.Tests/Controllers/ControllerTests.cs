using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Controllers;

/// <summary>What a controller works on, when, and what failures cost.</summary>
public sealed class ControllerTests : IAsyncDisposable
{
    private readonly ControllerRig _rig = new();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task What_is_there_is_worked_on_then_every_change_and_a_deletion_finds_nothing()
    {
        _rig.Server.Put("a");
        await _rig.StartAsync();
        await _rig.BeganAsync("a");
        _rig.Server.Put("b");
        await _rig.BeganAsync("a", "b");
        _rig.Server.Put("b", "2");
        await _rig.BeganAsync("a", "b", "b");
        _rig.Server.Delete("a");

        await _rig.BeganAsync("a", "b", "b", "a-");
    }

    [Fact]
    public async Task Work_begins_only_when_every_first_list_was_handled()
    {
        var second = new ScriptedServer();
        second.FailLists(new IOException("connection refused"));
        _rig.Server.Put("a");
        var other = _rig.Watch(second);
        _rig.Build(watches: builder => builder.For(_rig.Informer).Watches(other, delta => [delta.Object.Key]));
        _rig.Start();
        await Eventually.TrueAsync(
            () => _rig.Informer.Freshness.IsLive && _rig.Controller.Snapshot().Queue.Depth == 1 && other.Status.Retries > 0,
            "one list is handled, the other failed"
        );
        Assert.Equal(ControllerState.Syncing, _rig.Controller.State);
        Assert.Empty(_rig.Began);
        await _rig.WithTimeAsync(() => !_rig.Began.IsEmpty, "the other list came", stepMs: 500);

        Assert.Equal(["a"], _rig.Began);
        Assert.True(other.HasSynced);
    }

    [Fact]
    public async Task Workers_work_side_by_side_and_never_on_one_key()
    {
        await _rig.StartAsync(new() { Workers = 2 });
        _rig.Hold("a");
        _rig.Hold("b");
        _rig.Server.Put("a");
        _rig.Server.Put("b");
        await Eventually.TrueAsync(() => _rig.Began.Count == 2 && _rig.Controller.Snapshot().ActiveWorkers == 2, "both are at work");
        _rig.Server.Put("a", "2");
        await Eventually.TrueAsync(() => _rig.Controller.Snapshot().Queue.Depth == 1, "the change waits");
        _rig.LetGo("b");
        await Eventually.TrueAsync(() => _rig.Controller.Snapshot().ActiveWorkers == 1, "one worker is free");
        Assert.Equal(2, _rig.Began.Count);
        _rig.LetGo("a");

        await Eventually.TrueAsync(() => _rig.Ended.Count == 3, "the change is worked on");
        Assert.Equal(["b", "a", "a"], _rig.Ended);
    }

    [Fact]
    public async Task Changes_that_come_faster_than_the_work_are_worked_on_together()
    {
        await _rig.StartAsync();
        _rig.Hold("a");
        _rig.Server.Put("a");
        await _rig.BeganAsync("a");
        for (var i = 0; i < 50; i++)
        {
            _rig.Server.Put("a", $"{i}");
        }

        _rig.Server.Put("last");
        await Eventually.TrueAsync(() => _rig.Controller.Snapshot().Queue.Depth == 2, "all changes are read");
        _rig.LetGo("a");
        await Eventually.TrueAsync(() => _rig.Ended.Count == 3, "all is worked on");
        await _rig.IdleAsync();

        Assert.Equal(["a", "last", "a"], _rig.Began);
    }

    [Fact]
    public async Task An_exception_is_logged_counted_and_tried_again_ever_later_and_others_do_not_notice()
    {
        var failures = 0;
        _rig.Work = (key, _) =>
            key.Name == "bad" && failures++ < 3
                ? throw new InvalidOperationException("no luck")
                : ValueTask.FromResult(ReconcileResult.Done);
        await _rig.StartAsync();
        _rig.Server.Put("bad");
        await _rig.BeganAsync("bad");
        _rig.Server.Put("good");
        await _rig.BeganAsync("bad", "good");
        await _rig.IdleAsync();
        Assert.Equal((1, "default/bad: no luck"), (_rig.Controller.Snapshot().Failed, _rig.Controller.Snapshot().LastFailure));
        foreach (var wait in new[] { 5, 10, 20 })
        {
            await Eventually.TrueAsync(() => _rig.Controller.Snapshot().Queue.Delayed == 1, "it waits");
            var before = _rig.Began.Count;
            _rig.Clock.Advance(TimeSpan.FromMilliseconds(wait - 1));
            await _rig.IdleAsync();
            Assert.Equal(before, _rig.Began.Count);
            _rig.Clock.Advance(TimeSpan.FromMilliseconds(1));
            await Eventually.TrueAsync(() => _rig.Began.Count == before + 1, $"it is tried again after {wait} ms");
        }

        await Eventually.TrueAsync(() => _rig.Controller.Snapshot() is { Failed: 3, Succeeded: 2 }, "three failures, then success");
        Assert.Contains(
            _rig.Logged,
            line => line.StartsWith("Error controller test: default/bad failed, attempt 1", StringComparison.Ordinal)
        );
        failures = 2;
        _rig.Server.Put("bad", "again");
        await Eventually.TrueAsync(() => _rig.Controller.Snapshot().Failed == 4, "it fails anew");
        await _rig.Clock.AdvanceToNextTimerAsync(TimeSpan.FromMilliseconds(5));
        await Eventually.TrueAsync(
            () => _rig.Controller.Snapshot().Succeeded == 3,
            "success forgot the failures before: the wait is the first one's"
        );
    }

    [Fact]
    public async Task A_cancellation_that_is_not_the_controller_s_is_a_failure()
    {
        var first = true;
        _rig.Work = (_, _) =>
        {
            var fails = first;
            first = false;
            return fails ? throw new TaskCanceledException("the request timed out") : ValueTask.FromResult(ReconcileResult.Done);
        };
        await _rig.StartAsync();
        _rig.Server.Put("a");
        await _rig.WithTimeAsync(() => _rig.Ended.Count == 1, "it is tried again");

        Assert.Equal(
            (1, 1, 0),
            (_rig.Controller.Snapshot().Failed, _rig.Controller.Snapshot().Succeeded, _rig.Controller.Snapshot().Aborted)
        );
    }

    [Fact]
    public async Task A_key_that_asks_for_it_is_looked_at_again_though_nothing_changed()
    {
        _rig.Work = (_, _) =>
            ValueTask.FromResult(_rig.Began.Count < 3 ? ReconcileResult.RequeueAfter(TimeSpan.FromMinutes(5)) : ReconcileResult.Done);
        await _rig.StartAsync();
        _rig.Server.Put("a");
        for (var i = 1; i <= 2; i++)
        {
            await Eventually.TrueAsync(() => _rig.Controller.Snapshot().Queue.Delayed == 1 && _rig.Began.Count == i, "it waits");
            _rig.Clock.Advance(TimeSpan.FromMinutes(4.9));
            await _rig.IdleAsync();
            Assert.Equal(i, _rig.Began.Count);
            _rig.Clock.Advance(TimeSpan.FromMinutes(0.1));
            await Eventually.TrueAsync(() => _rig.Began.Count == i + 1, "it is looked at again");
        }

        await _rig.IdleAsync();
        Assert.Equal(
            (2L, 3L, 0),
            (_rig.Controller.Snapshot().Requeued, _rig.Controller.Snapshot().Succeeded, _rig.Controller.Snapshot().Queue.Delayed)
        );
    }

    [Fact]
    public async Task A_first_list_waits_behind_changes()
    {
        for (var i = 0; i < 5; i++)
        {
            _rig.Server.Put($"old{i}");
        }

        _rig.Hold("old0");
        await _rig.StartAsync();
        await _rig.BeganAsync("old0");
        _rig.Server.Put("new");
        await Eventually.TrueAsync(() => _rig.Controller.Snapshot().Queue.Depth == 5, "the change waits");
        _rig.LetGo("old0");

        await _rig.BeganAsync("old0", "new", "old1", "old2", "old3", "old4");
    }

    [Fact]
    public async Task A_resync_looks_at_everything_again_without_asking_the_server()
    {
        _rig.Server.Put("a");
        _rig.Server.Put("b");
        await _rig.StartAsync(
            new() { Resync = TimeSpan.FromSeconds(5) },
            builder => builder.For(_rig.Informer, delta => delta.Old is null || delta.New is null)
        );
        await _rig.BeganAsync("a", "b");
        await _rig.IdleAsync();
        _rig.Clock.Advance(TimeSpan.FromSeconds(4.5));
        await _rig.IdleAsync();
        Assert.Equal(2, _rig.Began.Count);
        _rig.Clock.Advance(TimeSpan.FromSeconds(0.5));

        await Eventually.TrueAsync(() => _rig.Ended.Count == 4, "all is looked at again");
        Assert.Equal(["a", "a", "b", "b"], _rig.Ended.Order());
        Assert.Equal(2, _rig.Server.Requests.Count);
    }

    [Fact]
    public async Task Only_changes_that_matter_are_worked_on()
    {
        await _rig.StartAsync(watches: builder => builder.For(_rig.Informer, delta => delta.Object.Name != "noise"));
        _rig.Server.Put("noise");
        _rig.Server.Put("signal");

        await _rig.BeganAsync("signal");
    }

    [Fact]
    public async Task A_function_that_throws_loses_its_change_only_and_says_so()
    {
        await _rig.StartAsync(watches: builder =>
            builder.Watches(_rig.Informer, delta => delta.Object.Name == "bad" ? throw new FormatException("no owner") : [delta.Object.Key])
        );
        _rig.Server.Put("bad");
        _rig.Server.Put("good");
        await _rig.BeganAsync("good");

        Assert.Equal(1, _rig.Controller.Snapshot().Lost);
        const string Logged = "Error controller test: the functions given to Watches failed for scripted pods default/bad";
        Assert.Contains(_rig.Logged, line => line.StartsWith(Logged, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_may_be_asked_for_from_outside_while_it_runs()
    {
        _rig.Build();
        Assert.False(_rig.Controller.Enqueue(new("default", "a")));
        _rig.Start();
        await Eventually.TrueAsync(() => _rig.Controller.Enqueue(new("default", "outside"), WorkPriority.High), "it takes keys");

        await _rig.BeganAsync("outside-");
    }

    [Fact]
    public void A_controller_that_watches_nothing_is_refused()
    {
        var error = Assert.Throws<InvalidOperationException>(() =>
            new ControllerBuilder<string>("nothing").Build((_, _) => ValueTask.FromResult(ReconcileResult.Done))
        );

        Assert.Equal("controller nothing watches nothing: say For, Owns or Watches", error.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => ReconcileResult.RequeueAfter(TimeSpan.FromSeconds(-1)));
    }
}
