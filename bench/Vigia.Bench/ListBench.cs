using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Simulator;

namespace Vigia.Bench;

/// <summary>
/// <c>lists</c>: what a page of many, and one object by its uid, cost beside <c>/healthz</c>: milliseconds and
/// allocated bytes a request, of server and client together.
/// </summary>
internal static class ListBench
{
    private static readonly GroupVersionResource Pods = new("", "v1", "pods");

    public static Command Create()
    {
        var objects = new Option<int>("--objects") { Description = "Pods held.", DefaultValueFactory = _ => 10_000 };
        var requests = new Option<int>("--requests") { Description = "Requests of each kind.", DefaultValueFactory = _ => 500 };
        var command = new Command("lists", "A page of a list and one object by its uid, beside /healthz.") { objects, requests };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                await using var cluster = await VigiaSimulator.StartAsync(new SimulatorOptions(), cancellationToken);
                for (var i = 0; i < 20; i++)
                {
                    cluster.Store.Create(
                        new GroupVersionResource("", "v1", "namespaces"),
                        new JsonObject
                        {
                            ["apiVersion"] = "v1",
                            ["kind"] = "Namespace",
                            ["metadata"] = new JsonObject { ["name"] = string.Create(CultureInfo.InvariantCulture, $"n{i}") },
                        },
                        "bench"
                    );
                }

                for (var i = 0; i < parsed.GetValue(objects); i++)
                {
                    cluster.Store.Create(
                        Pods,
                        new JsonObject
                        {
                            ["apiVersion"] = "v1",
                            ["kind"] = "Pod",
                            ["metadata"] = new JsonObject
                            {
                                ["name"] = string.Create(CultureInfo.InvariantCulture, $"p{i * 7919 % 100_003}"),
                                ["namespace"] = $"n{i % 20}",
                            },
                            ["spec"] = new JsonObject
                            {
                                ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i" }),
                            },
                        },
                        "bench"
                    );
                }

                await using var client = new KubernetesClient(
                    new ClusterConfiguration
                    {
                        Context = "sim",
                        Cluster = "sim",
                        Server = new Uri(cluster.Url),
                        Credentials = new StaticCredential(new Credential(null, null)),
                    }
                );
                await using var gateway = await GatewayServer.StartAsync(
                    new GatewayOptions { Listen = new Uri("http://127.0.0.1:0"), Clusters = [new KubernetesClusterSource(client)] },
                    cancellationToken
                );
                using var http = new HttpClient { BaseAddress = gateway.Url };
                while (!(await http.GetAsync(new Uri("readyz", UriKind.Relative), cancellationToken)).IsSuccessStatusCode)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
                }

                var uid = (string)
                    JsonNode.Parse(await http.GetStringAsync(new Uri("api/v1/pods?limit=1", UriKind.Relative), cancellationToken))![
                        "items"
                    ]![0]!["uid"]!;
                var number = 0;
                foreach (
                    var (name, path, changes) in new[]
                    {
                        ("healthz", "healthz", false),
                        ("first page by age", "api/v1/pods?limit=50&sort=-age", false),
                        ("the same, a change before each", "api/v1/pods?limit=50&sort=-age", true),
                        ("page 150 by age", "api/v1/pods?limit=50&sort=-age&page=150", false),
                        ("by uid", $"api/v1/pods/{uid}", false),
                    }
                )
                {
                    var took = new List<double>();
                    var allocated = 0L;
                    for (var i = 0; i < parsed.GetValue(requests) + 50; i++)
                    {
                        if (changes)
                        {
                            cluster.Store.Mutate(
                                Pods,
                                new ObjectKey("n0", "p0"),
                                o => o["metadata"]!["labels"] = new JsonObject { ["n"] = number++.ToString(CultureInfo.InvariantCulture) },
                                "bench"
                            );
                            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
                        }

                        var (before, asked) = (GC.GetTotalAllocatedBytes(true), Stopwatch.GetTimestamp());
                        using (await http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken))
                        {
                            // The first ones are not counted.
                            if (i >= 50)
                            {
                                took.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                                allocated += GC.GetTotalAllocatedBytes(true) - before;
                            }
                        }
                    }

                    took.Sort();
                    Console.WriteLine(
                        JsonSerializer.Serialize(
                            new
                            {
                                what = name,
                                medianMilliseconds = Math.Round(took[took.Count / 2], 3),
                                p99 = Math.Round(took[took.Count * 99 / 100], 3),
                                kilobytesAllocated = Math.Round(allocated / 1024.0 / took.Count, 1),
                            }
                        )
                    );
                }

                return 0;
            }
        );
        return command;
    }
}
