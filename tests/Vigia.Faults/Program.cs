using System.CommandLine;
using System.Globalization;
using Vigia.Faults;
using Vigia.Faults.Scenarios;
using Vigia.Faults.Servers;
using Vigia.Simulator;

// dotnet run -c Release --project tests/Vigia.Faults -- --help
var names = new Argument<string[]>("fault")
{
    Description = $"The faults: {string.Join(", ", Catalogue.All.Select(scenario => scenario.Name))}. Default: all.",
    Arity = ArgumentArity.ZeroOrMore,
};
var clients = new Option<int>("--clients") { Description = "SSE clients.", DefaultValueFactory = _ => 50 };
var rate = new Option<int>("--rate") { Description = "Writes a second.", DefaultValueFactory = _ => 50 };
var hold = new Option<int>("--hold")
{
    Description = "Seconds that a fault lasts, once it can have been noticed.",
    DefaultValueFactory = _ => 10,
};
var seed = new Option<int>("--seed") { Description = "Chooses the writes.", DefaultValueFactory = _ => 1 };
var quick = new Option<bool>("--quick") { Description = "Short intervals in the gateways, as in the tests." };
var kube = new Option<string?>("--kube")
{
    Description =
        "A script that brings up a real API server with etcd (up, down, reset; KUBE_HOME, KUBE_PORT, ETCD_PORT), which this program "
        + "breaks. Default: the simulator.",
};
var port = new Option<int>("--kube-port") { Description = "Its port; etcd's is 5000 above.", DefaultValueFactory = _ => 7443 };
var answers = new Option<string>("--answers")
{
    Description =
        "How the simulator answers reads of compacted revisions: as Kubernetes 1.20 does (500 with etcd's message), or as 1.36 does (410).",
    DefaultValueFactory = _ => "1.36",
};
answers.AcceptOnlyFromAmong("1.20", "1.36");
var trace = new Option<string?>("--trace")
{
    Description = "A folder for what clients got, what was true and what gateways logged, where something broke.",
};
var verbose = new Option<bool>("--list") { Description = "List the faults and end." };
var command = new RootCommand(
    "Breaks an API server, its credentials or a gateway under load, and compares what every client was told with what really happened."
)
{
    names,
    clients,
    rate,
    hold,
    seed,
    quick,
    kube,
    port,
    answers,
    trace,
    verbose,
};
command.SetAction(
    async (parsed, cancellationToken) =>
    {
        if (parsed.GetValue(verbose))
        {
            foreach (var scenario in Catalogue.All)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{scenario.Name, -28} {scenario.What}"));
            }

            return 0;
        }

        var options = new FaultOptions
        {
            Clients = parsed.GetValue(clients),
            Rate = parsed.GetValue(rate),
            Hold = TimeSpan.FromSeconds(parsed.GetValue(hold)),
            Quick = parsed.GetValue(quick),
            Seed = parsed.GetValue(seed),
            Trace = parsed.GetValue(trace),
        };
        var wanted = parsed.GetValue(names) is { Length: > 0 } some ? some : [.. Catalogue.All.Select(scenario => scenario.Name)];
        var broken = 0;
        foreach (var name in wanted)
        {
            if (Catalogue.All.FirstOrDefault(scenario => scenario.Name == name) is not { } scenario)
            {
                await Console.Error.WriteLineAsync($"there is no fault \"{name}\"; see --list");
                return 2;
            }

            IFaultyServer server = parsed.GetValue(kube) is { } script
                ? await RealServer.CreateAsync(
                    Path.GetFullPath(script),
                    parsed.GetValue(port),
                    parsed.GetValue(port) + 5000,
                    cancellationToken
                )
                : await SimulatedServer.CreateAsync(
                    options.Seed,
                    parsed.GetValue(answers) == "1.20" ? CompactedReadForm.EtcdMessage : CompactedReadForm.Expired,
                    cancellationToken
                );
            var report = await FaultRun.RunAsync(scenario, server, options, cancellationToken);
            Console.Write(report);
            broken += report.Violations.Count > 0 ? 1 : 0;
        }

        Console.WriteLine(broken == 0 ? $"{wanted.Length} faults, all held" : $"{broken} of {wanted.Length} faults broke something");
        return broken == 0 ? 0 : 1;
    }
);
return await command.Parse(args).InvokeAsync();
