using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;

namespace Vigia.Bench;

/// <summary>
/// <c>pods</c>: makes heavy pods on a cluster (with status, on nodes that it makes too, or the garbage collector would
/// take them), changes them at a rate, or removes them.
/// </summary>
internal static class PodsCommand
{
    private const int Nodes = 200;
    private const int Namespaces = 40;

    public static Command Create()
    {
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "The kubeconfig." };
        var context = new Option<string?>("--context") { Description = "The context." };
        var count = new Option<int>("--count") { Description = "Pods to make; those that exist stay.", DefaultValueFactory = _ => 10_000 };
        var rate = new Option<int>("--rate")
        {
            Description = "Then change so many per second, stamping bench/sent-at; 0 for none.",
            DefaultValueFactory = _ => 0,
        };
        var seconds = new Option<int>("--seconds") { Description = "For so long.", DefaultValueFactory = _ => 60 };
        var command = new Command("pods", "Makes heavy pods on a cluster for `informer` to measure.")
        {
            kubeconfig,
            context,
            count,
            rate,
            seconds,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                await using var client = new KubernetesClient(KubeconfigLoader.Load(parsed.GetValue(kubeconfig), parsed.GetValue(context)));
                await Parallel.ForAsync(
                    0,
                    Nodes,
                    cancellationToken,
                    async (i, ct) => await MakeAsync(client, "/api/v1/nodes", Named($"node-{i:000}"), ct)
                );
                await Parallel.ForAsync(
                    0,
                    Namespaces,
                    cancellationToken,
                    async (i, ct) => await MakeAsync(client, "/api/v1/namespaces", Named($"bench-{i:000}"), ct)
                );
                var made = 0;
                await Parallel.ForAsync(
                    0,
                    parsed.GetValue(count),
                    new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken },
                    async (i, ct) => Interlocked.Add(ref made, await PodAsync(client, i, ct) ? 1 : 0)
                );
                Console.WriteLine($"made {made} pods, {parsed.GetValue(count) - made} existed");
                await ChurnAsync(client, parsed.GetValue(count), parsed.GetValue(rate), parsed.GetValue(seconds), cancellationToken);
                return 0;
            }
        );
        return command;
    }

    private static string Named(string name) => new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }.ToJsonString();

    private static async Task<bool> PodAsync(KubernetesClient client, int index, CancellationToken cancellationToken)
    {
        var pod = Samples.Pod(index, 0);
        var metadata = pod["metadata"]!.AsObject();
        foreach (
            var member in new[]
            {
                "uid",
                "resourceVersion",
                "creationTimestamp",
                "managedFields",
                "generateName",
                "selfLink",
                "ownerReferences",
            }
        )
        {
            metadata.Remove(member);
        }

        var status = pod["status"]!.DeepClone();
        pod.Remove("status");
        pod["spec"]!["nodeName"] = string.Create(CultureInfo.InvariantCulture, $"node-{index % Nodes:000}");
        var path = $"/api/v1/namespaces/{metadata["namespace"]}/pods";
        if (!await MakeAsync(client, path, pod.ToJsonString(), cancellationToken))
        {
            return false;
        }

        await client.SendBytesAsync(
            HttpMethod.Patch,
            $"{path}/{metadata["name"]}/status",
            Encoding.UTF8.GetBytes(new JsonObject { ["status"] = status }.ToJsonString()),
            "application/strategic-merge-patch+json",
            cancellationToken
        );
        return true;
    }

    private static async Task ChurnAsync(KubernetesClient client, int count, int rate, int seconds, CancellationToken cancellationToken)
    {
        if (rate == 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / rate), TimeProvider.System);
        var pending = new List<Task>();
        for (var i = 0; i < rate * seconds && await timer.WaitForNextTickAsync(cancellationToken); i++)
        {
            var index = i * 7919 % count;
            var now = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
            var patch = Encoding.UTF8.GetBytes(
                new JsonObject
                {
                    ["metadata"] = new JsonObject
                    {
                        ["annotations"] = new JsonObject { ["bench/sent-at"] = now.ToString(CultureInfo.InvariantCulture) },
                    },
                }.ToJsonString()
            );
            pending.Add(
                client.SendBytesAsync(
                    HttpMethod.Patch,
                    $"/api/v1/namespaces/bench-{index % Namespaces:000}/pods/app-{index / 50:000}-{index:00000}",
                    patch,
                    "application/merge-patch+json",
                    cancellationToken
                )
            );
            pending.RemoveAll(task => task.IsCompletedSuccessfully);
        }

        await Task.WhenAll(pending);
    }

    private static async Task<bool> MakeAsync(KubernetesClient client, string path, string json, CancellationToken cancellationToken)
    {
        try
        {
            await client.SendBytesAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(json), ct: cancellationToken);
            return true;
        }
        catch (KubernetesApiException exists) when (exists.IsConflict)
        {
            return false;
        }
    }
}
