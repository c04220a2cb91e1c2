using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>
/// Rolls deployments out: one replica set per template, moved from old to new within maxSurge and maxUnavailable.
/// </summary>
internal sealed class DeploymentController
{
    private const string Manager = "kube-controller-manager";
    private const string Component = "deployment-controller";
    private const string Revision = "deployment.kubernetes.io/revision";
    private readonly World _world;

    public DeploymentController(World world)
    {
        _world = world;
        world.On(BuiltInTypes.Deployments.Gvr, Reconcile);
    }

    /// <summary>A replica set of a deployment's template.</summary>
    public static JsonObject MakeReplicaSet(StoredObject deployment, JsonObject json, string hash, int revision, int replicas)
    {
        var template = json["spec"]!["template"]!.DeepClone().AsObject();
        var labels = Json.Child(Json.Child(template, "metadata"), "labels");
        labels["pod-template-hash"] = hash;
        var selector = json["spec"]!["selector"]!.DeepClone().AsObject();
        Json.Child(selector, "matchLabels")["pod-template-hash"] = hash;
        return new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{deployment.Key.Name}-{hash}",
                ["namespace"] = deployment.Key.Namespace,
                ["labels"] = labels.DeepClone(),
                ["annotations"] = new JsonObject
                {
                    ["deployment.kubernetes.io/desired-replicas"] = Json.Int(json["spec"]!["replicas"], 1)
                        .ToString(CultureInfo.InvariantCulture),
                    [Revision] = revision.ToString(CultureInfo.InvariantCulture),
                },
                ["ownerReferences"] = PodMaker.OwnedBy(deployment),
            },
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas,
                ["selector"] = selector,
                ["template"] = template,
            },
            ["status"] = new JsonObject { ["replicas"] = 0 },
        };
    }

    private sealed record Part(StoredObject Item, int Wanted, int Revision, IReadOnlyList<PodRecord> Pods)
    {
        public int Count => Pods.Count;

        public int Available => Pods.Count(p => p.Ready);
    }

    private void Reconcile(ObjectKey key)
    {
        if (_world.Store.Get(BuiltInTypes.Deployments.Gvr, key) is not { IsDeleting: false } item)
        {
            return;
        }

        var json = item.ToJson();
        var spec = Json.Child(json, "spec");
        var wanted = Json.Int(spec["replicas"], 1);
        var hash = Json.Hash(spec["template"]);
        var parts = _world.ChildrenOf(item.Uid, BuiltInTypes.ReplicaSets.Gvr).Where(s => !s.IsDeleting).Select(Read).ToList();
        var current = parts.Find(p => p.Item.Labels.TryGetValue("pod-template-hash", out var of) && of == hash);
        var paused = spec["paused"]?.GetValueKind() == System.Text.Json.JsonValueKind.True;
        var last = parts.Select(p => p.Revision).DefaultIfEmpty(0).Max();
        if (current is null && !paused)
        {
            var made = _world.Store.Create(BuiltInTypes.ReplicaSets.Gvr, MakeReplicaSet(item, json, hash, last + 1, 0), Manager);
            current = new Part(made, 0, last + 1, []);
            parts.Add(current);
        }
        else if (current is not null && current.Revision < last)
        {
            // A rollback: the old replica set becomes the newest revision.
            current = current with
            {
                Revision = last + 1,
            };
            var text = current.Revision.ToString(CultureInfo.InvariantCulture);
            _world.Store.Mutate(
                BuiltInTypes.ReplicaSets.Gvr,
                current.Item.Key,
                o => Json.Child(Json.Child(o, "metadata"), "annotations")[Revision] = text,
                Manager
            );
        }

        var old = parts.Where(p => p != current && p.Item.Uid != current?.Item.Uid).OrderBy(p => p.Revision).ToList();
        if (current is not null)
        {
            if (Json.Text(spec["strategy"]?["type"]) == "Recreate")
            {
                Recreate(item, current, old, wanted);
            }
            else
            {
                Roll(item, spec, current, old, wanted);
            }

            var revision = current.Revision.ToString(CultureInfo.InvariantCulture);
            if (Json.Text(json["metadata"]?["annotations"]?[Revision]) != revision)
            {
                _world.Store.Mutate(
                    BuiltInTypes.Deployments.Gvr,
                    key,
                    o => Json.Child(Json.Child(o, "metadata"), "annotations")[Revision] = revision,
                    Manager
                );
            }
        }

        Clean(spec, old);
        WriteStatus(key, json, current, old, wanted);
    }

    private Part Read(StoredObject item)
    {
        var json = item.ToJson();
        _ = int.TryParse(
            Json.Text(json["metadata"]?["annotations"]?[Revision]),
            NumberStyles.Integer,
            CultureInfo.InvariantCulture,
            out var revision
        );
        return new Part(item, Json.Int(json["spec"]?["replicas"], 1), revision, [.. _world.PodsOf(item.Uid).Where(p => p.Active)]);
    }

    private void Recreate(StoredObject item, Part current, List<Part> old, int wanted)
    {
        foreach (var part in old.Where(p => p.Wanted > 0))
        {
            Scale(item, part, 0);
        }

        if (old.TrueForAll(p => _world.PodsOf(p.Item.Uid).All(pod => pod.Phase is "Succeeded" or "Failed")) && current.Wanted != wanted)
        {
            Scale(item, current, wanted);
        }
    }

    private void Roll(StoredObject item, JsonObject spec, Part current, List<Part> old, int wanted)
    {
        var rolling = spec["strategy"]?["rollingUpdate"];
        var surge = Share(rolling?["maxSurge"], wanted, up: true);
        var unavailable = Share(rolling?["maxUnavailable"], wanted, up: false);
        if (surge == 0 && unavailable == 0)
        {
            unavailable = 1;
        }

        var total = current.Wanted + old.Sum(p => p.Wanted);
        var target = current.Wanted;
        if (current.Wanted > wanted)
        {
            target = wanted;
        }
        else if (current.Wanted < wanted)
        {
            var room = old.Sum(p => p.Wanted) == 0 ? wanted - current.Wanted : Math.Max(0, wanted + surge - total);
            target = Math.Min(wanted, current.Wanted + room);
        }

        if (target != current.Wanted)
        {
            Scale(item, current, target);
        }

        // How many old pods may go: available pods never fall below wanted - maxUnavailable, counting the pods that the
        // new set still lacks.
        var least = wanted - unavailable;
        var spare = total - least - (current.Wanted - Math.Min(current.Wanted, current.Available));
        foreach (var part in old.Where(p => p.Wanted > 0))
        {
            var sick = Math.Min(Math.Max(0, spare), Math.Max(0, part.Wanted - part.Available));
            var well = Math.Min(Math.Max(0, spare - sick), part.Wanted - sick);
            if (sick + well > 0)
            {
                Scale(item, part, part.Wanted - sick - well);
                spare -= sick + well;
            }
        }
    }

    private void Scale(StoredObject deployment, Part part, int to)
    {
        _world.Store.Mutate(BuiltInTypes.ReplicaSets.Gvr, part.Item.Key, o => Json.Child(o, "spec")["replicas"] = to, Manager);
        _world.Events.About(
            deployment,
            "ScalingReplicaSet",
            $"Scaled {(to > part.Wanted ? "up" : "down")} replica set {part.Item.Key.Name} from {part.Wanted} to {to}",
            Component
        );
    }

    private void Clean(JsonObject spec, List<Part> old)
    {
        var keep = Json.Int(spec["revisionHistoryLimit"], 10);
        var empty = old.Where(p => p is { Wanted: 0, Count: 0 }).ToList();
        foreach (var part in empty.Take(Math.Max(0, empty.Count - keep)))
        {
            _world.Store.Delete(BuiltInTypes.ReplicaSets.Gvr, part.Item.Key);
        }
    }

    private void WriteStatus(ObjectKey key, JsonObject json, Part? current, List<Part> old, int wanted)
    {
        var all = old.Sum(p => p.Count) + (current?.Count ?? 0);
        var available = old.Sum(p => p.Available) + (current?.Available ?? 0);
        var updated = current?.Count ?? 0;
        var spec = json["spec"]!;
        var most = Share(spec["strategy"]?["rollingUpdate"]?["maxUnavailable"], wanted, up: false);
        var complete = current is not null && updated == wanted && all == wanted && current.Available >= wanted;
        var generation = Json.Int(json["metadata"]?["generation"], 1);
        var now = _world.Now;
        var name = current?.Item.Key.Name ?? key.Name;
        _world.Store.Mutate(
            BuiltInTypes.Deployments.Gvr,
            key,
            o =>
            {
                var status = Json.Child(o, "status");
                status["observedGeneration"] = generation;
                Json.Count(status, "replicas", all);
                Json.Count(status, "updatedReplicas", updated);
                Json.Count(status, "readyReplicas", available);
                Json.Count(status, "availableReplicas", available);
                Json.Count(status, "unavailableReplicas", Math.Max(0, Math.Max(all, wanted) - available));
                var enough = available >= wanted - most;
                Json.Condition(
                    status,
                    "Available",
                    enough,
                    enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                    enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
                    now
                );
                Json.Condition(
                    status,
                    "Progressing",
                    true,
                    complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                    $"ReplicaSet \"{name}\" {(complete ? "has successfully progressed." : "is progressing.")}",
                    now
                );
            },
            Manager,
            "status"
        );
    }

    private static int Share(JsonNode? value, int of, bool up)
    {
        if (value is JsonValue number && number.TryGetValue(out int count))
        {
            return count;
        }

        var text = Json.Text(value);
        if (
            !text.EndsWith('%')
            || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.Integer, CultureInfo.InvariantCulture, out var percent)
        )
        {
            percent = 25;
        }

        return up ? ((of * percent) + 99) / 100 : of * percent / 100;
    }
}
