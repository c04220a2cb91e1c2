using Vigia.Faults;
using Vigia.Faults.Scenarios;
using Vigia.Faults.Servers;
using Vigia.Simulator;

namespace Vigia.Gateway.Tests.Faults;

/// <summary>
/// Every fault, on the simulator, under load: two gateways as processes, clients that resume at the other one, and each
/// client's history compared with what happened. The same program with a real API server: docs/faults.md.
/// </summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    /// <summary>
    /// The faults; those with a compaction at a server that answers as current ones do, and at one that answers as
    /// 1.20.
    /// </summary>
    public static TheoryData<string, CompactedReadForm> Faults { get; } =
        new(
            Catalogue.All.SelectMany(
                scenario =>
                    scenario.Compacts ? new[] { CompactedReadForm.Expired, CompactedReadForm.EtcdMessage } : [CompactedReadForm.Expired],
                (scenario, form) => (scenario.Name, form)
            )
        );

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Nothing_is_missed_in_silence_and_stale_is_shown_as_stale(string fault, CompactedReadForm form)
    {
        var options = new FaultOptions
        {
            Clients = 8,
            Rate = 50,
            Hold = TimeSpan.FromSeconds(1.5),
            Quiet = TimeSpan.FromSeconds(1),
            Quick = true,
        };
        var server = await SimulatedServer.CreateAsync(options.Seed, form, TestContext.Current.CancellationToken);
        var report = await FaultRun.RunAsync(
            Catalogue.All.Single(scenario => scenario.Name == fault),
            server,
            options,
            TestContext.Current.CancellationToken
        );

        output.WriteLine(report.ToString());
        Assert.True(report.Violations.Count == 0, report.ToString());
        Assert.True(report.Changes > 100, $"only {report.Changes} changes were received: nothing was tried");
    }
}
