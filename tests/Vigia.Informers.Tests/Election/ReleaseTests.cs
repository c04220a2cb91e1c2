using Vigia.Controllers;

namespace Vigia.Informers.Tests.Election;

/// <summary>Giving a lease up: conformance items 133 and 134.</summary>
public sealed class ReleaseTests
{
    private readonly ElectionRig _rig = new();

    [Fact]
    public Task Release_empties_the_holder_and_keeps_the_count() =>
        _rig.World.Run(async () =>
        {
            _rig.Store.Put(ElectionRig.Others with { HolderIdentity = "" }, _rig.World.Now);
            await LeadThenStop();

            Assert.Equal(("", 1, 5), (_rig.Record.HolderIdentity, _rig.Record.LeaseDurationSeconds, _rig.Record.LeaderTransitions));
            Assert.Equal(["GET", "PUT"], _rig.Lock.Calls[^2..]);
        });

    [Fact]
    public Task Release_comes_after_the_work_has_ended_and_the_lease_is_renewed_till_then() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector().RunAsync(_rig.Work(ending: TimeSpan.FromSeconds(40)), _rig.Stop.Token);
            await _rig.Delay(1);
            _rig.StopNow();
            for (var i = 0; i < 39; i++)
            {
                await _rig.Delay(1);
                Assert.Equal("me", _rig.Record.HolderIdentity);
                Assert.True(_rig.World.Now - _rig.Store.ChangedAt < TimeSpan.FromSeconds(2.1));
            }

            await running;
            Assert.True(_rig.Record.IsFree);
            Assert.Equal(["told", "ended", "stopped"], _rig.Story[^3..]);
        });

    [Fact]
    public Task Release_retries_on_conflict() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(1);
            var conflicts = 0;
            _rig.Lock.Before = (verb, _) =>
            {
                if (verb == "PUT" && conflicts++ < 3)
                {
                    _rig.Store.Put(_rig.Record, _rig.World.Now);
                }

                return Task.CompletedTask;
            };
            _rig.StopNow();
            await running;

            Assert.True(_rig.Record.IsFree);
            Assert.Equal(["GET", "POST", .. Enumerable.Repeat<string[]>(["GET", "PUT"], 4).SelectMany(calls => calls)], _rig.Lock.Calls);
        });

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    public Task Releases_when_stopped_during_a_call_in_flight(string hanging) =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(1);
            _rig.Lock.Before = (verb, ct) =>
                verb == hanging ? Task.Delay(Timeout.InfiniteTimeSpan, _rig.Clock, ct)
                : verb == "PUT" ? throw MemoryLeaseStore.Refusal(500, "InternalError")
                : Task.CompletedTask;
            await _rig.Delay(2);
            Assert.Equal(hanging, _rig.Lock.Calls[^1]);
            _rig.Lock.Before = null;
            _rig.StopNow();
            await running;

            Assert.True(_rig.Record.IsFree);
            Assert.InRange(_rig.World.Now.TotalSeconds, 3, 3.1);
        });

    [Fact]
    public Task Releases_a_lease_whose_taking_was_carried_out_but_never_answered() =>
        _rig.World.Run(async () =>
        {
            _rig.Lock.After = (verb, ct) => verb == "POST" ? Task.Delay(Timeout.InfiniteTimeSpan, _rig.Clock, ct) : Task.CompletedTask;
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(1);
            Assert.Equal("me", _rig.Record.HolderIdentity);
            _rig.StopNow();

            Assert.Equal(CandidacyEnd.Stopped, await running);
            Assert.True(_rig.Record.IsFree);
            Assert.DoesNotContain("lead", _rig.Story);
        });

    [Fact]
    public Task Release_touches_nothing_that_another_holds_by_then() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(1);
            _rig.Store.Put(ElectionRig.Others, _rig.World.Now);
            _rig.StopNow();
            await running;

            Assert.Equal(ElectionRig.Others, _rig.Record);
        });

    [Fact]
    public Task Release_ends_within_the_renew_deadline_though_the_store_hangs() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(1);
            _rig.Lock.Before = (_, ct) => Task.Delay(Timeout.InfiniteTimeSpan, _rig.Clock, ct);
            _rig.StopNow();
            await running;

            Assert.InRange(_rig.World.Now.TotalSeconds, 1, 11.01);
            Assert.Equal("me", _rig.Record.HolderIdentity);
        });

    [Fact]
    public Task Release_is_left_out_where_it_is_not_wanted() =>
        _rig.World.Run(async () =>
        {
            var running = _rig.Elector(release: false).RunAsync(_rig.Work(), _rig.Stop.Token);
            await _rig.Delay(1);
            _rig.StopNow();
            await running;

            Assert.Equal("me", _rig.Record.HolderIdentity);
        });

    private async Task LeadThenStop()
    {
        var running = _rig.Elector().RunAsync(_rig.Work(), _rig.Stop.Token);
        await _rig.Until(() => _rig.Story.Contains("lead"));
        _rig.StopNow();
        Assert.Equal(CandidacyEnd.Stopped, await running);
    }
}
