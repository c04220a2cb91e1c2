using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>
/// Runs Dask clusters as their operator does: a scheduler, worker groups, and a phase that goes Created, Pending,
/// Running.
/// </summary>
internal sealed class DaskOperator
{
    private const string Manager = "kopf";
    private readonly World _world;
    private readonly int _most;
    private readonly Dictionary<string, int> _told = new(StringComparer.Ordinal);
    private int _next;

    public DaskOperator(World world, int most)
    {
        _world = world;
        _most = most;
        world.On(BuiltInTypes.DaskClusters.Gvr, ReconcileCluster);
        world.On(BuiltInTypes.DaskWorkerGroups.Gvr, ReconcileGroup);
    }

    /// <summary>A user makes a cluster, gives one up, or an autoscaler changes its workers.</summary>
    public void Step()
    {
        var clusters = _world.Store.List(BuiltInTypes.DaskClusters.Gvr).Where(c => !c.IsDeleting).ToList();
        var chance = _world.Random.Next(10);
        if (clusters.Count == 0 || (chance < 2 && clusters.Count < _most))
        {
            Create();
        }
        else if (chance < 3 && clusters.Count > 1)
        {
            var cluster = _world.Pick(clusters);
            _told.Remove(cluster.Uid);
            _world.Store.Delete(BuiltInTypes.DaskClusters.Gvr, cluster.Key);
        }
        else
        {
            var workers = 1 + _world.Random.Next(6);
            _world.Store.Mutate(
                BuiltInTypes.DaskClusters.Gvr,
                _world.Pick(clusters).Key,
                o => Json.Child(Json.Child(o, "spec"), "worker")["replicas"] = workers,
                "dask-autoscaler"
            );
        }
    }

