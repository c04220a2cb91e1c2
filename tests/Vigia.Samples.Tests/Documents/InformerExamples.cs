using System.Text;
using Vigia.Controllers;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Samples.Tests.Documents;

/// <summary>
/// The code of the Informers package's README and of docs/from-client-go.md: compiled here, run by
/// <see cref="ExampleTests"/>, and the same there, character by character.
/// </summary>
internal static class InformerExamples
{
    public static async Task FollowAsync(TextWriter output, CancellationToken cancellationToken)
    {
        #region follow
        // As kubectl finds it: $KUBECONFIG, ~/.kube/config, the pod's service account.
        await using var cluster = SharedInformerFactory.FromKubeconfig();
        var pods = cluster.ForResource(KnownResources.Pods, new() { Namespace = "shop" });
        cluster.Start();
        await foreach (var step in pods.FollowAsync(cancellationToken))
        {
            foreach (var delta in step.Deltas)
            {
                output.WriteLine($"{delta.Kind} {delta.Object.Name}"); // Added web-1, Updated web-1, Deleted web-1
            }

            if (!step.Freshness.IsLive)
            {
                output.WriteLine($"stale since {step.Freshness.Since:T}: {step.Freshness.Reason}");
            }
        }
        #endregion
    }

    public static async Task CountAsync()
    {
        #region count
        await using var cluster = SharedInformerFactory.FromKubeconfig();
        var pods = cluster.ForResource(KnownResources.Pods);
        pods.AddHandler(new ResourceEventHandlerFuncs { OnUpdate = (old, pod) => Console.WriteLine($"{pod.Key} {pod.ResourceVersion}") });
        cluster.Start();
        await pods.WhenSynced;
        Console.WriteLine($"{pods.Store.Count} pods, {pods.Store.List("kube-system").Count} in kube-system, live: {pods.Freshness.IsLive}");
        #endregion
    }

    public static async Task HandleAsync(TextWriter output, CancellationToken cancellationToken)
    {
        #region handlers
        await using var cluster = SharedInformerFactory.FromKubeconfig();
        var pods = cluster.ForResource(KnownResources.Pods);
        var registration = pods.AddHandler(
            new ResourceEventHandlerFuncs
            {
                OnAdd = (pod, isInInitialList) => output.WriteLine($"+ {pod.Key}"),
                OnUpdate = (old, pod) => output.WriteLine($"~ {pod.Key}"),
                OnDelete = (pod, isFinalStateUnknown) => output.WriteLine($"- {pod.Key}"),
            }
        );
        cluster.Start();
        foreach (var (resource, reason) in await cluster.WaitForSyncAsync(cancellationToken))
        {
            output.WriteLine($"{resource} has not synced: {reason}");
        }
        #endregion
        await registration.WhenSynced;
    }

    public static async Task ReadAsync(SharedInformerFactory cluster, TextWriter output)
    {
        #region lister
        var pods = cluster.ForResource(KnownResources.Pods);
        pods.Store.AddIndexer("node", pod => [NodeOf(pod)]); // at any time, also when thousands are held already
        pods.Start();
        await pods.WhenSynced;

        var one = pods.Store.Get(new ObjectKey("shop", "web-1")); // null where there is none
        var all = pods.Store.List(); // a snapshot: O(1), never changes, blocks nobody
        var here = pods.Store.List("shop");
        var labelled = new Lister(pods.Store, "shop").List(LabelSelector.Parse("app in (web, api)").Matches);
        var onNode = pods.Store.ByIndex("node", "node-7");
        #endregion
        output.WriteLine($"{one?.Name} {all.Count} {here.Count} {labelled.Count} {onNode.Count}");
    }

    public static async Task TypedAsync(SharedInformerFactory cluster, TextWriter output, CancellationToken cancellationToken)
    {
        #region typed
        var deployments = cluster.ForResource(KnownResources.Deployments);
        var registration = deployments.AddHandler(
            Models.Default.Deployment,
            new()
            {
                OnUpdate = (old, current) =>
                    output.WriteLine($"{current.Key}: {old?.Value.Spec.Replicas} -> {current.Value.Spec.Replicas}"),
            }
        );
        deployments.Start();
        // The handler has been given the first list; deployments.WhenSynced: the store has it.
        await registration.WhenSynced.WaitAsync(cancellationToken);
        foreach (var deployment in deployments.Store.As(Models.Default.Deployment).InNamespace("shop").List())
        {
            output.WriteLine($"{deployment.Spec.Replicas}");
        }
        #endregion
    }

    public static async Task OtherInformersAsync(SharedInformerFactory cluster, KubernetesClient client)
    {
        #region others
        var anything = cluster.ForResource(GroupVersionResource.Parse("widgets.v1.example.com")); // custom resources need no type
        var secrets = cluster.ForMetadata(KnownResources.Secrets); // names and labels, no contents: 0.4 KB each
        var mine = cluster.ForResource(KnownResources.Pods, new() { Namespace = "shop", LabelSelector = "app=web" });
        var lean = cluster.ForResource(KnownResources.ConfigMaps, options: new() { Transform = Transforms.Without("data", "binaryData") });
        await using var alone = new SharedInformer(new ResourceListerWatcher(client, "prod", KnownResources.Nodes)); // without a factory
        #endregion
        Assert.Equal(4, new[] { anything, secrets, mine, lean }.Distinct().Count());
    }

    public static async Task ControlAsync(SharedInformerFactory cluster, CancellationToken cancellationToken)
    {
        #region controller
        var replicaSets = cluster.ForResource(KnownResources.ReplicaSets);
        var pods = cluster.ForResource(KnownResources.Pods);
        var controller = new ControllerBuilder<ObjectKey>("labels")
            .For(replicaSets)
            .Owns(pods, group: "apps", kind: "ReplicaSet")
            .Build(ReconcileAsync, new() { Workers = 4 });
        await controller.RunAsync(cancellationToken); // starts the informers, waits for them, works, drains

        async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken stop)
        {
            if (replicaSets.Store.Get(key) is not { } set || set.Labels.TryGetValue("seen", out _))
            {
                return ReconcileResult.Done; // gone, or nothing to do; an exception means: again, later
            }

            await cluster.Client.MergePatchAsync(
                KnownResources.ReplicaSets,
                key,
                """{"metadata":{"labels":{"seen":"yes"}}}""",
                cancellationToken: stop
            );
            return ReconcileResult.RequeueAfter(TimeSpan.FromHours(1));
        }
        #endregion
    }

    public static async Task LeadAsync(KubernetesClient client, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        #region election
        var elector = new LeaderElector(
            new LeaseLock(client, "shop", "my-operator"),
            new() { Identity = $"{Environment.MachineName}-{Guid.NewGuid()}" }
        );
        await elector.RunAsync(work, cancellationToken); // waits for the lease, works while it holds it, gives it up when it ends
        #endregion
    }

    public static async Task RecordAsync(KubernetesClient client, RawObject pod)
    {
        #region events
        await using var events = new EventRecorder(new KubernetesEventSink(client), new() { Component = "my-operator" });
        events.Record(EventSubject.Of(pod), EventType.Warning, "TooSmall", "the pod has less memory than its cache");
        #endregion
    }

    private static string NodeOf(RawObject pod)
    {
        using var json = pod.Open();
        var text = Encoding.UTF8.GetString(json.Span);
        var at = text.IndexOf("\"nodeName\":\"", StringComparison.Ordinal);
        return at < 0 ? "" : text[(at + 12)..text.IndexOf('"', at + 12)];
    }
}
