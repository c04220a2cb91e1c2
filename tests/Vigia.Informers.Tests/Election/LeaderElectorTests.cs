using Vigia.Controllers;

namespace Vigia.Informers.Tests.Election;

/// <summary>Getting, renewing and losing a lease: conformance items 126 to 132 and 138. Virtual time throughout.</summary>
public sealed class LeaderElectorTests
{
    private readonly ElectionRig _rig = new();

    [Fact]
    public Task Creates_the_lease_when_it_is_absent() =>
        _rig.World.Run(async () =>
        {
            var began = _rig.Clock.GetUtcNow();
            var running = _rig.Elector(release: false).RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Until(() => _rig.Story.Contains("lead"), 1);

            Assert.Equal(["GET", "POST"], _rig.Lock.Calls);
            Assert.Equal(("me", 15, 0), (_rig.Record.HolderIdentity, _rig.Record.LeaseDurationSeconds, _rig.Record.LeaderTransitions));
            Assert.InRange(_rig.Record.AcquireTime!.Value - began, TimeSpan.Zero, TimeSpan.FromSeconds(1));
            Assert.Equal(_rig.Record.AcquireTime, _rig.Record.RenewTime);
            _rig.StopNow();
            Assert.Equal(CandidacyEnd.Stopped, await running);
        });

    [Fact]
    public Task Leaves_a_lease_alone_while_it_is_renewed_whatever_its_times_say() =>
        _rig.World.Run(async () =>
        {
            // Years old by its own times, yet valid: only what is seen to change counts.
            _rig.Store.Put(ElectionRig.Others, _rig.World.Now);
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            for (var i = 0; i < 20; i++)
            {
                await _rig.Delay(9);
                _rig.Store.Put(_rig.Record with { RenewTime = _rig.Record.RenewTime!.Value.AddMicroseconds(1) }, _rig.World.Now);
            }

            Assert.DoesNotContain("lead", _rig.Story);
            Assert.All(_rig.Lock.Calls, call => Assert.Equal("GET", call));
            _rig.StopNow();
            await running;
        });

    [Fact]
    public Task Takes_over_after_the_records_own_duration_without_a_change_by_local_time() =>
        _rig.World.Run(async () =>
        {
            // 40 s, not this candidate's 15, and a renewal "in the future" buys the holder nothing.
            _rig.Store.Put(
                ElectionRig.Others with
                {
                    LeaseDurationSeconds = 40,
                    RenewTime = _rig.Clock.GetUtcNow().AddHours(1),
                },
                _rig.World.Now
            );
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Until(() => _rig.Story.Contains("lead"), 100);

            // At once when it expires, not after another jittered pause.
            Assert.InRange(_rig.World.Now.TotalSeconds, 40, 40.1);
            _rig.StopNow();
            await running;
        });

    [Fact]
    public Task Counts_a_change_of_holder_once_and_starts_a_new_acquire_time() =>
        _rig.World.Run(async () =>
        {
            _rig.Store.Put(ElectionRig.Others, _rig.World.Now);
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Until(() => _rig.Story.Contains("lead"));

            Assert.Equal(("me", 5), (_rig.Record.HolderIdentity, _rig.Record.LeaderTransitions));
            Assert.True(_rig.Record.AcquireTime > ElectionRig.Others.AcquireTime);
            await _rig.Delay(60);
            Assert.Equal(5, _rig.Record.LeaderTransitions);
            _rig.StopNow();
            await running;
        });

    [Fact]
    public Task Takes_a_released_lease_at_its_next_attempt() =>
        _rig.World.Run(async () =>
        {
            _rig.Store.Put(ElectionRig.Others with { HolderIdentity = "", LeaseDurationSeconds = 1 }, _rig.World.Now);
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Until(() => _rig.Story.Contains("lead"), 0.1);

            Assert.Equal(5, _rig.Record.LeaderTransitions);
            _rig.StopNow();
            await running;
        });

