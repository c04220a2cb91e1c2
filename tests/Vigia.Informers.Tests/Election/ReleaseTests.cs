using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Election;

/// <summary>Giving a lease up: conformance items 133 and 134.</summary>
public sealed class ReleaseTests
{
    private readonly ElectionFixture _fixture = new();

    [Fact]
    public Task Release_empties_the_holder_and_keeps_the_count() =>
        _fixture.World.Run(async () =>
        {
            _fixture.Store.Put(ElectionFixture.Others with { HolderIdentity = "" }, _fixture.World.Now);
            await LeadThenStop();

            Assert.Equal(
                ("", 1, 5),
                (_fixture.Record.HolderIdentity, _fixture.Record.LeaseDurationSeconds, _fixture.Record.LeaderTransitions)
            );
            Assert.Equal(["GET", "PUT"], _fixture.Lock.Calls[^2..]);
        });

    [Fact]
    public Task Release_comes_after_the_work_has_ended_and_the_lease_is_renewed_till_then() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector().RunAsync(_fixture.Work(ending: TimeSpan.FromSeconds(40)), _fixture.Stop.Token);
            await _fixture.Delay(1);
            _fixture.StopNow();
            for (var i = 0; i < 39; i++)
            {
                await _fixture.Delay(1);
                Assert.Equal("me", _fixture.Record.HolderIdentity);
                Assert.True(_fixture.World.Now - _fixture.Store.ChangedAt < TimeSpan.FromSeconds(2.1));
            }

            await running;
            Assert.True(_fixture.Record.IsFree);
            Assert.Equal(["told", "ended", "stopped"], _fixture.Story[^3..]);
        });

    [Fact]
    public Task Release_retries_on_conflict() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(1);
            var conflicts = 0;
            _fixture.Lock.Before = (verb, _) =>
            {
                if (verb == "PUT" && conflicts++ < 3)
                {
                    _fixture.Store.Put(_fixture.Record, _fixture.World.Now);
                }

                return Task.CompletedTask;
            };
            _fixture.StopNow();
            await running;

            Assert.True(_fixture.Record.IsFree);
            Assert.Equal(
                ["GET", "POST", .. Enumerable.Repeat<string[]>(["GET", "PUT"], 4).SelectMany(calls => calls)],
                _fixture.Lock.Calls
            );
        });

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    public Task Releases_when_stopped_during_a_call_in_flight(string hanging) =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(1);
            _fixture.Lock.Before = (verb, ct) =>
                verb == hanging ? Hanging.UntilCancelledAsync(ct)
                : verb == "PUT" ? throw MemoryLeaseStore.Refusal(500, "InternalError")
                : Task.CompletedTask;
            await _fixture.Delay(2);
            Assert.Equal(hanging, _fixture.Lock.Calls[^1]);
            _fixture.Lock.Before = null;
            _fixture.StopNow();
            await running;

            Assert.True(_fixture.Record.IsFree);
            Assert.InRange(_fixture.World.Now.TotalSeconds, 3, 3.1);
        });

    [Fact]
    public Task Releases_a_lease_whose_taking_was_carried_out_but_never_answered() =>
        _fixture.World.Run(async () =>
        {
            _fixture.Lock.After = (verb, ct) => verb == "POST" ? Hanging.UntilCancelledAsync(ct) : Task.CompletedTask;
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(1);
            Assert.Equal("me", _fixture.Record.HolderIdentity);
            _fixture.StopNow();

            Assert.Equal(ElectionOutcome.Stopped, await running);
            Assert.True(_fixture.Record.IsFree);
            Assert.DoesNotContain("lead", _fixture.Story);
        });

    [Fact]
    public Task Release_touches_nothing_that_another_holds_by_then() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(1);
            _fixture.Store.Put(ElectionFixture.Others, _fixture.World.Now);
            _fixture.StopNow();
            await running;

            Assert.Equal(ElectionFixture.Others, _fixture.Record);
        });

    [Fact]
    public Task Release_ends_within_the_renew_deadline_though_the_store_hangs() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(1);
            _fixture.Lock.Before = (_, ct) => Hanging.UntilCancelledAsync(ct);
            _fixture.StopNow();
            await running;

            Assert.InRange(_fixture.World.Now.TotalSeconds, 1, 11.01);
            Assert.Equal("me", _fixture.Record.HolderIdentity);
        });

    [Fact]
    public Task Release_is_left_out_where_it_is_not_wanted() =>
        _fixture.World.Run(async () =>
        {
            var running = _fixture.Elector(release: false).RunAsync(_fixture.Work(), _fixture.Stop.Token);
            await _fixture.Delay(1);
            _fixture.StopNow();
            await running;

            Assert.Equal("me", _fixture.Record.HolderIdentity);
        });

    private async Task LeadThenStop()
    {
        var running = _fixture.Elector().RunAsync(_fixture.Work(), _fixture.Stop.Token);
        await _fixture.Until(() => _fixture.Story.Contains("lead"));
        _fixture.StopNow();
        Assert.Equal(ElectionOutcome.Stopped, await running);
    }
}
