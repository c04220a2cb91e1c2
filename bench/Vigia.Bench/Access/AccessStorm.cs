using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Bench.Fanout;
using Vigia.Kubernetes;
using Vigia.Simulator;

namespace Vigia.Bench.Access;

/// <summary>
/// <c>access-storm</c>: what an honest caller notices while one without any right, and connections with wrong tokens,
/// do what they can; and what the API server and the gateway's memory notice.
/// </summary>
internal static class AccessStorm
{
    private static readonly GroupVersionResource Namespaces = new("", "v1", "namespaces");
    private static readonly GroupVersionResource Pods = new("", "v1", "pods");
    private static readonly string[] Resources =
    [
        "pods",
        "configmaps",
        "secrets",
        "services",
        "deployments",
        "replicasets",
        "daemonsets",
        "statefulsets",
        "jobs",
        "cronjobs",
        "events",
        "serviceaccounts",
        "persistentvolumeclaims",
        "ingresses",
        "nodes",
    ];

    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "How long.", DefaultValueFactory = _ => 60 };
        var wrong = new Option<int>("--wrong") { Description = "Connections that send wrong tokens.", DefaultValueFactory = _ => 1000 };
        var greedy = new Option<int>("--greedy")
        {
            Description = "Connections of the caller without rights.",
            DefaultValueFactory = _ => 16,
        };
        var namespaces = new Option<int>("--namespaces") { Description = "Namespaces with pods.", DefaultValueFactory = _ => 50 };
        var latency = new Option<int>("--latency")
        {
            Description = "Milliseconds that each review takes at the API server.",
            DefaultValueFactory = _ => 20,
        };
        var command = new Command("access-storm", "An honest caller among callers who do their worst.")
        {
            seconds,
            wrong,
            greedy,
            namespaces,
            latency,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var reviews = new Reviews();
                await using var cluster = await ClusterAsync(reviews, parsed.GetValue(namespaces), cancellationToken);
                using var gateway = Itself.Start(["access-serve", cluster.Url]);
                var url = new Uri((await gateway.StandardOutput.ReadLineAsync(cancellationToken))!);
                using var storm = new StormClients(url, Resources);
                await storm.ReadyAsync(cancellationToken);
                cluster.Faults.Add(
                    new Fault
                    {
                        Kind = FaultKind.Latency,
                        Verb = "create",
                        Latency = parsed.GetValue(latency),
                    }
                );

                // 1. Alone, so that there is something to compare with.
                var alone = await storm.HonestAsync(TimeSpan.FromSeconds(5), cancellationToken);
                var (before, heapBefore) = await BytesAsync(gateway, "collect", cancellationToken);
                var (tokensBefore, rightsBefore) = (reviews.Tokens, reviews.Rights);

                // 2. Among the others.
                using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var others = Enumerable
                    .Range(0, parsed.GetValue(wrong))
                    .Select(i => storm.WrongAsync(i, ending.Token))
                    .Concat(Enumerable.Range(0, parsed.GetValue(greedy)).Select(i => storm.GreedyAsync(i, ending.Token)))
                    .ToArray();
                var began = Stopwatch.GetTimestamp();
                var honest = storm.HonestAsync(TimeSpan.FromSeconds(parsed.GetValue(seconds)), cancellationToken);
                var (most, course) = (before, new List<long>());
                for (var round = 0; !honest.IsCompleted; round++)
                {
                    await Task.WhenAny(honest, Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, cancellationToken));
                    var (now, _) = await BytesAsync(gateway, "stat", cancellationToken);
                    most = Math.Max(most, now);
                    if (round % 20 == 19)
                    {
                        course.Add(now >> 20);
                    }
                }

                // What is held while all of them are connected, and when they have left.
                var (_, heapAmong) = await BytesAsync(gateway, "collect", cancellationToken);

                var among = await honest;
                var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
                await ending.CancelAsync();
                await Task.WhenAll(others);
                storm.Dispose();
                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, cancellationToken);
                var (after, heapAfter) = await BytesAsync(gateway, "collect", cancellationToken);
                gateway.StandardInput.Close();
                await gateway.WaitForExitAsync(cancellationToken);
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        new
                        {
                            seconds = Math.Round(took, 1),
                            alone,
                            among,
                            others = storm.Statuses.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(),
                            accessReviewsPerSecond = Math.Round((reviews.Rights - rightsBefore) / took, 1),
                            tokenReviewsPerSecond = Math.Round((reviews.Tokens - tokensBefore) / took, 1),
                            megabytesBefore = before >> 20,
                            megabytesMost = most >> 20,
                            megabytesEach10Seconds = course,
                            megabytesAfter = after >> 20,
                            heapBefore = heapBefore >> 20,
                            heapAmong = heapAmong >> 20,
                            heapAfter = heapAfter >> 20,
                        }
                    )
                );
                return 0;
            }
        );
        return command;
    }

    private static async Task<VigiaSimulator> ClusterAsync(Reviews reviews, int namespaces, CancellationToken cancellationToken)
    {
        var cluster = await VigiaSimulator.StartAsync(
            new SimulatorOptions
            {
                AnonymousRules = [],
                OnRequest = reviews.Hear,
                Users =
                [
                    SimulatedUser.Admin,
                    new()
                    {
                        Name = "anna",
                        Token = "anna-token",
                        Rules =
                        [
                            new PolicyRule
                            {
                                Verbs = ["get", "list", "watch"],
                                ApiGroups = [""],
                                Resources = ["pods"],
                                Namespaces = ["n0"],
                            },
                        ],
                    },
                    new() { Name = "nobody", Token = "nobody-token" },
                ],
            },
            cancellationToken
        );
        for (var i = 0; i < namespaces; i++)
        {
            var ns = string.Create(CultureInfo.InvariantCulture, $"n{i}");
            cluster.Store.Create(
                Namespaces,
                new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "Namespace",
                    ["metadata"] = new JsonObject { ["name"] = ns },
                },
                "bench"
            );
            cluster.Store.Create(
                Pods,
                new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "Pod",
                    ["metadata"] = new JsonObject { ["name"] = "p", ["namespace"] = ns },
                    ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i" }) },
                },
                "bench"
            );
        }

        return cluster;
    }

    private static async Task<(long Resident, long Heap)> BytesAsync(Process gateway, string how, CancellationToken cancellationToken)
    {
        await gateway.StandardInput.WriteLineAsync(how);
        await gateway.StandardInput.FlushAsync(cancellationToken);
        var words = (await gateway.StandardOutput.ReadLineAsync(cancellationToken))!.Split(' ');
        return (long.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture));
    }

    private sealed class Reviews
    {
        private int _tokens;
        private int _rights;

        public int Tokens => Volatile.Read(ref _tokens);

        public int Rights => Volatile.Read(ref _rights);

        public void Hear(string method, string target)
        {
            if (target.Contains("tokenreviews", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _tokens);
            }
            else if (target.Contains("subjectaccessreviews", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _rights);
            }
        }
    }
}
