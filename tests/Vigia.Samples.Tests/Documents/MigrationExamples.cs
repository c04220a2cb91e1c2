using Vigia.Controllers;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Simulator;

namespace Vigia.Samples.Tests.Documents;

/// <summary>The right-hand sides of docs/from-client-go.md that are not in the packages' READMEs.</summary>
internal static class MigrationExamples
{
    public static async Task QueueAsync(SharedInformer pods, Func<RawObject?, Task> work, CancellationToken cancellationToken)
    {
        #region queue
        using var queue = new WorkQueue<ObjectKey>();
        await using var handler = pods.AddHandler(
            new ResourceEventHandlerFuncs
            {
                OnAdd = (pod, _) => queue.Add(pod.Key),
                OnUpdate = (_, pod) => queue.Add(pod.Key),
                OnDelete = (pod, _) => queue.Add(pod.Key),
            }
        );
        while (await queue.GetAsync(cancellationToken) is { } item)
        {
            using (item) // Done
            {
                try
                {
                    await work(pods.Store.Get(item.Key));
                    queue.Forget(item.Key);
                }
                catch (HttpRequestException)
                {
                    queue.AddRateLimited(item.Key);
                }
            }
        }
        #endregion
    }

    public static async Task TestAsync(Func<KubernetesClient, Task> runOperator)
    {
        #region test
        await using var cluster = await VigiaSimulator.StartAsync(); // milliseconds, in this process; kubectl and client-go may connect too
        await cluster.Objects.CreateAsync(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: { name: settings }
            """
        );
        var running = runOperator(cluster.Client);
        cluster.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Error,
                Code = 500,
                Verb = "patch",
                Count = 1,
            }
        );
        await cluster.Objects.WaitForAsync("configmap", "settings", o => (string?)o["data"]?["seen"] == "yes");
        #endregion
        await running;
    }

    public static IReadOnlyList<RawObject> List(SharedInformer pods)
    {
        #region namespaced
        return new Lister(pods.Store, "shop").List(labels => labels.TryGetValue("app", out var app) && app == "web");
        #endregion
    }
}
