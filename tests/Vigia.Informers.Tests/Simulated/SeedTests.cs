using Vigia.Simulation;

namespace Vigia.Informers.Tests.Simulated;

/// <summary>
/// Informers on a simulated cluster, network and clock, by seed (tests/Vigia.Simulation says what is judged). Ten
/// thousand: <c>dotnet run
/// -c Release --project tests/Vigia.Simulation -- --seeds 1..10000</c>.
/// </summary>
public sealed class SeedTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(61)]
    [InlineData(91)]
    public void Everybody_is_told_the_truth_in_order_and_nothing_leaks(int first) =>
        Parallel.For(first, first + 30, new ParallelOptions { MaxDegreeOfParallelism = 2 }, Check);

    [Theory]
    // An object created and deleted while this informer was cut off, known to a cursor that comes from another.
    [InlineData(37)]
    [InlineData(38)]
    [InlineData(78)]
    // A resume by revision lost the delete that a relist had found.
    [InlineData(107)]
    [InlineData(230)]
    [InlineData(287)]
    // Additions told again after a hop.
    [InlineData(65)]
    [InlineData(414)]
    [InlineData(485)]
    // A hop between two informers, then an exact return to one that is relisting.
    [InlineData(609)]
    [InlineData(2810)]
    // Deltas of a relist forgotten before it was complete.
    [InlineData(35)]
    [InlineData(207)]
    [InlineData(390)]
    [InlineData(771)]
    // A first list that steps back behind what a streaming list had shown.
    [InlineData(734)]
    // A watch accepted by a server that was restored unnoticed.
    [InlineData(1183)]
    [InlineData(1937)]
    [InlineData(2446)]
    [InlineData(3124)]
    // Judged while a silent watch was being opened again.
    [InlineData(2974)]
    // A proof of a silent watch that held up what came meanwhile.
    [InlineData(7315)]
    [InlineData(8732)]
    public void A_seed_that_once_failed_does_not_fail_again(int seed) => Check(seed);

    [Theory]
    [InlineData(3)]
    [InlineData(771)]
    // With controllers.
    [InlineData(9)]
    public void The_same_seed_does_the_same_again(int seed) => Assert.Equal(Run.Of(seed).Digest, Run.Of(seed).Digest);

    [Fact]
    public void Different_seeds_do_different_things() =>
        Assert.Equal(5, Enumerable.Range(1, 5).Select(seed => Run.Of(seed).Digest).Distinct().Count());

    [Fact]
    public void The_faults_that_prove_the_simulation_can_still_be_put_in()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Vigia.slnx")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("the repository's root was not found");
        }

        Assert.True(Mutant.All.Count >= 5);
        Assert.All(Mutant.All, mutant => Assert.True(mutant.Fits(root), mutant.Name));
    }

    private static void Check(int seed)
    {
        var run = Run.Of(seed);
        Assert.True(run.Accusations.Count == 0, $"seed {seed}: {run.Description}: {string.Join("; ", run.Accusations.Take(5))}");
    }
}
