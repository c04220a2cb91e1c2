using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Vigia.Simulation;

// dotnet run -c Release --project tests/Vigia.Simulation -- --seeds 1..10000
var seeds = new Option<string>("--seeds") { Description = "One seed, or a range as 1..10000.", DefaultValueFactory = _ => "1..300" };
var trace = new Option<bool>("--trace") { Description = "Print what happened in each run." };
var stop = new Option<int>("--stop-after") { Description = "Failing seeds after which to stop.", DefaultValueFactory = _ => 5 };
var audits = new Option<bool>("--audits")
{
    Description =
        "Let every informer audit its cache all the time; no audit may find anything unless the cluster was restored. Changes what a seed "
        + "does.",
};
var threads = new Option<int>("--threads") { Description = "Seeds that run side by side.", DefaultValueFactory = _ => 1 };
var mutants = new Option<string?>("--mutants")
{
    Description =
        "Instead: build copies of the library, each with a fault put in on purpose, and see that 200 seeds find it. The argument is the "
        + "repository's root.",
    HelpName = "root",
};
var root = new RootCommand(
    "Runs informers against a simulated cluster and network, by seed. The same seed does the same again. Exit code 1 where a run failed."
)
{
    seeds,
    trace,
    stop,
    mutants,
    audits,
    threads,
};
root.SetAction(
    async (parsed, cancellationToken) =>
    {
        if (parsed.GetValue(mutants) is { } repository)
        {
            var escaped = 0;
            foreach (var mutant in Mutant.All)
            {
                var caught = await mutant.HuntAsync(Path.GetFullPath(repository), 200, cancellationToken);
                escaped += caught is null ? 1 : 0;
                Console.WriteLine(
                    caught is { } by
                        ? $"{mutant.Name}: caught by seed {by.Seed} ({by.Said})"
                        : $"{mutant.Name}: NOT CAUGHT within 200 seeds"
                );
            }

            return escaped == 0 ? 0 : 1;
        }

        var bounds = parsed.GetValue(seeds)!.Split("..").Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var watch = Stopwatch.StartNew();
        var (failed, runs, total) = (0, 0, new RunMeasurements());
        var most = parsed.GetValue(stop);

        // Seeds are independent of each other: they run side by side and are told in their order.
        var ordered = Partitioner
            .Create(Enumerable.Range(bounds[0], bounds[^1] - bounds[0] + 1), EnumerablePartitionerOptions.NoBuffering)
            .AsParallel()
            .AsOrdered()
            .WithDegreeOfParallelism(Math.Max(1, parsed.GetValue(threads)))
            .WithMergeOptions(ParallelMergeOptions.NotBuffered)
            .WithCancellation(cancellationToken)
            .Select(seed => Run.Of(seed, parsed.GetValue(audits)));
        foreach (var run in ordered)
        {
            runs++;
            total += run.Measurements;
            if (parsed.GetValue(trace))
            {
                Console.WriteLine(string.Join(Environment.NewLine, run.Trace));
            }

            if (run.Accusations.Count > 0)
            {
                failed++;
                Console.WriteLine($"seed {run.Seed} FAILED ({run.Accusations.Count}): {run.Description}");
                foreach (var accusation in run.Accusations.Take(5))
                {
                    Console.WriteLine($"  {accusation}");
                }
            }

            if (failed >= most)
            {
                break;
            }
        }

        Console.WriteLine($"{runs} seeds, {failed} failed, {watch.Elapsed.TotalSeconds:0.0} s; {total}");
        return failed == 0 ? 0 : 1;
    }
);
return await root.Parse(args).InvokeAsync();
