using Vigia.Simulation;

namespace Vigia.Informers.Tests.Auditing;

/// <summary>
/// Audits all the time while a seed decides on cuts, freezes, lagging servers, compactions and restarts: <c>dotnet run
/// --project tests/Vigia.Simulation -- --audits</c>.
/// </summary>
public sealed class AuditSeedTests
{
    /// <summary>
    /// Seeds that once accused a healthy cache (frozen connections taken for lost events), or left a timer or a task
    /// behind (waits that ended on another thread).
    /// </summary>
    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    [InlineData(32)]
    [InlineData(36)]
    [InlineData(37)]
    [InlineData(38)]
    [InlineData(39)]
    [InlineData(43)]
    public void No_fault_that_loses_nothing_is_taken_for_a_difference(int seed)
    {
        var run = Run.Of(seed, audits: true);

        Assert.True(run.Accusations.Count == 0, $"seed {seed}: {string.Join("; ", run.Accusations)}");
        Assert.True(run.Measurements.Audits > 20, $"seed {seed}: {run.Measurements}");
    }
}
