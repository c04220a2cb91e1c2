using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>
/// Keeps the pods of a stateful set: one after the other by number, and from the last to the first when they are
/// replaced.
/// </summary>
internal sealed class StatefulSetController
{
    private const string Manager = "kube-controller-manager";
    private readonly World _world;

    public StatefulSetController(World world)
    {
        _world = world;
        world.On(BuiltInTypes.StatefulSets.Gvr, Reconcile);
    }

    private void Reconcile(ObjectKey key)
    {
        if (_world.Store.Get(BuiltInTypes.StatefulSets.Gvr, key) is not { IsDeleting: false } item)
        {
            return;
        }

        var json = item.ToJson();
        var spec = Json.Child(json, "spec");
        var template = Json.Child(spec, "template");
        var wanted = Json.Int(spec["replicas"], 1);
        var revision = $"{key.Name}-{Json.Hash(template)}";
        var all = _world.PodsOf(item.Uid);
        var pods = all.Where(p => !p.Deleting).ToDictionary(p => Ordinal(p.Key.Name));
        var parallel = Json.Text(spec["podManagementPolicy"]) == "Parallel";
        NoteRevision(item, template, revision);

        // A pod that ended goes, and comes back under its name.
        foreach (var (_, pod) in pods.Where(p => p.Value.Phase is "Failed" or "Succeeded").ToList())
        {
            _world.Store.Delete(BuiltInTypes.Pods.Gvr, pod.Key, new DeletionOptions { GracePeriodSeconds = 0 });
        }

        for (var i = 0; i < wanted; i++)
        {
            if (!pods.TryGetValue(i, out var pod))
            {
                var name = $"{key.Name}-{i.ToString(CultureInfo.InvariantCulture)}";
                if (!_world.Pods.ContainsKey(new(key.Namespace, name)))
                {
                    Claim(item, spec, name);
                    _world.Store.Create(
                        BuiltInTypes.Pods.Gvr,
                        PodMaker.Make(
                            template,
                            item,
                            name,
                            null,
                            ("controller-revision-hash", revision),
                            ("statefulset.kubernetes.io/pod-name", name),
                            ("apps.kubernetes.io/pod-index", i.ToString(CultureInfo.InvariantCulture))
                        ),
                        Manager
                    );
                    _world.Events.About(
                        item,
                        "SuccessfulCreate",
                        $"create Pod {name} in StatefulSet {key.Name} successful",
                        "statefulset-controller"
                    );
                }

                if (!parallel)
                {
                    break;
                }
            }
            else if (!pod.Ready && !parallel)
            {
                break;
            }
        }

        var extra = pods.Values.Where(p => Ordinal(p.Key.Name) >= wanted).OrderByDescending(p => Ordinal(p.Key.Name)).ToList();
        foreach (
            var pod in parallel ? extra
            : all.Any(p => p.Deleting) ? []
            : extra.Take(1)
        )
        {
            _world.Store.Delete(BuiltInTypes.Pods.Gvr, pod.Key);
            _world.Events.About(
                item,
                "SuccessfulDelete",
                $"delete Pod {pod.Key.Name} in StatefulSet {key.Name} successful",
                "statefulset-controller"
            );
        }

        var inside = pods.Values.Where(p => Ordinal(p.Key.Name) < wanted).ToList();
        var partition = Json.Int(spec["updateStrategy"]?["rollingUpdate"]?["partition"]);
        if (
            extra.Count == 0
            && inside.Count == wanted
            && Json.Text(spec["updateStrategy"]?["type"]) != "OnDelete"
            && inside.Where(p => p.Hash != revision && Ordinal(p.Key.Name) >= partition).MaxBy(p => Ordinal(p.Key.Name)) is { } stale
            && inside.TrueForAll(p => p.Ready || p == stale)
        )
        {
            _world.Store.Delete(BuiltInTypes.Pods.Gvr, stale.Key);
            _world.Events.About(
                item,
                "SuccessfulDelete",
                $"delete Pod {stale.Key.Name} in StatefulSet {key.Name} successful",
                "statefulset-controller"
            );
            inside.Remove(stale);
        }

        WriteStatus(key, json, [.. pods.Values.Where(p => p.Active && !p.Deleting)], wanted, revision);
    }

    private void WriteStatus(ObjectKey key, JsonObject json, List<PodRecord> pods, int wanted, string revision)
    {
        var generation = Json.Int(json["metadata"]?["generation"], 1);
        var (ready, updated) = (pods.Count(p => p.Ready), pods.Count(p => p.Hash == revision));
        _world.Store.Mutate(
            BuiltInTypes.StatefulSets.Gvr,
            key,
            o =>
            {
                var status = Json.Child(o, "status");
                var current = Json.Text(status["currentRevision"]);
                if (current.Length == 0 || (updated == wanted && ready == wanted))
                {
                    current = revision;
                }

                status["observedGeneration"] = generation;
                status["replicas"] = pods.Count;
                Json.Count(status, "readyReplicas", ready);
                status["availableReplicas"] = ready;
                Json.Count(status, "updatedReplicas", updated);
                Json.Count(status, "currentReplicas", pods.Count(p => p.Hash == current));
                status["currentRevision"] = current;
                status["updateRevision"] = revision;
                status["collisionCount"] = 0;
            },
            Manager,
            "status"
        );
    }

    private void NoteRevision(StoredObject item, JsonObject template, string revision)
    {
        var known = _world.ChildrenOf(item.Uid, BuiltInTypes.ControllerRevisions.Gvr);
        if (known.Exists(r => r.Key.Name == revision))
        {
            return;
        }

        // The oldest go: ten are kept, as by default.
        foreach (var old in known.OrderBy(r => r.Revision).Take(Math.Max(0, known.Count - 9)))
        {
            _world.Store.Delete(BuiltInTypes.ControllerRevisions.Gvr, old.Key);
        }

        _world.Store.Create(BuiltInTypes.ControllerRevisions.Gvr, Revision(item, template, revision, known.Count + 1), Manager);
    }

    public static JsonObject Revision(StoredObject item, JsonObject template, string name, int number) =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = item.Key.Namespace,
                ["ownerReferences"] = PodMaker.OwnedBy(item),
            },
            ["revision"] = number,
            ["data"] = new JsonObject { ["spec"] = new JsonObject { ["template"] = template.DeepClone() } },
        };

    private void Claim(StoredObject item, JsonObject spec, string pod)
    {
        foreach (var claim in (spec["volumeClaimTemplates"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var key = new ObjectKey(item.Key.Namespace, $"{Json.Text(claim["metadata"]?["name"])}-{pod}");
            if (_world.Store.Get(BuiltInTypes.PersistentVolumeClaims.Gvr, key) is null)
            {
                var copy = claim.DeepClone().AsObject();
                copy["metadata"] = Seeding.Named(key.Name, key.Namespace);
                copy["status"] = new JsonObject { ["phase"] = "Pending" };
                _world.Store.Create(BuiltInTypes.PersistentVolumeClaims.Gvr, copy, Manager);
            }
        }
    }

    private static int Ordinal(string name) =>
        int.TryParse(name.AsSpan(name.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : int.MaxValue - 1;
}
