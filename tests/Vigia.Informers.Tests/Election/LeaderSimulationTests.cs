using System.Globalization;

namespace Vigia.Informers.Tests.Election;

/// <summary>
/// Never two leaders at once, and never long none, whatever a seed brings. The real elector, virtual time.
/// </summary>
public sealed class LeaderSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Never_two_leaders_at_once_and_a_killed_one_is_replaced_in_time_over_a_thousand_seeds()
    {
        var (terms, kills, longest) = (0, 0, TimeSpan.Zero);
        for (var seed = 1; seed <= 1000; seed++)
        {
            var simulation = new LeaderSimulation(seed, SimulatedSkew.Allowed);
            await simulation.RunAsync();
            Assert.True(simulation.Fault is null, $"seed {seed}: {simulation.Fault}\n{simulation.Story}");
            terms += simulation.Terms;
            kills += simulation.KillsTimed;
            longest = simulation.LongestReplacement > longest ? simulation.LongestReplacement : longest;
        }

        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"seeds 1 to 1000: {terms} terms, {kills} leaders killed in the calm, replaced after {longest.TotalSeconds:0.0} s at most"
            )
        );
        Assert.True(terms > 10_000 && kills > 1000, "too little happened to prove anything");
    }

    [Fact]
    public async Task Two_leaders_are_noticed_where_clocks_drift_further_than_the_durations_allow()
    {
        // What shows that the assertion above can fail.
        var caught = 0;
        for (var seed = 1; seed <= 100; seed++)
        {
            var simulation = new LeaderSimulation(seed, SimulatedSkew.TooMuch);
            await simulation.RunAsync();
            caught += simulation.Fault?.Contains("acts while", StringComparison.Ordinal) == true ? 1 : 0;
        }

        Assert.True(caught > 10, $"{caught} of 100");
    }

    [Fact]
    public async Task A_seed_tells_the_same_story_again()
    {
        var (first, second) = (new LeaderSimulation(7, SimulatedSkew.Allowed), new LeaderSimulation(7, SimulatedSkew.Allowed));
        await first.RunAsync();
        await second.RunAsync();

        Assert.Equal(first.Story, second.Story);
    }
}
