using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Validation;

namespace Vigia.Simulator.Cluster;

/// <summary>Makes the cluster's own workloads: daemons, a database, cron jobs, volumes.</summary>
internal sealed class ClusterServiceSeeder(
    ObjectStore store,
    SimulatedClusterOptions options,
    World world,
    PodSeeder pods,
    DateTimeOffset now
)
{
    /// <summary>The cluster's own objects: daemons, a database, jobs, volumes, notebooks.</summary>
    public void Create()
    {
        foreach (
            var (name, ns, image) in new[]
            {
                ("kube-proxy", "kube-system", "registry.k8s.io/kube-proxy:v1.32.4"),
                ("node-exporter", "monitoring", "quay.io/prometheus/node-exporter:v1.9.1"),
                ("log-agent", "monitoring", "fluent/fluent-bit:4.0"),
            }
        )
        {
            if (world.Pods.Count + (2 * world.Nodes.Count) < options.Pods)
            {
                DaemonSet(name, ns, image);
            }
        }

        StatefulSet("prometheus", "monitoring", "quay.io/prometheus/prometheus:v3.3.0", 2);
        StatefulSet("postgres", "team-platform", "postgres:17.4", 3);
        var at = Json.Time(now);
        for (var i = 0; i < 3; i++)
        {
            var cron = new JsonObject
            {
                ["metadata"] = Seeding.Named(((string[])["report", "backup", "cleanup"])[i], Seeding.Teams[i], ("team", Seeding.Teams[i])),
                ["spec"] = new JsonObject
                {
                    ["schedule"] = ((string[])["*/5 * * * *", "*/10 * * * *", "30 * * * *"])[i],
                    ["jobTemplate"] = new JsonObject
                    {
                        ["spec"] = new JsonObject
                        {
                            ["template"] = Templates.Small(
                                "task",
                                Seeding.Teams[i],
                                "registry.example.org/tools/task:1.4",
                                "Never",
                                "run",
                                "--once"
                            ),
                        },
                    },
                },
            };
            cron["status"] = new JsonObject();
            Defaults.Apply(BuiltInTypes.CronJobs, cron);
            store.Create(BuiltInTypes.CronJobs.Gvr, cron, "helm");
        }

        store.Create(
            BuiltInTypes.ConfigMaps.Gvr,
            new JsonObject
            {
                ["metadata"] = Seeding.Named("cluster-info", "kube-system"),
                ["data"] = new JsonObject { ["seeded"] = at },
            },
            "kubeadm"
        );
    }

    private void DaemonSet(string name, string ns, string image)
    {
        var template = Templates.Small(name, ns, image, "Always", "--v=2");
        var json = new JsonObject
        {
            ["metadata"] = Seeding.Named(name, ns, ("app", name)),
            ["spec"] = new JsonObject
            {
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
                ["template"] = template,
            },
        };
        Defaults.Apply(BuiltInTypes.DaemonSets, json);
        var count = world.Nodes.Count;
        json["status"] = new JsonObject
        {
            ["currentNumberScheduled"] = count,
            ["numberMisscheduled"] = 0,
            ["desiredNumberScheduled"] = count,
            ["numberReady"] = count,
            ["observedGeneration"] = 1,
            ["updatedNumberScheduled"] = count,
            ["numberAvailable"] = count,
        };
        var owner = store.Create(BuiltInTypes.DaemonSets.Gvr, json, "helm");
        var hash = Json.Hash(json["spec"]!["template"]);
        var nodes = world.Nodes.Values.ToList();
        pods.Create(
            owner,
            DaemonSetController.For(json["spec"]!["template"]!.AsObject(), "@@node@@"),
            count,
            now - TimeSpan.FromDays(20),
            hash,
            _ => $"{name}-{pods.Suffix()}",
            i => nodes[i],
            ("controller-revision-hash", hash),
            ("pod-template-generation", "1")
        );
    }

    private void StatefulSet(string name, string ns, string image, int replicas)
    {
        var template = Templates.Small(name, ns, image, "Always", "--data=/data");
        var json = new JsonObject
        {
            ["metadata"] = Seeding.Named(name, ns, ("app", name)),
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas,
                ["serviceName"] = name,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
                ["template"] = template,
                ["volumeClaimTemplates"] = new JsonArray(
                    Json.Parse(
                        """{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"gp3","resources":"""
                            + """{"requests":{"storage":"50Gi"}}}}"""
                    )
                ),
            },
        };
        Defaults.Apply(BuiltInTypes.StatefulSets, json);
        var revision = $"{name}-{Json.Hash(json["spec"]!["template"])}";
        json["status"] = new JsonObject
        {
            ["observedGeneration"] = 1,
            ["replicas"] = replicas,
            ["readyReplicas"] = replicas,
            ["availableReplicas"] = replicas,
            ["updatedReplicas"] = replicas,
            ["currentReplicas"] = replicas,
            ["currentRevision"] = revision,
            ["updateRevision"] = revision,
            ["collisionCount"] = 0,
        };
        var owner = store.Create(BuiltInTypes.StatefulSets.Gvr, json, "helm");
        store.Create(
            BuiltInTypes.ControllerRevisions.Gvr,
            StatefulSetController.Revision(owner, json["spec"]!["template"]!.AsObject(), revision, 1),
            "kube-controller-manager"
        );
        for (var i = 0; i < replicas; i++)
        {
            var pod = $"{name}-{i}";
            Volume($"data-{pod}", ns);
            pods.Create(
                owner,
                json["spec"]!["template"]!.AsObject(),
                1,
                now - TimeSpan.FromDays(9),
                revision,
                _ => pod,
                null,
                ("controller-revision-hash", revision),
                ("statefulset.kubernetes.io/pod-name", pod),
                ("apps.kubernetes.io/pod-index", i.ToString(System.Globalization.CultureInfo.InvariantCulture))
            );
        }
    }

    private void Volume(string claim, string ns)
    {
        var volume = $"pvc-{Templates.Checksum(claim, ns, 1)[..8]}";
        store.Create(
            BuiltInTypes.PersistentVolumes.Gvr,
            new JsonObject
            {
                ["metadata"] = Seeding.Named(volume, null),
                ["spec"] = Json.Parse(
                    $$$$"""
                    {"capacity":{"storage":"50Gi"},"accessModes":["ReadWriteOnce"],"persistentVolumeReclaimPolicy":"Delete",
                     "storageClassName":"gp3","volumeMode":"Filesystem",
                     "claimRef":{"kind":"PersistentVolumeClaim","namespace":"{{{{ns}}}}","name":"{{{{claim}}}}"},
                     "csi":{"driver":"ebs.csi.aws.com","volumeHandle":"vol-{{{{volume}}}}"}}
                    """
                ),
                ["status"] = new JsonObject { ["phase"] = "Bound" },
            },
            "csi-provisioner"
        );
        store.Create(
            BuiltInTypes.PersistentVolumeClaims.Gvr,
            new JsonObject
            {
                ["metadata"] = Seeding.Named(claim, ns),
                ["spec"] = Json.Parse(
                    $$$$"""{"accessModes":["ReadWriteOnce"]"""
                        + $$$$""","storageClassName":"gp3","volumeMode":"Filesystem","volumeName":"{{{{volume}}}}","resources":"""
                        + $$$$"""{"requests":{"storage":"50Gi"}}}"""
                ),
                ["status"] = Json.Parse("""{"phase":"Bound","accessModes":["ReadWriteOnce"],"capacity":{"storage":"50Gi"}}"""),
            },
            "kube-controller-manager"
        );
    }
}
