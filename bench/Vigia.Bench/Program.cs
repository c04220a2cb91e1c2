using System.CommandLine;
using BenchmarkDotNet.Running;
using Vigia.Bench;

// `dotnet run -c Release --project bench/Vigia.Bench -- micro --filter '*'` runs BenchmarkDotNet; the other commands measure on a cluster.
if (args is ["micro", .. var rest])
{
    BenchmarkSwitcher.FromAssembly(typeof(HotPaths).Assembly).Run(rest);
    return 0;
}

var root = new RootCommand("Measures Vigia: micro (BenchmarkDotNet), informer (on a cluster), pods (makes what informer measures), pipeline (recorded events, one core).")
{
    InformerBench.Create(),
    PodsCommand.Create(),
    PipelineBench.Create(),
};
return await root.Parse(args).InvokeAsync();
