using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>Nodes that stop answering and come back: the node controller's writes.</summary>
internal sealed class NodeLife(World world, Kubelet kubelet)
{
    /// <summary>
    /// A node stops answering: its pods are no longer ready, are taken away after a while, and go for good when it
    /// returns.
    /// </summary>
    public void Lose(NodeRecord node, double seconds)
    {
        if (!node.Ready)
        {
            return;
        }

        node.Ready = false;
        Write(node, ready: false);
        About(node, "NodeNotReady", $"Node {node.Name} status is now: NodeNotReady", "node-controller");
        foreach (var pod in On(node))
        {
            world.Events.Pod(pod, "NodeNotReady", "Node is not ready", "node-controller", warning: true);
            pod.Ready = false;
            pod.ReadyChangedAt = world.Now;
            kubelet.Write(pod);
        }

        // Pods tolerate a lost node for a while. Those of daemon sets do forever.
        world.After(
            seconds / 2,
            () =>
            {
                foreach (var pod in On(node).Where(p => world.Owner(p.OwnerUid)?.Gvr != BuiltInTypes.DaemonSets.Gvr))
                {
                    world.Events.Pod(pod, "TaintManagerEviction", $"Marking for deletion Pod {pod.Key}", "taint-eviction-controller");
                    world.Store.Delete(BuiltInTypes.Pods.Gvr, pod.Key);
                }
            }
        );
        world.After(seconds, () => Return(node));
    }

    private void Return(NodeRecord node)
    {
        if (!world.Nodes.ContainsKey(node.Name) || node.Ready)
        {
            return;
        }

        node.Ready = true;
        Write(node, ready: true);
        About(node, "NodeReady", $"Node {node.Name} status is now: NodeReady", "kubelet");
        foreach (var pod in On(node).Where(p => p is { Phase: "Running", Stage: ContainerStage.Running }))
        {
            kubelet.SetReady(pod, true);
        }
    }

    private List<PodRecord> On(NodeRecord node) => [.. world.PodList.Where(p => p.Node == node.Name && p.Active).OrderBy(p => p.Key)];

    private void Write(NodeRecord node, bool ready) =>
        world.Store.Mutate(
            BuiltInTypes.Nodes.Gvr,
            new ObjectKey("", node.Name),
            json =>
            {
                var now = Json.Time(world.Now);
                foreach (var condition in (json["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>())
                {
                    var type = Json.Text(condition["type"]);
                    condition["status"] = ready
                        ? type == "Ready"
                            ? "True"
                            : "False"
                        : "Unknown";
                    condition["reason"] = ready
                        ? type == "Ready"
                            ? "KubeletReady"
                            : "KubeletHas"
                                + (
                                    type == "DiskPressure"
                                        ? "NoDiskPressure"
                                        : "Sufficient" + type.Replace("Pressure", "", StringComparison.Ordinal)
                                )
                        : "NodeStatusUnknown";
                    condition["message"] = ready ? "kubelet is posting ready status" : "Kubelet stopped posting node status.";
                    condition["lastTransitionTime"] = now;
                    if (ready)
                    {
                        condition["lastHeartbeatTime"] = now;
                    }
                }
            },
            ready ? "kubelet" : "kube-controller-manager",
            "status"
        );

    private void About(NodeRecord node, string reason, string message, string component) =>
        world.Events.Record("Node", "v1", new ObjectKey("", node.Name), node.Name, reason, message, component, host: node.Name);
}