    public void Create()
    {
        var number = (_next++).ToString(CultureInfo.InvariantCulture);
        var (name, ns) = ($"dask-{((string[])["etl", "train", "features", "explore"])[_next % 4]}-{number}", _world.Pick(Seeding.Projects));
        var made = _world.Store.Create(
            BuiltInTypes.DaskClusters.Gvr,
            Json.Parse(
                $$$$"""
                {"metadata":{"name":"{{{{name}}}}","namespace":"{{{{ns}}}}","labels":{"dask.org/cluster-name":"{{{{name}}}}"}},
                 "spec":{"idleTimeout":0,"shutdownOnClose":true,
                  "worker":{"replicas":{{{{1
                    + _world.Random.Next(
                        4
                    )}}}},"spec":{"containers":[{"name":"worker","image":"ghcr.io/dask/dask:2025.4.1","args":["dask","worker","--name",
                    "$(DASK_WORKER_NAME)"],"resources":{"limits":{"cpu":"2","memory":"8Gi"},"requests":{"cpu":"1","memory":"4Gi"}}}]}},
                  "scheduler":{"spec":{"containers":[{"name":"scheduler","image":"ghcr.io/dask/dask:2025.4.1","args":["dask","scheduler",
                  "--host","0.0.0.0"],"ports":[{"name":"tcp-comm","containerPort":8786,"protocol":"TCP"},{"name":"http-dashboard",
                  "containerPort":8787,"protocol":"TCP"}]}]},
                   "service":{"type":"ClusterIP","selector":{"dask.org/cluster-name":"{{{{name}}}}","dask.org/component":"scheduler"},
                   "ports":[{"name":"tcp-comm","port":8786,"protocol":"TCP","targetPort":"tcp-comm"}]} } } }
                """
            ),
            "kubernetes-client"
        );
        _world.Store.Create(
            BuiltInTypes.DaskAutoscalers.Gvr,
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["namespace"] = ns,
                    ["labels"] = new JsonObject { ["dask.org/cluster-name"] = name },
                    ["ownerReferences"] = PodMaker.OwnedBy(made),
                },
                ["spec"] = new JsonObject
                {
                    ["cluster"] = name,
                    ["minimum"] = 1,
                    ["maximum"] = 6,
                },
            },
            "kubernetes-client"
        );
    }

    private void ReconcileCluster(ObjectKey key)
    {
        if (_world.Store.Get(BuiltInTypes.DaskClusters.Gvr, key) is not { IsDeleting: false } item)
        {
            return;
        }

        var json = item.ToJson();
        var phase = Json.Text(json["status"]?["phase"]);
        var workers = Json.Int(json["spec"]?["worker"]?["replicas"], 1);
        var group = new ObjectKey(key.Namespace, key.Name + "-default");
        if (phase.Length == 0)
        {
            _told[item.Uid] = workers;
            Phase(key, "Created");
            return;
        }

        if (phase == "Created")
        {
            Make(item, json, group, workers);
            Phase(key, "Pending");
            return;
        }

        if (_told.TryGetValue(item.Uid, out var told) && told != workers)
        {
            _told[item.Uid] = workers;
            _world.Store.Mutate(
                BuiltInTypes.DaskWorkerGroups.Gvr,
                group,
                o => Json.Child(Json.Child(o, "spec"), "worker")["replicas"] = workers,
                Manager
            );
        }

        if (phase == "Pending" && _world.PodsOf(item.Uid).Any(p => p.Ready))
        {
            Phase(key, "Running");
        }
    }

    private void Make(StoredObject item, JsonObject json, ObjectKey group, int workers)
    {
        var name = item.Key.Name;
        var labels = new JsonObject { ["dask.org/cluster-name"] = name, ["dask.org/component"] = "scheduler" };
        var template = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = labels },
            ["spec"] = json["spec"]?["scheduler"]?["spec"]?.DeepClone() ?? new JsonObject(),
        };
        if (!_world.Pods.ContainsKey(new(item.Key.Namespace, name + "-scheduler")))
        {
            _world.Store.Create(BuiltInTypes.Pods.Gvr, PodMaker.Make(template, item, name + "-scheduler", null), Manager);
        }

        if (
            json["spec"]?["scheduler"]?["service"] is JsonObject service
            && _world.Store.Get(BuiltInTypes.Services.Gvr, new(item.Key.Namespace, name + "-scheduler")) is null
        )
        {
            var made = Seeding.Named(name + "-scheduler", item.Key.Namespace, ("dask.org/cluster-name", name));
            made["ownerReferences"] = PodMaker.OwnedBy(item);
            _world.Store.Create(BuiltInTypes.Services.Gvr, new JsonObject { ["metadata"] = made, ["spec"] = service.DeepClone() }, Manager);
        }

        if (_world.Store.Get(BuiltInTypes.DaskWorkerGroups.Gvr, group) is null)
        {
            var made = Seeding.Named(group.Name, group.Namespace, ("dask.org/cluster-name", name));
            made["ownerReferences"] = PodMaker.OwnedBy(item);
            var worker = json["spec"]?["worker"]?.DeepClone() as JsonObject ?? [];
            worker["replicas"] = workers;
            _world.Store.Create(
                BuiltInTypes.DaskWorkerGroups.Gvr,
                new JsonObject
                {
                    ["metadata"] = made,
                    ["spec"] = new JsonObject { ["cluster"] = name, ["worker"] = worker },
                },
                Manager
            );
        }
    }

    private void ReconcileGroup(ObjectKey key)
    {
        if (_world.Store.Get(BuiltInTypes.DaskWorkerGroups.Gvr, key) is not { IsDeleting: false } item)
        {
            return;
        }

        var json = item.ToJson();
        var wanted = Json.Int(json["spec"]?["worker"]?["replicas"], 1);
        var pods = _world.PodsOf(item.Uid).Where(p => p.Active).OrderBy(p => p.Created).ThenBy(p => p.Key).ToList();
        var labels = new JsonObject
        {
            ["dask.org/cluster-name"] = Json.Text(json["spec"]?["cluster"]),
            ["dask.org/component"] = "worker",
            ["dask.org/workergroup-name"] = key.Name,
        };
        var template = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = labels },
            ["spec"] = json["spec"]?["worker"]?["spec"]?.DeepClone() ?? new JsonObject(),
        };
        for (var i = pods.Count; i < wanted; i++)
        {
            _world.Store.Create(BuiltInTypes.Pods.Gvr, PodMaker.Make(template, item, null, key.Name + "-worker-"), Manager);
        }

        foreach (var pod in pods.Skip(wanted))
        {
            _world.Store.Delete(BuiltInTypes.Pods.Gvr, pod.Key);
        }
    }

    private void Phase(ObjectKey key, string phase) =>
        _world.After(
            0.5,
            () => _world.Store.Mutate(BuiltInTypes.DaskClusters.Gvr, key, o => Json.Child(o, "status")["phase"] = phase, Manager)
        );
}
