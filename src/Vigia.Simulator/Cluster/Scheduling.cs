using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>
/// Follows pods and nodes: binds new pods to a node, hands them to their kubelet, and removes pods from a lost node.
/// </summary>
internal sealed class Scheduling
{
    private readonly World _world;
    private readonly Kubelet _kubelet;
    private int _nextIndex;

    public Scheduling(World world, Kubelet kubelet)
    {
        _world = world;
        _kubelet = kubelet;
        world.Changed = OnChanged;
    }

    /// <summary>The pod whose Added change is on its way: seeding has already handled it.</summary>
    public void Adopt(PodRecord pod)
    {
        _world.Add(pod);
        if (_world.Nodes.TryGetValue(pod.Node, out var node))
        {
            node.Pods++;
        }
    }

    public void OnChanged(StoreChange change)
    {
        var gvr = change.Item.Type.Gvr;
        if (gvr == BuiltInTypes.Pods.Gvr)
        {
            OnPod(change);
        }
        else if (gvr == BuiltInTypes.Nodes.Gvr)
        {
            OnNode(change);
        }
    }

    private void OnPod(StoreChange change)
    {
        var item = change.Item;
        var known = _world.Pods.GetValueOrDefault(item.Key);
        if (known is not null && known.Uid != item.Uid)
        {
            _world.Remove(known);
            known = null;
        }

        if (change.Kind == ChangeKind.Deleted)
        {
            if (known is not null)
            {
                _world.Remove(known);
                _world.TouchOwner(known.OwnerUid);
            }

            return;
        }

        var pod = known ?? Know(item);
        if (item.Field("spec.nodeName") is { Length: > 0 } node && pod.Node.Length == 0)
        {
            pod.Node = node;
            if (_world.Nodes.TryGetValue(node, out var on))
            {
                on.Pods++;
            }

            _kubelet.Take(pod);
        }

        if (item.IsDeleting && !pod.Deleting)
        {
            pod.Deleting = true;
            _world.TouchOwner(pod.OwnerUid);
            _kubelet.Terminate(pod);
        }
    }

    private PodRecord Know(StoredObject item)
    {
        var pod = new PodRecord
        {
            Key = item.Key,
            Uid = item.Uid,
            OwnerUid = item.OwnerUids.Count > 0 ? item.OwnerUids[0] : "",
            Hash =
                item.Labels.TryGetValue("controller-revision-hash", out var hash) || item.Labels.TryGetValue("pod-template-hash", out hash)
                    ? hash
                    : "",
            Created = _world.Now,
            Phase = item.Field("status.phase") is { Length: > 0 } phase ? phase : "Pending",
        };
        _world.Add(pod);
        _world.TouchOwner(pod.OwnerUid);
        if (item.Field("spec.nodeName") is not { Length: > 0 })
        {
            _world.After(_world.Between(0.01, 0.15), pod, () => Bind(pod));
        }

        return pod;
    }

    private void Bind(PodRecord pod)
    {
        if (pod.Node.Length > 0 || _world.Store.Get(BuiltInTypes.Pods.Gvr, pod.Key) is not { } item)
        {
            return;
        }

        var spec = item.ToJson()["spec"] as JsonObject ?? [];
        var pinned = Json.Text(
            spec["affinity"]
                ?["nodeAffinity"]
                ?["requiredDuringSchedulingIgnoredDuringExecution"]
                ?["nodeSelectorTerms"]
                ?[0]
                ?["matchFields"]
                ?[0]
                ?["values"]
                ?[0]
        );
        if (Choose(pinned) is not { } node)
        {
            if (pod.Reason != "Unschedulable")
            {
                pod.Reason = "Unschedulable";
                _world.Events.Pod(
                    pod,
                    "FailedScheduling",
                    "0 nodes are available: no node is ready and schedulable.",
                    "default-scheduler",
                    warning: true
                );
                _kubelet.Write(pod);
            }

            _world.After(5, pod, () => Bind(pod));
            return;
        }

        var scheduled = new JsonObject
        {
            ["type"] = "PodScheduled",
            ["status"] = "True",
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = Json.Time(_world.Now),
        };
        _world.Store.Mutate(
            BuiltInTypes.Pods.Gvr,
            pod.Key,
            json =>
            {
                Json.Child(json, "spec")["nodeName"] = node.Name;
                var status = Json.Child(json, "status");
                status["phase"] = "Pending";
                status["conditions"] = new JsonArray(scheduled);
            },
            "kube-scheduler"
        );
        _world.Events.Pod(pod, "Scheduled", $"Successfully assigned {pod.Key} to {node.Name}", "default-scheduler");
    }

    /// <summary>Of three ready nodes picked by chance, the emptiest.</summary>
    private NodeRecord? Choose(string pinned)
    {
        if (pinned.Length > 0)
        {
            return _world.Nodes.TryGetValue(pinned, out var only) && only.Ready ? only : null;
        }

        var open = _world.Nodes.Values.Where(n => n is { Ready: true, Unschedulable: false, ControlPlane: false }).ToList();
        if (open.Count == 0)
        {
            open = [.. _world.Nodes.Values.Where(n => n is { Ready: true, Unschedulable: false })];
        }

        return open.Count == 0 ? null : Enumerable.Range(0, 3).Select(_ => _world.Pick(open)).MinBy(n => n.Pods);
    }

    private void OnNode(StoreChange change)
    {
        var item = change.Item;
        foreach (var set in _world.Store.List(BuiltInTypes.DaemonSets.Gvr))
        {
            if (change.Kind != ChangeKind.Modified)
            {
                _world.Touch(BuiltInTypes.DaemonSets.Gvr, set.Key);
            }
        }

        if (change.Kind == ChangeKind.Deleted)
        {
            _world.Nodes.Remove(item.Key.Name);
            foreach (var pod in _world.PodList.Where(p => p.Node == item.Key.Name).ToList())
            {
                _world.After(
                    _world.Between(1, 5),
                    pod,
                    () => _world.Store.Delete(BuiltInTypes.Pods.Gvr, pod.Key, new DeletionOptions { GracePeriodSeconds = 0 })
                );
            }

            return;
        }

        var json = item.ToJson();
        if (!_world.Nodes.TryGetValue(item.Key.Name, out var node))
        {
            node = new NodeRecord
            {
                Name = item.Key.Name,
                Index = _nextIndex++,
                ReadySince = _world.Now,
            };
            _world.Nodes.Add(node.Name, node);
        }

        node.Unschedulable = json["spec"]?["unschedulable"] is JsonValue value && value.TryGetValue(out bool cordoned) && cordoned;
        node.ControlPlane = item.Labels.TryGetValue("node-role.kubernetes.io/control-plane", out _);
        var conditions = (json["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>();
        node.Ready = !conditions.Any(c => Json.Text(c["type"]) == "Ready" && Json.Text(c["status"]) != "True");
        node.Address = Json.Text((json["status"]?["addresses"] as JsonArray)?.FirstOrDefault()?["address"]);
    }
}
