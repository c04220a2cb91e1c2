using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>Keeps the desired number of pods of a replica set.</summary>
internal sealed class ReplicaSetController
{
    private const string Manager = "kube-controller-manager";
    private readonly World _world;

    public ReplicaSetController(World world)
    {
        _world = world;
        world.On(BuiltInTypes.ReplicaSets.Gvr, Reconcile);
    }

    private void Reconcile(ObjectKey key)
    {
        if (_world.Store.Get(BuiltInTypes.ReplicaSets.Gvr, key) is not { IsDeleting: false } item)
        {
            return;
        }

        var set = item.ToJson();
        var wanted = Json.Int(set["spec"]?["replicas"], 1);
        var pods = _world.PodsOf(item.Uid).Where(p => p.Active).ToList();
        if (pods.Count < wanted && set["spec"]?["template"] is JsonObject template)
        {
            for (var i = pods.Count; i < wanted; i++)
            {
                var pod = _world.Store.Create(BuiltInTypes.Pods.Gvr, PodMaker.Make(template, item, null, key.Name + "-"), Manager);
                _world.Events.About(item, "SuccessfulCreate", $"Created pod: {pod.Key.Name}", "replicaset-controller");
            }
        }
        else if (pods.Count > wanted)
        {
            // Pods that are not ready go first, then the youngest.
            foreach (
                var pod in pods.OrderBy(p => p.Node.Length > 0)
                    .ThenBy(p => p.Ready)
                    .ThenByDescending(p => p.Created)
                    .ThenBy(p => p.Key)
                    .Take(pods.Count - wanted)
            )
            {
                _world.Store.Delete(BuiltInTypes.Pods.Gvr, pod.Key);
                _world.Events.About(item, "SuccessfulDelete", $"Deleted pod: {pod.Key.Name}", "replicaset-controller");
            }
        }

        var ready = pods.Count(p => p.Ready);
        var generation = Json.Int(set["metadata"]?["generation"], 1);
        _world.Store.Mutate(
            BuiltInTypes.ReplicaSets.Gvr,
            key,
            json =>
            {
                var status = Json.Child(json, "status");
                status["replicas"] = pods.Count;
                Json.Count(status, "fullyLabeledReplicas", pods.Count);
                Json.Count(status, "readyReplicas", ready);
                Json.Count(status, "availableReplicas", ready);
                status["observedGeneration"] = generation;
            },
            Manager,
            "status"
        );
    }
}
