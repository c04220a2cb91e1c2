using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>Keeps one pod of a daemon set on every node.</summary>
internal sealed class DaemonSetController
{
    private const string Manager = "kube-controller-manager";
    private readonly World _world;

    // The node of a pod: it is in its affinity, which is not read again.
    private readonly Dictionary<string, string> _target = new(StringComparer.Ordinal);

    public DaemonSetController(World world)
    {
        _world = world;
        world.On(BuiltInTypes.DaemonSets.Gvr, Reconcile);
    }

    /// <summary>A daemon set's template, bound to one node.</summary>
    public static JsonObject For(JsonObject template, string node)
    {
        var copy = template.DeepClone().AsObject();
        var spec = Json.Child(copy, "spec");
        Json.Child(spec, "affinity")["nodeAffinity"] = Json.Parse(
            $$$$"""
            {"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"In",
            "values":["{{{{node}}}}"]}]}]} }
            """
        );
        return copy;
    }

    private void Reconcile(ObjectKey key)
    {
        if (_world.Store.Get(BuiltInTypes.DaemonSets.Gvr, key) is not { IsDeleting: false } item)
        {
            return;
        }

        var json = item.ToJson();
        var spec = Json.Child(json, "spec");
        var template = Json.Child(spec, "template");
        var hash = Json.Hash(template);
        var pods = _world.PodsOf(item.Uid).ToList();
        var byNode = new Dictionary<string, PodRecord>(StringComparer.Ordinal);
        foreach (var pod in pods.Where(p => !p.Deleting))
        {
            if (pod.Phase is "Failed" or "Succeeded")
            {
                _world.Store.Delete(BuiltInTypes.Pods.Gvr, pod.Key, new DeletionOptions { GracePeriodSeconds = 0 });
                continue;
            }

            var on = pod.Node.Length > 0 ? pod.Node : _target.GetValueOrDefault(pod.Uid, "");
            if (!_world.Nodes.ContainsKey(on) || !byNode.TryAdd(on, pod))
            {
                _world.Store.Delete(BuiltInTypes.Pods.Gvr, pod.Key);
            }
        }

        foreach (var node in _world.Nodes.Values.Where(n => n.Ready && !byNode.ContainsKey(n.Name)).ToList())
        {
            if (pods.Exists(p => p.Deleting && p.Node == node.Name))
            {
                continue; // its place is taken until it has gone
            }

            var made = _world.Store.Create(
                BuiltInTypes.Pods.Gvr,
                PodMaker.Make(
                    For(template, node.Name),
                    item,
                    null,
                    key.Name + "-",
                    ("controller-revision-hash", hash),
                    ("pod-template-generation", "1")
                ),
                Manager
            );
            _target[made.Uid] = node.Name;
            _world.Events.About(item, "SuccessfulCreate", $"Created pod: {made.Key.Name}", "daemonset-controller");
        }

        var here = byNode.Values.ToList();
        if (
            Json.Text(spec["updateStrategy"]?["type"]) != "OnDelete"
            && here.Count == _world.Nodes.Count
            && here.TrueForAll(p => p.Ready)
            && here.Where(p => p.Hash != hash).MinBy(p => p.Key) is { } stale
        )
        {
            _world.Store.Delete(BuiltInTypes.Pods.Gvr, stale.Key);
            _world.Events.About(item, "SuccessfulDelete", $"Deleted pod: {stale.Key.Name}", "daemonset-controller");
            here.Remove(stale);
        }

        foreach (
            var uid in _target
                .Keys.Where(u => !_world.PodsOf(item.Uid).Any(p => p.Uid == u && p.Node.Length == 0) && pods.Exists(p => p.Uid == u))
                .ToList()
        )
        {
            _target.Remove(uid);
        }

        var generation = Json.Int(json["metadata"]?["generation"], 1);
        var (wanted, ready) = (_world.Nodes.Count, here.Count(p => p.Ready));
        _world.Store.Mutate(
            BuiltInTypes.DaemonSets.Gvr,
            key,
            o =>
            {
                var status = Json.Child(o, "status");
                status["currentNumberScheduled"] = here.Count;
                status["numberMisscheduled"] = 0;
                status["desiredNumberScheduled"] = wanted;
                status["numberReady"] = ready;
                status["observedGeneration"] = generation;
                Json.Count(status, "updatedNumberScheduled", here.Count(p => p.Hash == hash));
                Json.Count(status, "numberAvailable", ready);
                Json.Count(status, "numberUnavailable", wanted - ready);
            },
            Manager,
            "status"
        );
    }
}
