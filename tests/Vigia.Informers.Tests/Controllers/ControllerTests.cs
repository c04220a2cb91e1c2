using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Controllers;

/// <summary>What a controller works on, when, and what failures cost.</summary>
public sealed class ControllerTests : IAsyncDisposable
{
    private readonly ControllerFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task What_is_there_is_worked_on_then_every_change_and_a_deletion_finds_nothing()
    {
        _fixture.Server.Put("a");
        await _fixture.StartAsync();
        await _fixture.BeganAsync("a");
        _fixture.Server.Put("b");
        await _fixture.BeganAsync("a", "b");
        _fixture.Server.Put("b", "2");
        await _fixture.BeganAsync("a", "b", "b");
        _fixture.Server.Delete("a");

        await _fixture.BeganAsync("a", "b", "b", "a-");
    }

    [Fact]
    public async Task Work_begins_only_when_every_first_list_was_handled()
    {
        var second = new ScriptedServer();
        second.FailLists(new IOException("connection refused"));
        _fixture.Server.Put("a");
        var other = _fixture.Watch(second);
        _fixture.Build(watches: builder => builder.For(_fixture.Informer).Watches(other, delta => [delta.Object.Key]));
        _fixture.Start();
        await Eventually.TrueAsync(
            () => _fixture.Informer.Freshness.IsLive && _fixture.Controller.Snapshot().Queue.Depth == 1 && other.Status.Retries > 0,
            "one list is handled, the other failed"
        );
        Assert.Equal(ControllerState.Syncing, _fixture.Controller.State);
        Assert.Empty(_fixture.Began);
        await _fixture.WithTimeAsync(() => !_fixture.Began.IsEmpty, "the other list came", stepMs: 500);

        Assert.Equal(["a"], _fixture.Began);
        Assert.True(other.HasSynced);
    }

