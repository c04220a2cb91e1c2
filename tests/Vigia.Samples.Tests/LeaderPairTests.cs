using System.Diagnostics;
using Vigia.Simulator;

namespace Vigia.Samples.Tests;

public sealed class LeaderPairTests
{
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(0.5);

    [Fact]
    public async Task A_leader_that_is_killed_is_replaced_within_the_lease_and_a_retry_period()
    {
        await using var cluster = await VigiaSimulator.StartAsync();
        await using var a = Candidate(cluster, "a");
        await a.LineAsync("a works, step 1");
        await using var b = Candidate(cluster, "b");
        await b.LineAsync("b sees that a leads");
        await a.LineAsync("a works, step 3");
        Assert.DoesNotContain("b leads", b.Text, StringComparison.Ordinal);

        var killed = Stopwatch.GetTimestamp();
        await a.SignalAsync("KILL");
        var (_, leads) = await b.LineAsync("b leads");
        var took = Stopwatch.GetElapsedTime(killed, leads);
        TestContext.Current.TestOutputHelper?.WriteLine($"killed, replaced after {took.TotalSeconds:0.000} s");

        // Half a second is for the output's way to here, on a machine with much else to do.
        Assert.InRange(took, LeaseDuration - (RetryPeriod * 2), LeaseDuration + RetryPeriod + TimeSpan.FromSeconds(0.5));
        await b.LineAsync("b works, step 1");
    }

    [Fact]
    public async Task A_leader_that_is_told_to_stop_stops_its_work_and_hands_over_within_a_retry_period()
    {
        await using var cluster = await VigiaSimulator.StartAsync();
        await using var a = Candidate(cluster, "a");
        await a.LineAsync("a works, step 1");
        await using var b = Candidate(cluster, "b");
        await b.LineAsync("b sees that a leads");

        var asked = Stopwatch.GetTimestamp();
        Assert.Equal(0, await a.SignalAsync("TERM"));
        Assert.Contains("a stops working", a.Text, StringComparison.Ordinal);
        var (_, leads) = await b.LineAsync("b leads");

        Assert.InRange(Stopwatch.GetElapsedTime(asked, leads), TimeSpan.Zero, LeaseDuration - RetryPeriod);
    }

    private static SampleProcess Candidate(VigiaSimulator cluster, string identity) =>
        SampleProcess.Start(
            "LeaderPair",
            cluster.KubeconfigPath,
            "--identity",
            identity,
            "--lease-duration",
            "3",
            "--renew-deadline",
            "2",
            "--retry-period",
            "0.5"
        );
}
