using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Vigia.Bench;
using Vigia.Bench.Access;
using Vigia.Bench.Fanout;
using Vigia.Bench.Wire;

// `dotnet run -c Release --project bench/Vigia.Bench -- micro --filter '*'` runs BenchmarkDotNet; the other commands
// measure on a cluster.
if (args is ["micro", .. var rest])
{
    // In this process: a generated project would not find the repository's central settings. Short runs: the machine is
    // noisy, and the ratios are what counts.
    var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
    BenchmarkSwitcher.FromAssembly(typeof(HotPaths).Assembly).Run(rest, config);
    return 0;
}

var root = new RootCommand(
    "Measures Vigia: micro (BenchmarkDotNet), informer (on a cluster), pods (makes what informer measures), pipeline (recorded events, "
        + "one core), latency (socket to handler), heap (bytes a pod), wire (JSON against protobuf, on a cluster), fanout (subscribers of "
        + "a gateway or of nchan), storm (many come back at once), fanout-compare (all of it beside nchan, as a table), top (the "
        + "terminal UI, typed into), access-storm (an honest caller among callers who do their worst), lists (a page of 10,000 "
        + "and one object by its uid)."
)
{
    InformerBench.Create(),
    PodsCommand.Create(),
    PipelineBench.Create(),
    LatencyBench.Create(),
    HeapBench.Create(),
    WireCommand.Create(),
    FanoutServer.Create(),
    FanoutCommand.Create(),
    StormCommand.Create(),
    FanoutComparison.Create(),
    TopBench.Create(),
    AccessServer.Create(),
    AccessStorm.Create(),
    ListBench.Create(),
};
return await root.Parse(args).InvokeAsync();
