using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Election;

/// <summary>Conformance items 135 and 136: what is refused, and the health check.</summary>
public sealed class ElectionOptionsTests
{
    [Theory]
    [InlineData("me", 15, 10, 2, null)]
    [InlineData("me", 1, 0.5, 0.1, null)]
    [InlineData("", 15, 10, 2, "Identity is empty")]
    [InlineData("me", 10, 10, 2, "LeaseDuration (00:00:10) must be longer than RenewDeadline")]
    [InlineData("me", 5, 10, 2, "LeaseDuration (00:00:05) must be longer than RenewDeadline")]
    [InlineData("me", 15, 2.4, 2, "RenewDeadline (00:00:02.4000000) must be longer than RetryPeriod")]
    [InlineData("me", 15, 2, 2, "RenewDeadline (00:00:02) must be longer than RetryPeriod")]
    [InlineData("me", 0, -2, -4, "LeaseDuration is 00:00:00")]
    [InlineData("me", 0.9, 0.5, 0.1, "LeaseDuration is 00:00:00.9000000: it must be at least 1 s")]
    [InlineData("me", 15.5, 10, 2, "whole seconds")]
    [InlineData("me", 15, 0, -1, "RenewDeadline is 00:00:00")]
    [InlineData("me", 15, 10, 0, "RetryPeriod is 00:00:00")]
    [InlineData("me", 15, 10, -1, "RetryPeriod is -00:00:01")]
    public void Refuses_durations_that_could_not_work(string identity, double lease, double renew, double retry, string? fault)
    {
        var options = new LeaderElectorOptions
        {
            Identity = identity,
            LeaseDuration = TimeSpan.FromSeconds(lease),
            RenewDeadline = TimeSpan.FromSeconds(renew),
            RetryPeriod = TimeSpan.FromSeconds(retry),
        };

        var refusal = Record.Exception(() => new LeaderElector(new ElectionFixture().Lock, options));

        if (fault is null)
        {
            Assert.Null(refusal);
        }
        else
        {
            Assert.Contains(fault, Assert.IsType<ArgumentException>(refusal).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Refuses_to_go_without_a_lock_or_work()
    {
        Assert.Throws<ArgumentNullException>(() => new LeaderElector(null!, new LeaderElectorOptions { Identity = "me" }));
        await Assert.ThrowsAsync<ArgumentNullException>(() => new ElectionFixture().Elector().RunAsync(null!, CancellationToken.None));
    }

    [Fact]
    public void Defaults_are_those_of_client_go()
    {
        var options = new LeaderElectorOptions { Identity = "me" };

        Assert.Equal(
            (15, 10, 2),
            (options.LeaseDuration.TotalSeconds, options.RenewDeadline.TotalSeconds, options.RetryPeriod.TotalSeconds)
        );
        Assert.Equal(1.2, LeaderElectorOptions.JitterFactor);
    }

    [Fact]
    public Task Attempts_are_a_retry_period_apart_stretched_by_up_to_1_2_as_the_seed_says()
    {
        var fixture = new ElectionFixture();
        return fixture.World.Run(async () =>
        {
            fixture.Lock.Before = (_, _) => throw MemoryLeaseStore.Refusal(500, "InternalError", "GET");
            var running = fixture.Elector().RunAsync(fixture.Work(), fixture.Stop.Token);
            var attempts = new List<double>();
            while (attempts.Count < 200)
            {
                var before = fixture.Lock.Calls.Count;
                await fixture.World.Until(() => fixture.Lock.Calls.Count > before, TimeSpan.FromSeconds(10));
                attempts.Add(fixture.World.Now.TotalSeconds);
            }

            var pauses = attempts.Zip(attempts.Skip(1), (a, b) => b - a).ToList();
            Assert.All(pauses, pause => Assert.InRange(pause, 1.99, 4.41));
            Assert.True(pauses.Min() < 2.2 && pauses.Max() > 4.2, $"{pauses.Min()} to {pauses.Max()}");
            fixture.StopNow();
            await running;
        });
    }

    [Fact]
    public Task One_who_waits_for_a_leaders_end_looks_at_least_once_in_a_retry_period()
    {
        var fixture = new ElectionFixture();
        return fixture.World.Run(async () =>
        {
            fixture.Store.Put(ElectionFixture.Others, fixture.World.Now);
            var attempts = new List<double>();
            fixture.Lock.Before = (_, _) =>
            {
                attempts.Add(fixture.World.Now.TotalSeconds);
                fixture.Store.Put(
                    fixture.Record with
                    {
                        RenewTime = fixture.Record.RenewTime!.Value.AddMicroseconds(1),
                    },
                    fixture.World.Now
                );
                return Task.CompletedTask;
            };
            var running = fixture.Elector().RunAsync(fixture.Work(), fixture.Stop.Token);
            await fixture.Delay(300);

            var pauses = attempts.Zip(attempts.Skip(1), (a, b) => b - a).ToList();
            Assert.All(pauses, pause => Assert.InRange(pause, 0.9, 2.01));
            Assert.True(pauses.Min() < 1 && pauses.Max() > 1.9, $"{pauses.Min()} to {pauses.Max()}");
            fixture.StopNow();
            await running;
        });
    }

    [Fact]
    public Task Unhealthy_when_work_goes_on_long_after_the_lease_expired()
    {
        var fixture = new ElectionFixture();
        return fixture.World.Run(async () =>
        {
            var elector = fixture.Elector();
            Assert.Null(elector.CheckHealth(TimeSpan.Zero));
            var running = elector.RunAsync(fixture.Work(ending: TimeSpan.FromMinutes(1)), fixture.Stop.Token);
            await fixture.Delay(60);
            Assert.Null(elector.CheckHealth(TimeSpan.Zero));

            var last = fixture.World.Now - fixture.Store.ChangedAt;
            fixture.Lock.Before = (_, _) => throw MemoryLeaseStore.Refusal(500, "InternalError");
            await fixture.World.Delay(TimeSpan.FromSeconds(24.9) - last);
            Assert.Null(elector.CheckHealth(TimeSpan.FromSeconds(10)));
            await fixture.Delay(0.2);
            Assert.Contains("lease test/sim", elector.CheckHealth(TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
            await running;
            Assert.Null(elector.CheckHealth(TimeSpan.Zero));
        });
    }

    [Fact]
    public async Task Health_may_be_asked_from_any_thread_while_the_lease_changes()
    {
        // Real threads on purpose: what is looked for is a race.
        var elector = new LeaderElector(
            new BusyLock(),
            new LeaderElectorOptions
            {
                Identity = "me",
                RetryPeriod = TimeSpan.FromMilliseconds(1),
                OnNewLeader = _ => { },
            }
        );
        using var stop = new CancellationTokenSource();
        var running = elector.RunAsync(async token => await Hanging.UntilCancelledAsync(token), stop.Token);
        var asking = Enumerable
            .Range(0, 4)
            .Select(_ =>
                Task.Run(
                    () =>
                    {
                        for (var i = 0; i < 20_000; i++)
                        {
                            Assert.Null(elector.CheckHealth(TimeSpan.Zero));
                            Assert.False(elector.IsLeader && elector.Leader is null);
                        }
                    },
                    CancellationToken.None
                )
            );
        await Task.WhenAll(asking);

        await stop.CancelAsync();
        Assert.Equal(ElectionOutcome.Stopped, await running);
    }

    private sealed class BusyLock : ILeaseLock
    {
        private readonly MemoryLeaseStore _store = new();

        public string Description => "lease test/busy";

        public Task<LeaseSnapshot?> GetAsync(CancellationToken ct) => Task.FromResult(_store.Lease);

        public Task<LeaseSnapshot> CreateAsync(LeaseRecord record, CancellationToken ct) =>
            Task.FromResult(_store.Create(record, TimeSpan.Zero));

        public Task<LeaseSnapshot> UpdateAsync(LeaseSnapshot seen, LeaseRecord record, CancellationToken ct) =>
            Task.FromResult(_store.Update(seen, record, TimeSpan.Zero));
    }
}
