using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Vigia.Simulation;

// dotnet run -c Release --project tests/Vigia.Simulation -- --seeds 1..10000
var seeds = new Option<string>("--seeds") { Description = "One seed, or a range as 1..10000.", DefaultValueFactory = _ => "1..300" };
var trace = new Option<bool>("--trace") { Description = "Print what happened in each run." };
var stop = new Option<int>("--stop-after") { Description = "Failing seeds after which to stop.", DefaultValueFactory = _ => 5 };
var audits = new Option<bool>("--audits") { Description = "Let every informer audit its cache all the time; no audit may find anything unless the cluster was restored. Changes what a seed does." };
var mutants = new Option<string?>("--mutants") { Description = "Instead: build copies of the library, each with a fault put in on purpose, and see that 200 seeds find it. The argument is the repository's root.", HelpName = "root" };
var root = new RootCommand("Runs informers against a simulated cluster and network, by seed. The same seed does the same again. Exit code 1 where a run failed.") { seeds, trace, stop, mutants, audits };
root.SetAction(async (parsed, cancellationToken) =>
{
    if (parsed.GetValue(mutants) is { } repository)
    {
        var escaped = 0;
        foreach (var mutant in Mutant.All)
        {
            var caught = await mutant.HuntAsync(Path.GetFullPath(repository), 200, cancellationToken);
            escaped += caught is null ? 1 : 0;
            Console.WriteLine(caught is { } by ? $"{mutant.Name}: caught by seed {by.Seed} ({by.Said})" : $"{mutant.Name}: NOT CAUGHT within 200 seeds");
        }

        return escaped == 0 ? 0 : 1;
    }

    var bounds = parsed.GetValue(seeds)!.Split("..").Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
    var watch = Stopwatch.StartNew();
    var (failed, changes, restores, lists, catchUps, undecodable) = (0, 0L, 0L, 0L, 0L, 0L);
    var (made, differences, incomplete, silences) = (0L, 0L, 0L, 0L);
    var time = TimeSpan.Zero;
    var runs = 0;
    for (var seed = bounds[0]; seed <= bounds[^1] && failed < parsed.GetValue(stop); seed++, runs++)
    {
        var run = Run.Of(seed, parsed.GetValue(audits));
        if (parsed.GetValue(trace))
        {
            Console.WriteLine(string.Join(Environment.NewLine, run.Trace));
        }

        if (run.Accusations.Count > 0)
        {
            failed++;
            Console.WriteLine($"seed {seed} FAILED ({run.Accusations.Count}): {run.Description}");
            foreach (var accusation in run.Accusations.Take(5))
            {
                Console.WriteLine($"  {accusation}");
            }
        }

        (changes, restores, lists, catchUps, undecodable) = (changes + run.Figures.Changes, restores + run.Figures.Restores, lists + run.Figures.Lists, catchUps + run.Figures.CatchUps, undecodable + run.Figures.Undecodable);
        (made, differences, incomplete, silences) = (made + run.Figures.Audits, differences + run.Figures.AuditDifferences, incomplete + run.Figures.IncompleteAudits, silences + run.Figures.Silences);
        time += run.Figures.Time;
    }

    Console.WriteLine($"{runs} seeds, {failed} failed, {watch.Elapsed.TotalSeconds:0.0} s; {time.TotalHours:0} virtual hours, {changes} changes, {lists} lists, {catchUps} catch-ups, {undecodable} undecodable, {restores} restores; {made} audits, {differences} differences, {incomplete} without a verdict; {silences} silences");
    return failed == 0 ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();
