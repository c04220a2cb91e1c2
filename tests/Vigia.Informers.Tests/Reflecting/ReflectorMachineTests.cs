namespace Vigia.Informers.Tests.Reflecting;

public sealed class ReflectorMachineTests
{
    [Theory]
    [InlineData(ReflectorPhase.List, ListSource.Cache, ReflectorEnding.Done, ReflectorPhase.Watch, ListSource.Cache, false)]
    [InlineData(ReflectorPhase.Watch, ListSource.Cache, ReflectorEnding.Completed, ReflectorPhase.Watch, ListSource.Cache, false)]
    [InlineData(ReflectorPhase.Watch, ListSource.Cache, ReflectorEnding.EndedAtOnce, ReflectorPhase.Watch, ListSource.Cache, true)]
    [InlineData(ReflectorPhase.Watch, ListSource.Cache, ReflectorEnding.Expired, ReflectorPhase.List, ListSource.NotOlderThanSeen, false)]
    [InlineData(ReflectorPhase.List, ListSource.Cache, ReflectorEnding.Expired, ReflectorPhase.List, ListSource.Fresh, false)]
    [InlineData(ReflectorPhase.List, ListSource.NotOlderThanSeen, ReflectorEnding.Expired, ReflectorPhase.List, ListSource.Fresh, false)]
    [InlineData(ReflectorPhase.List, ListSource.Fresh, ReflectorEnding.Expired, ReflectorPhase.List, ListSource.Fresh, true)]
    [InlineData(ReflectorPhase.Watch, ListSource.Cache, ReflectorEnding.Throttled, ReflectorPhase.Watch, ListSource.Cache, true)]
    [InlineData(ReflectorPhase.Watch, ListSource.Cache, ReflectorEnding.Denied, ReflectorPhase.Watch, ListSource.Cache, true)]
    [InlineData(
        ReflectorPhase.Watch,
        ListSource.Cache,
        ReflectorEnding.Unavailable,
        ReflectorPhase.Probe,
        ListSource.NotOlderThanSeen,
        true
    )]
    [InlineData(
        ReflectorPhase.Probe,
        ListSource.NotOlderThanSeen,
        ReflectorEnding.WentBack,
        ReflectorPhase.List,
        ListSource.Restored,
        false
    )]
    [InlineData(ReflectorPhase.Probe, ListSource.NotOlderThanSeen, ReflectorEnding.Done, ReflectorPhase.Watch, ListSource.Cache, false)]
    [InlineData(ReflectorPhase.List, ListSource.Cache, ReflectorEnding.Undecodable, ReflectorPhase.List, ListSource.Cache, true)]
    [InlineData(
        ReflectorPhase.Watch,
        ListSource.Cache,
        ReflectorEnding.ErrorEvent,
        ReflectorPhase.List,
        ListSource.NotOlderThanSeen,
        false
    )]
    [InlineData(
        ReflectorPhase.StreamingList,
        ListSource.Cache,
        ReflectorEnding.Throttled,
        ReflectorPhase.StreamingList,
        ListSource.Cache,
        true
    )]
    [InlineData(
        ReflectorPhase.StreamingList,
        ListSource.Cache,
        ReflectorEnding.Unavailable,
        ReflectorPhase.StreamingList,
        ListSource.Cache,
        true
    )]
    [InlineData(ReflectorPhase.StreamingList, ListSource.Cache, ReflectorEnding.Expired, ReflectorPhase.List, ListSource.Fresh, false)]
    [InlineData(ReflectorPhase.StreamingList, ListSource.Cache, ReflectorEnding.Undecodable, ReflectorPhase.List, ListSource.Cache, false)]
    [InlineData(ReflectorPhase.StreamingList, ListSource.Cache, ReflectorEnding.Unsupported, ReflectorPhase.List, ListSource.Cache, false)]
    public void Each_ending_leads_on(
        ReflectorPhase phase,
        ListSource source,
        ReflectorEnding ending,
        ReflectorPhase next,
        ListSource nextSource,
        bool waits
    )
    {
        var state = ReflectorMachine.Next(new ReflectorState(phase, source), new ReflectorOutcome(ending, "because"), 0.5);

        Assert.Equal((next, nextSource, waits), (state.Phase, state.Source, state.Wait > TimeSpan.Zero));
    }

    [Fact]
    public void A_broken_watch_that_had_been_of_use_is_followed_at_once_by_a_probe_and_one_that_had_not_waits()
    {
        var watch = new ReflectorState(ReflectorPhase.Watch);

        Assert.Equal(
            (ReflectorPhase.Probe, TimeSpan.Zero),
            Pair(ReflectorMachine.Next(watch, new(ReflectorEnding.Disconnected, WasOfUse: true), 0))
        );
        Assert.Equal(
            (ReflectorPhase.Probe, TimeSpan.FromMilliseconds(800)),
            Pair(ReflectorMachine.Next(watch, new(ReflectorEnding.Disconnected), 0))
        );
    }

    [Fact]
    public void Waits_double_from_800_ms_to_30_s_with_up_to_as_much_again_at_random()
    {
        var state = new ReflectorState(ReflectorPhase.List);
        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            state = ReflectorMachine.Next(state, new(ReflectorEnding.Unavailable, "refused"), 0);
            waits.Add(state.Wait.TotalSeconds);
        }

        Assert.Equal([0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30], waits);
        Assert.Equal(8, state.Failures);
        Assert.Equal(1.2, ReflectorMachine.Next(new(ReflectorPhase.List), new(ReflectorEnding.Unavailable), 0.5).Wait.TotalSeconds, 3);
    }

    [Fact]
    public void The_server_s_own_wish_is_honoured_where_it_is_longer() =>
        Assert.Equal(
            TimeSpan.FromSeconds(17),
            ReflectorMachine.Next(new(ReflectorPhase.Watch), new(ReflectorEnding.Throttled, RetryAfter: TimeSpan.FromSeconds(17)), 0.9).Wait
        );

    [Fact]
    public void A_watch_that_stands_ends_the_count_of_failures() =>
        Assert.Equal(
            0,
            ReflectorMachine.Next(new(ReflectorPhase.Watch, Failures: 7, Reason: "refused"), new(ReflectorEnding.Completed), 0).Failures
        );

    [Fact]
    public void A_list_alone_does_not_end_the_count_of_failures() =>
        Assert.Equal(
            (ReflectorPhase.Watch, 7, "refused"),
            Three(ReflectorMachine.Next(new(ReflectorPhase.List, Failures: 7, Reason: "refused"), new(ReflectorEnding.Done), 0))
        );

    private static (ReflectorPhase, int, string?) Three(ReflectorState state) => (state.Phase, state.Failures, state.Reason);

    private static (ReflectorPhase, TimeSpan) Pair(ReflectorState state) => (state.Phase, state.Wait);
}
