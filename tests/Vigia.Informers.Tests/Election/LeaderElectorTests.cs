using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Election;

/// <summary>
/// Getting, renewing and losing a lease: conformance items 126 to 132 and 138. Virtual time throughout.
/// </summary>
public sealed class LeaderElectorTests
{
    private readonly ElectionFixture _fixture = new();

    [Fact]
    public Task Creates_the_lease_when_it_is_absent() =>
        _fixture.World.Run(async () =>
        {
            var began = _fixture.Clock.GetUtcNow();
            var running = _fixture.Elector(release: false).RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Until(() => _fixture.Story.Contains("lead"), 1);

            Assert.Equal(["GET", "POST"], _fixture.Lock.Calls);
            Assert.Equal(
                ("me", 15, 0),
                (_fixture.Record.HolderIdentity, _fixture.Record.LeaseDurationSeconds, _fixture.Record.LeaderTransitions)
            );
            Assert.InRange(_fixture.Record.AcquireTime!.Value - began, TimeSpan.Zero, TimeSpan.FromSeconds(1));
            Assert.Equal(_fixture.Record.AcquireTime, _fixture.Record.RenewTime);
            _fixture.StopNow();
            Assert.Equal(ElectionOutcome.Stopped, await running);
        });

    [Fact]
    public Task Leaves_a_lease_alone_while_it_is_renewed_whatever_its_times_say() =>
        _fixture.World.Run(async () =>
        {
            // Years old by its own times, yet valid: only what is seen to change counts.
            _fixture.Store.Put(ElectionFixture.Others, _fixture.World.Now);
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            for (var i = 0; i < 20; i++)
            {
                await _fixture.Delay(9);
                _fixture.Store.Put(
                    _fixture.Record with
                    {
                        RenewTime = _fixture.Record.RenewTime!.Value.AddMicroseconds(1),
                    },
                    _fixture.World.Now
                );
            }

            Assert.DoesNotContain("lead", _fixture.Story);
            Assert.All(_fixture.Lock.Calls, call => Assert.Equal("GET", call));
            _fixture.StopNow();
            await running;
        });

    [Fact]
    public Task Takes_over_after_the_records_own_duration_without_a_change_by_local_time() =>
        _fixture.World.Run(async () =>
        {
            // 40 s, not this candidate's 15, and a renewal "in the future" buys the holder nothing.
            _fixture.Store.Put(
                ElectionFixture.Others with
                {
                    LeaseDurationSeconds = 40,
                    RenewTime = _fixture.Clock.GetUtcNow().AddHours(1),
                },
                _fixture.World.Now
            );
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Until(() => _fixture.Story.Contains("lead"), 100);

            // At once when it expires, not after another jittered pause.
            Assert.InRange(_fixture.World.Now.TotalSeconds, 40, 40.1);
            _fixture.StopNow();
            await running;
        });

    [Fact]
    public Task Counts_a_change_of_holder_once_and_starts_a_new_acquire_time() =>
        _fixture.World.Run(async () =>
        {
            _fixture.Store.Put(ElectionFixture.Others, _fixture.World.Now);
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Until(() => _fixture.Story.Contains("lead"));

            Assert.Equal(("me", 5), (_fixture.Record.HolderIdentity, _fixture.Record.LeaderTransitions));
            Assert.True(_fixture.Record.AcquireTime > ElectionFixture.Others.AcquireTime);
            await _fixture.Delay(60);
            Assert.Equal(5, _fixture.Record.LeaderTransitions);
            _fixture.StopNow();
            await running;
        });

    [Fact]
    public Task Takes_a_released_lease_at_its_next_attempt() =>
        _fixture.World.Run(async () =>
        {
            _fixture.Store.Put(ElectionFixture.Others with { HolderIdentity = "", LeaseDurationSeconds = 1 }, _fixture.World.Now);
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Until(() => _fixture.Story.Contains("lead"), 0.1);

            Assert.Equal(5, _fixture.Record.LeaderTransitions);
            _fixture.StopNow();
            await running;
        });

