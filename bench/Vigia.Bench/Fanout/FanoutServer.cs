using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Http;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Simulator;

namespace Vigia.Bench.Fanout;

/// <summary>
/// <c>fanout-serve</c>: a gateway on a cluster that says what it is told to over standard input: <c>publish RATE
/// COUNT</c>, <c>stat</c>, <c>gc</c>; each is answered with a line.
/// </summary>
internal static class FanoutServer
{
    private static readonly GroupVersionResource Pods = new("", "v1", "pods");

    public static Command Create()
    {
        var bytes = new Option<int>("--bytes") { Description = "Padding of an object.", DefaultValueFactory = _ => 50 };
        var objects = new Option<int>("--objects") { Description = "Objects that change in turn.", DefaultValueFactory = _ => 100 };
        var simulator = new Option<bool>("--simulator")
        {
            Description = "Through the simulator's HTTP watch, with pods, instead of straight into the decoder.",
        };
        var command = new Command("fanout-serve", "The server half of fanout; driven over standard input.") { bytes, objects, simulator };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var count = parsed.GetValue(objects);
                var feed = new FeedSource(parsed.GetValue(bytes));
                await using var server = parsed.GetValue(simulator)
                    ? await VigiaSimulator.StartAsync(new SimulatorOptions(), cancellationToken)
                    : null;
                await using var client = server is null
                    ? null
                    : new KubernetesClient(
                        new ClusterConfiguration
                        {
                            Context = "sim",
                            Cluster = "sim",
                            Server = new Uri(server.Url),
                            Credentials = new StaticCredential(new Credential(null, null)),
                        }
                    );
                if (server is not null)
                {
                    for (var i = 0; i < count; i++)
                    {
                        server.Store.Create(Pods, Pod($"p{i}", parsed.GetValue(bytes)), "bench");
                    }
                }

                await using var gateway = await GatewayServer.StartAsync(
                    new GatewayOptions
                    {
                        Listen = new Uri("http://127.0.0.1:0"),
                        Clusters = [client is null ? feed : new KubernetesClusterSource(client)],
                        Streams = new StreamOptions { MaxStreams = 20_000, MaxStreamsPerCaller = 20_000 },
                    },
                    cancellationToken
                );
                Console.WriteLine(gateway.Url);
                while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
                {
                    var words = line.Split(' ');
                    switch (words[0])
                    {
                        case "publish":
                            var number = 0;
                            await PaceAsync(
                                Number(words[1]),
                                Number(words[2]),
                                () =>
                                {
                                    if (server is null)
                                    {
                                        feed.Publish(count);
                                    }
                                    else
                                    {
                                        server.Store.Mutate(
                                            Pods,
                                            new ObjectKey("default", $"p{number++ % count}"),
                                            o =>
                                                o["metadata"]!["annotations"]!["t"] = Subscribers.Now.ToString(
                                                    CultureInfo.InvariantCulture
                                                ),
                                            "bench"
                                        );
                                    }
                                }
                            );
                            Console.WriteLine($"published {words[2]}");
                            break;
                        case "gc":
                            GC.Collect(2, GCCollectionMode.Aggressive, true, true);
                            goto case "stat";
                        case "stat":
                            using (var self = Process.GetCurrentProcess())
                            {
                                Console.WriteLine(
                                    string.Create(
                                        CultureInfo.InvariantCulture,
                                        $"stat {self.WorkingSet64} {GC.GetTotalMemory(false)} "
                                            + $"{self.TotalProcessorTime.TotalMilliseconds:0} "
                                            + $"{gateway.Clusters.Sessions[0].Feeds.Sum(f => f.Informer?.Log.CatchUps ?? 0)}"
                                    )
                                );
                            }

                            break;
                    }
                }

                return 0;
            }
        );
        return command;
    }

    /// <summary>Does something at a rate a second; what is late is made up for.</summary>
    public static async Task PaceAsync(int rate, int count, Action act)
    {
        var watch = Stopwatch.StartNew();
        for (var done = 0; done < count; )
        {
            var due = Math.Min(count, (int)(watch.Elapsed.TotalSeconds * rate) + 1);
            for (; done < due; done++)
            {
                act();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static JsonObject Pod(string name, int padding) =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = "default",
                ["labels"] = new JsonObject { ["app"] = "web" },
                ["annotations"] = new JsonObject { ["p"] = new string('x', padding) },
            },
            ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = "nginx" }) },
            ["status"] = new JsonObject { ["phase"] = "Running" },
        };
}