    [Fact]
    public Task Renewing_keeps_acquire_time_and_transitions() =>
        _rig.World.Run(async () =>
        {
            _rig.Store.Put(ElectionRig.Others with { HolderIdentity = "" }, _rig.World.Now);
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Until(() => _rig.Story.Contains("lead"));
            var first = _rig.Record;
            await _rig.Delay(7);

            Assert.Equal((first.AcquireTime, first.LeaderTransitions), (_rig.Record.AcquireTime, _rig.Record.LeaderTransitions));
            Assert.Equal(6, (_rig.Record.RenewTime - first.RenewTime)!.Value.TotalSeconds, 0.1);
            _rig.StopNow();
            await running;
        });

    [Fact]
    public Task A_renewal_is_a_change_though_the_wall_clock_goes_back() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Until(() => _rig.Story.Contains("lead"));
            for (var i = 0; i < 5; i++)
            {
                var before = _rig.Record.RenewTime;
                _rig.Clock.Offset -= TimeSpan.FromSeconds(2.01);
                await _rig.Delay(2.2);
                Assert.True(_rig.Record.RenewTime > before);
            }

            _rig.StopNow();
            await running;
        });

    [Fact]
    public Task A_leader_renews_without_reading_first() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector(release: false).RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(61);

            Assert.Equal(["GET", "POST", .. Enumerable.Repeat("PUT", 30)], _rig.Lock.Calls);
            _rig.StopNow();
            await running;
        });

    [Fact]
    public Task A_conflict_on_renewal_leads_to_a_read_and_another_write() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector(release: false).RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(1);

            // Somebody labels the lease, say: another version, the same holder.
            _rig.Store.Put(_rig.Record, _rig.World.Now);
            _rig.Lock.Calls.Clear();
            await _rig.Delay(2);

            Assert.Equal(["PUT", "GET", "PUT"], _rig.Lock.Calls);
            Assert.Equal(["new:me", "lead"], _rig.Story.Order(StringComparer.Ordinal).Reverse());
            _rig.StopNow();
            await running;
        });

    [Fact]
    public Task OnStopped_is_called_for_one_who_never_led() =>
        _rig.World.Run(async () =>
        {
            _rig.Store.Put(ElectionRig.Others, _rig.World.Now);
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(5);
            _rig.StopNow();

            Assert.Equal(CandidacyEnd.Stopped, await running);
            Assert.Equal(["new:other", "stopped"], _rig.Story);
            Assert.Equal(ElectionRig.Others, _rig.Record);
            Assert.DoesNotContain("PUT", _rig.Lock.Calls);
        });

    [Fact]
    public Task A_leader_that_cannot_renew_is_stopped_by_the_deadline_counted_from_its_last_write() =>
        _rig.World.Run(async () =>
        {
            var elector = _rig.Elector();
            var running = elector.RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(5);
            var lastWrite = _rig.Store.ChangedAt;
            _rig.Lock.Before = (_, ct) => Task.Delay(Timeout.InfiniteTimeSpan, _rig.Clock, ct);
            await _rig.Until(() => _rig.Story.Contains("told"));

            Assert.InRange((_rig.World.Now - lastWrite).TotalSeconds, 9.9, 10.01);
            Assert.False(elector.IsLeader);
            Assert.Equal(CandidacyEnd.Lost, await running);
            Assert.Equal(["ended", "stopped"], _rig.Story[^2..]);
        });

    [Fact]
    public Task A_slow_answer_does_not_lengthen_the_time_to_act() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector(release: false).RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(1);

            // Carried out at once, answered four seconds later: others saw the renewal long before its sender knew of it.
            _rig.Lock.After = (_, _) => _rig.World.Delay(TimeSpan.FromSeconds(4));
            await _rig.Until(() => _rig.Lock.Calls is [.., "PUT"]);
            var sent = _rig.World.Now;
            _rig.Lock.Before = (_, _) =>
                _rig.Lock.Calls.Count > 3 ? throw MemoryLeaseStore.Refusal(500, "InternalError") : Task.CompletedTask;
            await _rig.Until(() => _rig.Story.Contains("told"));

            Assert.InRange((_rig.World.Now - sent).TotalSeconds, 9.9, 10.02);
            await running;
        });

    [Fact]
    public Task Work_is_told_at_once_when_another_is_seen_to_hold_the_lease() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(1);
            _rig.Store.Put(ElectionRig.Others, _rig.World.Now);
            await _rig.Until(() => _rig.Story.Contains("told"), 2);

            Assert.Equal(CandidacyEnd.Lost, await running);
            Assert.Equal(ElectionRig.Others, _rig.Record);
        });

    [Fact]
    public Task A_lease_that_is_deleted_counts_as_held_until_it_would_have_expired() =>
        _rig.World.Run(async () =>
        {
            _rig.Store.Put(ElectionRig.Others, _rig.World.Now);
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(3);
            _rig.Store.Delete();
            await _rig.Until(() => _rig.Story.Contains("lead"));

            Assert.InRange(_rig.World.Now.TotalSeconds, 15, 15.1);
            Assert.Equal(5, _rig.Record.LeaderTransitions);
            _rig.StopNow();
            await running;
        });

    [Fact]
    public Task One_who_lost_stands_again_if_so_asked() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector(again: true).RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(1);
            _rig.Store.Put(ElectionRig.Others, _rig.World.Now);
            await _rig.Until(() => _rig.Story.Count(what => what == "lead") == 2);
            _rig.StopNow();

            Assert.Equal(CandidacyEnd.Stopped, await running);
            Assert.Equal(
                ["lead", "told", "ended", "stopped", "lead", "told", "ended", "stopped"],
                _rig.Story.Where(what => !what.StartsWith("new", StringComparison.Ordinal))
            );
            Assert.Equal(["new:me", "new:other", "new:me"], _rig.Story.Where(what => what.StartsWith("new", StringComparison.Ordinal)));
        });

    [Fact]
    public Task Work_that_throws_gives_the_lease_up_and_its_exception_to_the_caller() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector().RunAsync(_ => throw new InvalidDataException("boom"), _rig.Stop.Token);

            Assert.Equal("boom", (await Assert.ThrowsAsync<InvalidDataException>(() => running)).Message);
            Assert.True(_rig.Record.IsFree);
            Assert.Contains("stopped", _rig.Story);
        });

    [Fact]
    public Task Work_that_returns_ends_the_candidacy() =>
        _rig.World.Run(async () =>
        {
            Assert.Equal(CandidacyEnd.WorkEnded, await _rig.Elector().RunAsync(_ => Task.CompletedTask, _rig.Stop.Token));
            Assert.True(_rig.Record.IsFree);
        });

    [Fact]
    public Task One_elector_runs_once_at_a_time() =>
        _rig.World.Run(async () =>
        {
            var elector = _rig.Elector();
            var running = elector.RunAsync(_rig.Work(), _rig.Stop.Token);

            await Assert.ThrowsAsync<InvalidOperationException>(() => elector.RunAsync(_rig.Work(), _rig.Stop.Token));
            _rig.StopNow();
            await running;
        });

    [Fact]
    public Task Callbacks_that_throw_change_nothing() =>
        _rig.World.Run(async () =>
        {
            var elector = new LeaderElector(
                _rig.Lock,
                new LeaderElectorOptions
                {
                    Identity = "me",
                    OnNewLeader = _ => throw new InvalidDataException("new"),
                    OnStoppedLeading = () => throw new InvalidDataException("stopped"),
                },
                _rig.Clock
            );
            var running = elector.RunAsync(
                async token =>
                {
                    using var told = token.Register(() => throw new InvalidDataException("told"));
                    await _rig.Work()(token);
                },
                _rig.Stop.Token
            );
            await _rig.Delay(5);
            Assert.True(elector.IsLeader);
            _rig.StopNow();

            Assert.Equal(CandidacyEnd.Stopped, await running);
            Assert.Equal(["lead", "told", "ended"], _rig.Story);
            Assert.True(_rig.Record.IsFree);
        });
}