    [Fact]
    public async Task Workers_work_side_by_side_and_never_on_one_key()
    {
        await _fixture.StartAsync(new() { Workers = 2 });
        _fixture.Hold("a");
        _fixture.Hold("b");
        _fixture.Server.Put("a");
        _fixture.Server.Put("b");
        await Eventually.TrueAsync(
            () => _fixture.Began.Count == 2 && _fixture.Controller.Snapshot().ActiveWorkers == 2,
            "both are at work"
        );
        _fixture.Server.Put("a", "2");
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.Depth == 1, "the change waits");
        _fixture.LetGo("b");
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().ActiveWorkers == 1, "one worker is free");
        Assert.Equal(2, _fixture.Began.Count);
        _fixture.LetGo("a");

        await Eventually.TrueAsync(() => _fixture.Ended.Count == 3, "the change is worked on");
        Assert.Equal(["b", "a", "a"], _fixture.Ended);
    }

    [Fact]
    public async Task Changes_that_come_faster_than_the_work_are_worked_on_together()
    {
        await _fixture.StartAsync();
        _fixture.Hold("a");
        _fixture.Server.Put("a");
        await _fixture.BeganAsync("a");
        for (var i = 0; i < 50; i++)
        {
            _fixture.Server.Put("a", $"{i}");
        }

        _fixture.Server.Put("last");
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.Depth == 2, "all changes are read");
        _fixture.LetGo("a");
        await Eventually.TrueAsync(() => _fixture.Ended.Count == 3, "all is worked on");
        await _fixture.IdleAsync();

        Assert.Equal(["a", "last", "a"], _fixture.Began);
    }

    [Fact]
    public async Task An_exception_is_logged_counted_and_tried_again_ever_later_and_others_do_not_notice()
    {
        var failures = 0;
        _fixture.Work = (key, _) =>
            key.Name == "bad" && failures++ < 3
                ? throw new InvalidOperationException("no luck")
                : ValueTask.FromResult(ReconcileResult.Done);
        await _fixture.StartAsync();
        _fixture.Server.Put("bad");
        await _fixture.BeganAsync("bad");
        _fixture.Server.Put("good");
        await _fixture.BeganAsync("bad", "good");
        await _fixture.IdleAsync();
        Assert.Equal((1, "default/bad: no luck"), (_fixture.Controller.Snapshot().Failed, _fixture.Controller.Snapshot().LastFailure));
        foreach (var wait in new[] { 5, 10, 20 })
        {
            await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.Delayed == 1, "it waits");
            var before = _fixture.Began.Count;
            _fixture.Clock.Advance(TimeSpan.FromMilliseconds(wait - 1));
            await _fixture.IdleAsync();
            Assert.Equal(before, _fixture.Began.Count);
            _fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
            await Eventually.TrueAsync(() => _fixture.Began.Count == before + 1, $"it is tried again after {wait} ms");
        }

        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot() is { Failed: 3, Succeeded: 2 }, "three failures, then success");
        Assert.Contains(
            _fixture.Logged,
            line => line.StartsWith("Error controller test: default/bad failed, attempt 1", StringComparison.Ordinal)
        );
        failures = 2;
        _fixture.Server.Put("bad", "again");
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Failed == 4, "it fails again");
        await _fixture.Clock.AdvanceToNextTimerAsync(TimeSpan.FromMilliseconds(5));
        await Eventually.TrueAsync(
            () => _fixture.Controller.Snapshot().Succeeded == 3,
            "success forgot the failures before: the wait is the first one's"
        );
    }

    [Fact]
    public async Task A_cancellation_that_is_not_the_controller_s_is_a_failure()
    {
        var first = true;
        _fixture.Work = (_, _) =>
        {
            var fails = first;
            first = false;
            return fails ? throw new TaskCanceledException("the request timed out") : ValueTask.FromResult(ReconcileResult.Done);
        };
        await _fixture.StartAsync();
        _fixture.Server.Put("a");
        await _fixture.WithTimeAsync(() => _fixture.Ended.Count == 1, "it is tried again");

        Assert.Equal(
            (1, 1, 0),
            (_fixture.Controller.Snapshot().Failed, _fixture.Controller.Snapshot().Succeeded, _fixture.Controller.Snapshot().Aborted)
        );
    }

    [Fact]
    public async Task A_key_that_asks_for_it_is_looked_at_again_though_nothing_changed()
    {
        _fixture.Work = (_, _) =>
            ValueTask.FromResult(_fixture.Began.Count < 3 ? ReconcileResult.RequeueAfter(TimeSpan.FromMinutes(5)) : ReconcileResult.Done);
        await _fixture.StartAsync();
        _fixture.Server.Put("a");
        for (var i = 1; i <= 2; i++)
        {
            await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.Delayed == 1 && _fixture.Began.Count == i, "it waits");
            _fixture.Clock.Advance(TimeSpan.FromMinutes(4.9));
            await _fixture.IdleAsync();
            Assert.Equal(i, _fixture.Began.Count);
            _fixture.Clock.Advance(TimeSpan.FromMinutes(0.1));
            await Eventually.TrueAsync(() => _fixture.Began.Count == i + 1, "it is looked at again");
        }

        await _fixture.IdleAsync();
        Assert.Equal(
            (2L, 3L, 0),
            (
                _fixture.Controller.Snapshot().Requeued,
                _fixture.Controller.Snapshot().Succeeded,
                _fixture.Controller.Snapshot().Queue.Delayed
            )
        );
    }

    [Fact]
    public async Task A_first_list_waits_behind_changes()
    {
        for (var i = 0; i < 5; i++)
        {
            _fixture.Server.Put($"old{i}");
        }

        _fixture.Hold("old0");
        await _fixture.StartAsync();
        await _fixture.BeganAsync("old0");
        _fixture.Server.Put("new");
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.Depth == 5, "the change waits");
        _fixture.LetGo("old0");

        await _fixture.BeganAsync("old0", "new", "old1", "old2", "old3", "old4");
    }

    [Fact]
    public async Task A_resync_looks_at_everything_again_without_asking_the_server()
    {
        _fixture.Server.Put("a");
        _fixture.Server.Put("b");
        await _fixture.StartAsync(
            new() { Resync = TimeSpan.FromSeconds(5) },
            builder => builder.For(_fixture.Informer, delta => delta.Old is null || delta.New is null)
        );
        await _fixture.BeganAsync("a", "b");
        await _fixture.IdleAsync();
        _fixture.Clock.Advance(TimeSpan.FromSeconds(4.5));
        await _fixture.IdleAsync();
        Assert.Equal(2, _fixture.Began.Count);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(0.5));

        await Eventually.TrueAsync(() => _fixture.Ended.Count == 4, "all is looked at again");
        Assert.Equal(["a", "a", "b", "b"], _fixture.Ended.Order());
        Assert.Equal(2, _fixture.Server.Requests.Count);
    }

    [Fact]
    public async Task Only_changes_that_matter_are_worked_on()
    {
        await _fixture.StartAsync(watches: builder => builder.For(_fixture.Informer, delta => delta.Object.Name != "noise"));
        _fixture.Server.Put("noise");
        _fixture.Server.Put("signal");

        await _fixture.BeganAsync("signal");
    }

    [Fact]
    public async Task A_function_that_throws_loses_its_change_only_and_says_so()
    {
        await _fixture.StartAsync(watches: builder =>
            builder.Watches(
                _fixture.Informer,
                delta => delta.Object.Name == "bad" ? throw new FormatException("no owner") : [delta.Object.Key]
            )
        );
        _fixture.Server.Put("bad");
        _fixture.Server.Put("good");
        await _fixture.BeganAsync("good");

        Assert.Equal(1, _fixture.Controller.Snapshot().Lost);
        const string Logged = "Error controller test: a function given to Watches failed for scripted pods default/bad";
        Assert.Contains(_fixture.Logged, line => line.StartsWith(Logged, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_may_be_asked_for_from_outside_while_it_runs()
    {
        _fixture.Build();
        Assert.False(_fixture.Controller.Enqueue(new("default", "a")));
        _fixture.Start();
        await Eventually.TrueAsync(() => _fixture.Controller.Enqueue(new("default", "outside"), WorkPriority.High), "it takes keys");

        await _fixture.BeganAsync("outside-");
    }

    [Fact]
    public void A_controller_that_watches_nothing_is_refused()
    {
        var error = Assert.Throws<InvalidOperationException>(() =>
            new ControllerBuilder<string>("nothing").Build((_, _) => ValueTask.FromResult(ReconcileResult.Done))
        );

        Assert.Equal("controller nothing watches nothing: call For, Owns or Watches", error.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => ReconcileResult.RequeueAfter(TimeSpan.FromSeconds(-1)));
    }
}