    [Fact]
    public Task Renewing_keeps_acquire_time_and_transitions() =>
        _fixture.World.Run(async () =>
        {
            _fixture.Store.Put(ElectionFixture.Others with { HolderIdentity = "" }, _fixture.World.Now);
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Until(() => _fixture.Story.Contains("lead"));
            var first = _fixture.Record;
            await _fixture.Delay(7);

            Assert.Equal((first.AcquireTime, first.LeaderTransitions), (_fixture.Record.AcquireTime, _fixture.Record.LeaderTransitions));
            Assert.Equal(6, (_fixture.Record.RenewTime - first.RenewTime)!.Value.TotalSeconds, 0.1);
            _fixture.StopNow();
            await running;
        });

    [Fact]
    public Task A_renewal_is_a_change_though_the_wall_clock_goes_back() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Until(() => _fixture.Story.Contains("lead"));
            for (var i = 0; i < 5; i++)
            {
                var before = _fixture.Record.RenewTime;
                _fixture.Clock.Offset -= TimeSpan.FromSeconds(2.01);
                await _fixture.Delay(2.2);
                Assert.True(_fixture.Record.RenewTime > before);
            }

            _fixture.StopNow();
            await running;
        });

    [Fact]
    public Task A_leader_renews_without_reading_first() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector(release: false).RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(61);

            Assert.Equal(["GET", "POST", .. Enumerable.Repeat("PUT", 30)], _fixture.Lock.Calls);
            _fixture.StopNow();
            await running;
        });

    [Fact]
    public Task A_conflict_on_renewal_leads_to_a_read_and_another_write() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector(release: false).RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(1);

            // Somebody labels the lease, say: another version, the same holder.
            _fixture.Store.Put(_fixture.Record, _fixture.World.Now);
            _fixture.Lock.Calls.Clear();
            await _fixture.Delay(2);

            Assert.Equal(["PUT", "GET", "PUT"], _fixture.Lock.Calls);
            Assert.Equal(["new:me", "lead"], _fixture.Story.Order(StringComparer.Ordinal).Reverse());
            _fixture.StopNow();
            await running;
        });

    [Fact]
    public Task OnStopped_is_called_for_one_who_never_led() =>
        _fixture.World.Run(async () =>
        {
            _fixture.Store.Put(ElectionFixture.Others, _fixture.World.Now);
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(5);
            _fixture.StopNow();

            Assert.Equal(ElectionOutcome.Stopped, await running);
            Assert.Equal(["new:other", "stopped"], _fixture.Story);
            Assert.Equal(ElectionFixture.Others, _fixture.Record);
            Assert.DoesNotContain("PUT", _fixture.Lock.Calls);
        });

    [Fact]
    public Task A_leader_that_cannot_renew_is_stopped_by_the_deadline_counted_from_its_last_write() =>
        _fixture.World.Run(async () =>
        {
            var elector = _fixture.Elector();
            var running = elector.RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(5);
            var lastWrite = _fixture.Store.ChangedAt;
            _fixture.Lock.Before = (_, ct) => Hanging.UntilCancelledAsync(ct);
            await _fixture.Until(() => _fixture.Story.Contains("told"));

            Assert.InRange((_fixture.World.Now - lastWrite).TotalSeconds, 9.9, 10.01);
            Assert.False(elector.IsLeader);
            Assert.Equal(ElectionOutcome.Lost, await running);
            Assert.Equal(["ended", "stopped"], _fixture.Story[^2..]);
        });

    [Fact]
    public Task A_slow_answer_does_not_lengthen_the_time_to_act() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector(release: false).RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(1);

            // Carried out at once, answered four seconds later: others saw the renewal long before its sender knew of
            // it.
            _fixture.Lock.After = (_, _) => _fixture.World.Delay(TimeSpan.FromSeconds(4));
            await _fixture.Until(() => _fixture.Lock.Calls is [.., "PUT"]);
            var sent = _fixture.World.Now;
            _fixture.Lock.Before = (_, _) =>
                _fixture.Lock.Calls.Count > 3 ? throw MemoryLeaseStore.Refusal(500, "InternalError") : Task.CompletedTask;
            await _fixture.Until(() => _fixture.Story.Contains("told"));

            Assert.InRange((_fixture.World.Now - sent).TotalSeconds, 9.9, 10.02);
            await running;
        });

    [Fact]
    public Task Work_is_told_at_once_when_another_is_seen_to_hold_the_lease() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(1);
            _fixture.Store.Put(ElectionFixture.Others, _fixture.World.Now);
            await _fixture.Until(() => _fixture.Story.Contains("told"), 2);

            Assert.Equal(ElectionOutcome.Lost, await running);
            Assert.Equal(ElectionFixture.Others, _fixture.Record);
        });

    [Fact]
    public Task A_lease_that_is_deleted_counts_as_held_until_it_would_have_expired() =>
        _fixture.World.Run(async () =>
        {
            _fixture.Store.Put(ElectionFixture.Others, _fixture.World.Now);
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(3);
            _fixture.Store.Delete();
            await _fixture.Until(() => _fixture.Story.Contains("lead"));

            Assert.InRange(_fixture.World.Now.TotalSeconds, 15, 15.1);
            Assert.Equal(5, _fixture.Record.LeaderTransitions);
            _fixture.StopNow();
            await running;
        });

    [Fact]
    public Task One_who_lost_stands_again_if_so_asked() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector(again: true).RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(1);
            _fixture.Store.Put(ElectionFixture.Others, _fixture.World.Now);
            await _fixture.Until(() => _fixture.Story.Count(what => what == "lead") == 2);
            _fixture.StopNow();

            Assert.Equal(ElectionOutcome.Stopped, await running);
            Assert.Equal(
                ["lead", "told", "ended", "stopped", "lead", "told", "ended", "stopped"],
                _fixture.Story.Where(what => !what.StartsWith("new", StringComparison.Ordinal))
            );
            Assert.Equal(["new:me", "new:other", "new:me"], _fixture.Story.Where(what => what.StartsWith("new", StringComparison.Ordinal)));
        });

    [Fact]
    public Task Work_that_throws_gives_the_lease_up_and_its_exception_to_the_caller() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector().RunAsync(_ => throw new InvalidDataException("boom"), _fixture.Stop.Token);

            Assert.Equal("boom", (await Assert.ThrowsAsync<InvalidDataException>(() => running)).Message);
            Assert.True(_fixture.Record.IsFree);
            Assert.Contains("stopped", _fixture.Story);
        });

    [Fact]
    public Task Work_that_returns_ends_the_candidacy() =>
        _fixture.World.Run(async () =>
        {
            Assert.Equal(ElectionOutcome.WorkEnded, await _fixture.Elector().RunAsync(_ => Task.CompletedTask, _fixture.Stop.Token));
            Assert.True(_fixture.Record.IsFree);
        });

    [Fact]
    public Task One_elector_runs_once_at_a_time() =>
        _fixture.World.Run(async () =>
        {
            var elector = _fixture.Elector();
            var running = elector.RunAsync(_fixture.Work(), _fixture.Stop.Token);

            await Assert.ThrowsAsync<InvalidOperationException>(() => elector.RunAsync(_fixture.Work(), _fixture.Stop.Token));
            _fixture.StopNow();
            await running;
        });

    [Fact]
    public Task Callbacks_that_throw_change_nothing() =>
        _fixture.World.Run(async () =>
        {
            var elector = new LeaderElector(
                _fixture.Lock,
                new LeaderElectorOptions
                {
                    Identity = "me",
                    OnNewLeader = _ => throw new InvalidDataException("new"),
                    OnStoppedLeading = () => throw new InvalidDataException("stopped"),
                },
                _fixture.Clock
            );
            var running = elector.RunAsync(
                async token =>
                {
                    using var told = token.Register(() => throw new InvalidDataException("told"));
                    await _fixture.Work()(token);
                },
                _fixture.Stop.Token
            );
            await _fixture.Delay(5);
            Assert.True(elector.IsLeader);
            _fixture.StopNow();

            Assert.Equal(ElectionOutcome.Stopped, await running);
            Assert.Equal(["lead", "told", "ended"], _fixture.Story);
            Assert.True(_fixture.Record.IsFree);
        });
}
