// Prints the pods of a cluster (or of the namespace that is named) and then every change of them, until Ctrl-C.
using Vigia.Informers;
using Vigia.Kubernetes;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

// By kubectl's rules: $KUBECONFIG, ~/.kube/config, the pod's service account.
await using var cluster = SharedInformerFactory.FromKubeconfig();
var pods = cluster.ForResource(KnownResources.Pods, new() { Namespace = args.FirstOrDefault() });
cluster.Start();
Freshness? shown = null;
try
{
    await foreach (var step in pods.FollowAsync(stop.Token))
    {
        foreach (var pod in step.Snapshot)
            Console.WriteLine($"Held    {pod.Key}");

        foreach (var delta in step.Deltas)
            Console.WriteLine($"{delta.Kind, -7} {delta.Object.Key} by {delta.Object.LastChange?.Manager ?? "?"}");

        if (step.Freshness != shown)
            Console.Error.WriteLine(
                step.Freshness.IsLive
                    ? $"# live, {pods.Store.Count} pods"
                    : $"# not live since {step.Freshness.Since:T}: {step.Freshness.Reason}"
            );
        shown = step.Freshness;
    }
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("# stopped");
}
