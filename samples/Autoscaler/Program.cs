// Keeps deployments at so many replicas per node as their annotation says: autoscale.example.com/per-node: "2".
using System.Runtime.InteropServices;
using Autoscaler;
using Vigia.Controllers;
using Vigia.Informers;
using Vigia.Kubernetes;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

await using var cluster = SharedInformerFactory.FromKubeconfig();
await using var events = new EventRecorder(new KubernetesEventSink(cluster.Client), new() { Component = "autoscaler" });
var deployments = cluster.ForResource(KnownResources.Deployments);
var nodes = cluster.ForResource(KnownResources.Nodes);

var reconciler = new Reconciler(cluster.Client, deployments.Store, nodes.Store, events, Console.Out);
var controller = new ControllerBuilder<ObjectKey>("autoscaler")
    .For(deployments, where: Reconciler.Concerns)
    .Watches(nodes, _ => [Reconciler.AllNodes], where: Reconciler.ChangesCapacity)
    .Build(reconciler.ReconcileAsync, new() { Workers = 2, DrainTimeout = TimeSpan.FromSeconds(5) });
reconciler.Again = key => controller.Enqueue(key);
await controller.RunAsync(stop.Token);
Console.WriteLine("stopped");

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
