using System.CommandLine;
using Microsoft.Extensions.Logging;
using Vigia.Simulator;

namespace Vigia.Commands;

/// <summary><c>vigia simulate</c>: the API server alone.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var pods = CommonOptions.Number("--pods", 300, 0, 100_000, "Number of pods at the start.");
        var nodes = CommonOptions.Number("--nodes", 12, 1, 5_000, "Nodes.");
        var rate = CommonOptions.Number("--rate", 5, 0, 10_000, "Changes per second.");
        var seed = CommonOptions.Number(
            "--seed",
            1,
            0,
            int.MaxValue,
            "Seed of the random numbers; the same seed produces the same cluster."
        );
        var port = CommonOptions.Number("--port", 0, 0, 65535, "The port; 0 for any free port.");
        var file = new Option<string>("--kubeconfig-out")
        {
            Description = "File for the cluster's kubeconfig. Default: vigia-simulator.kubeconfig.",
            DefaultValueFactory = _ => "vigia-simulator.kubeconfig",
        };
        var log = CommonOptions.Log(LogLevel.Warning);
        var command = new Command(
            "simulate",
            """
            Run a simulated API server with a cluster that changes by itself; it works with kubectl.

            Examples:
              vigia simulate --pods 1000 --rate 50
              kubectl --kubeconfig vigia-simulator.kubeconfig get pods -A -w
            """
        )
        {
            pods,
            nodes,
            rate,
            seed,
            port,
            file,
            log,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                ExitCodes.RunAsync(
                    "simulate",
                    async () =>
                    {
                        using var loggers = Loggers.Create(parsed.GetValue(log));
                        var options = new SimulatedClusterOptions
                        {
                            Pods = parsed.GetValue(pods),
                            Nodes = parsed.GetValue(nodes),
                            Rate = parsed.GetValue(rate),
                            Seed = parsed.GetValue(seed),
                        };
                        await using var world = await SimulatedWorld.StartAsync(options, parsed.GetValue(port), loggers, cancellationToken);
                        var path = Path.GetFullPath(parsed.GetValue(file)!);
                        await world.Server.WriteKubeconfigAsync(path, cancellationToken: cancellationToken);
                        await Console.Out.WriteLineAsync(
                            $"simulated API server at {world.Server.Url}; Ctrl-C stops\nkubectl --kubeconfig {path} get pods -A"
                        );
                        await Stopping.WaitAsync(cancellationToken);
                        return 0;
                    },
                    cancellationToken
                )
        );
        return command;
    }
}
