using System.CommandLine;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Simulator;

namespace Vigia.Commands;

/// <summary><c>vigia demo</c>: simulated cluster and gateway in one process.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var pods = CommonOptions.Number("--pods", 300, 0, 100_000, "Number of pods at the start.");
        var rate = CommonOptions.Number("--rate", 5, 0, 10_000, "Changes per second.");
        var seed = CommonOptions.Number(
            "--seed",
            1,
            0,
            int.MaxValue,
            "Seed of the random numbers; the same seed produces the same cluster."
        );
        var listen = CommonOptions.Listen();
        var log = CommonOptions.Log(LogLevel.Warning);
        var command = new Command(
            "demo",
            """
            Run a simulated cluster behind a gateway.

            Examples:
              vigia demo
              vigia demo --pods 5000 --rate 100
              curl -N 'http://127.0.0.1:8001/api/v1/pods/stream?search=crash'
            """
        )
        {
            pods,
            rate,
            seed,
            listen,
            log,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                ExitCodes.RunAsync(
                    "demo",
                    async () =>
                    {
                        using var loggers = Loggers.Create(parsed.GetValue(log));
                        var options = new SimulatedClusterOptions
                        {
                            Pods = parsed.GetValue(pods),
                            Rate = parsed.GetValue(rate),
                            Seed = parsed.GetValue(seed),
                        };
                        await using var world = await SimulatedWorld.StartAsync(options, 0, loggers, cancellationToken);
                        var folder = Directory.CreateTempSubdirectory("vigia-demo-");
                        try
                        {
                            var kubeconfig = Path.Combine(folder.FullName, "kubeconfig");
                            await world.Server.WriteKubeconfigAsync(kubeconfig, cancellationToken: cancellationToken);
                            await using var client = new KubernetesClient(
                                KubeconfigLoader.Load(kubeconfig) with
                                {
                                    Context = "demo",
                                },
                                loggers: loggers
                            );
                            await using var gateway = await GatewayServer.StartAsync(
                                new GatewayOptions
                                {
                                    Listen = parsed.GetValue(listen)!,
                                    Clusters = [new KubernetesClusterSource(client)],
                                    Loggers = loggers,
                                },
                                cancellationToken
                            );
                            var url = gateway.Url.ToString().TrimEnd('/');
                            await Console.Out.WriteLineAsync(
                                $"""
                                simulated cluster:      {url}
                                stream of changes:      curl -N {url}/api/v1/pods/stream
                                table:                  curl '{url}/api/v1/pods?output=table'
                                make a change:          kubectl --kubeconfig {kubeconfig} create deployment hello --image=nginx
                                Ctrl-C stops
                                """
                            );
                            await Stopping.WaitAsync(cancellationToken);
                            return 0;
                        }
                        finally
                        {
                            folder.Delete(recursive: true);
                        }
                    },
                    cancellationToken
                )
        );
        return command;
    }
}
