using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Validation;

namespace Vigia.Simulator.Cluster;

/// <summary>Makes the initial objects: nodes, namespaces, the cluster's own workloads, and apps by team.</summary>
internal sealed class Seeding(ObjectStore store, SimulatedClusterOptions options, World world, Scheduling scheduling)
{
    internal static readonly string[] Teams =
    [
        "team-payments",
        "team-search",
        "team-catalog",
        "team-identity",
        "team-logistics",
        "team-platform",
    ];
    internal static readonly string[] Projects = ["project-aurora", "project-borealis", "project-cassini", "project-delta"];

    private static readonly string[] Roles =
    [
        "api",
        "web",
        "worker",
        "gateway",
        "indexer",
        "scheduler",
        "consumer",
        "exporter",
        "admin",
        "cache",
        "mailer",
        "reports",
    ];
    private readonly PodSeeder _pods = new(store, world, scheduling);
    private readonly ChartSeeder _charts = new(store, world);
    private readonly DateTimeOffset _now = world.Now;

    public void Run()
    {
        Nodes();
        foreach (var name in Teams.Concat(Projects).Append("monitoring"))
        {
            store.Create(
                BuiltInTypes.Namespaces.Gvr,
                new JsonObject
                {
                    ["metadata"] = new JsonObject
                    {
                        ["name"] = name,
                        ["labels"] = new JsonObject { ["kind"] = name.Split('-')[0] },
                    },
                },
                "kubectl-create"
            );
        }

        world.Run(_now);
        _pods.Nodes.AddRange(world.Nodes.Values.Where(n => !n.ControlPlane).DefaultIfEmpty(world.Nodes.Values.First()));
        new ClusterServiceSeeder(store, options, world, _pods, _now).Create();
        var left = options.Pods - world.Pods.Count;
        for (var i = 0; left > 0; i++)
        {
            var team = Teams[i % Teams.Length];
            var round = i / (Teams.Length * Roles.Length);
            var suffix = round == 0 ? "" : round.ToString(CultureInfo.InvariantCulture);
            var app = $"{team[5..]}-{Roles[i / Teams.Length % Roles.Length]}{suffix}";
            var size = Math.Min(left, Math.Clamp(options.Pods / 120, 2, 60) + world.Random.Next(4));
            Deployment(app, team, size);
            left -= size;
        }

        world.Run(_now);
    }

    public void Nodes()
    {
        for (var i = 0; i < Math.Max(1, options.Nodes); i++)
        {
            var plane = options.Nodes >= 6 && i < 3;
            store.Create(BuiltInTypes.Nodes.Gvr, Templates.Node(i, plane, Json.Time(_now)), "kubelet");
        }
    }

    /// <summary>A deployment that has rolled out, with the other objects of a typical chart.</summary>
    private void Deployment(string app, string team, int replicas)
    {
        var version = $"1.{world.Random.Next(30)}.{world.Random.Next(10)}";
        var json = new JsonObject
        {
            ["metadata"] = Named(
                app,
                team,
                ("app", app),
                ("app.kubernetes.io/name", app),
                ("app.kubernetes.io/managed-by", "Helm"),
                ("helm.sh/chart", $"{app}-{version}"),
                ("team", team)
            ),
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = app } },
                ["template"] = Templates.Service(app, team, $"registry.example.org/{team}/{app}:{version}", version),
                ["revisionHistoryLimit"] = 2,
            },
        };
        json["metadata"]!["annotations"] = new JsonObject
        {
            ["deployment.kubernetes.io/revision"] = "1",
            ["meta.helm.sh/release-name"] = app,
            ["meta.helm.sh/release-namespace"] = team,
        };
        Defaults.Apply(BuiltInTypes.Deployments, json);
        var since = _now - TimeSpan.FromHours(world.Between(2, 400));
        json["status"] = DeploymentStatus(replicas, $"{app}-{Json.Hash(json["spec"]!["template"])}", since);
        var deployment = store.Create(BuiltInTypes.Deployments.Gvr, json, "helm");

        var hash = Json.Hash(json["spec"]!["template"]);
        var set = DeploymentController.MakeReplicaSet(deployment, json, hash, 1, replicas);
        set["status"] = new JsonObject
        {
            ["replicas"] = replicas,
            ["fullyLabeledReplicas"] = replicas,
            ["readyReplicas"] = replicas,
            ["availableReplicas"] = replicas,
            ["observedGeneration"] = 1,
        };
        var owner = store.Create(BuiltInTypes.ReplicaSets.Gvr, set, "kube-controller-manager");
        _pods.Create(owner, set["spec"]!["template"]!.AsObject(), replicas, since, hash, _ => $"{owner.Key.Name}-{_pods.Suffix()}");
        _charts.Create(app, team, replicas);
    }

    internal static JsonObject Named(string name, string? ns, params (string Key, string Value)[] labels)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (ns is not null)
        {
            metadata["namespace"] = ns;
        }

        if (labels.Length > 0)
        {
            metadata["labels"] = new JsonObject(labels.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value)));
        }

        return metadata;
    }

    private static JsonObject DeploymentStatus(int replicas, string set, DateTimeOffset since)
    {
        var status = new JsonObject
        {
            ["observedGeneration"] = 1,
            ["replicas"] = replicas,
            ["updatedReplicas"] = replicas,
            ["readyReplicas"] = replicas,
            ["availableReplicas"] = replicas,
        };
        Json.Condition(status, "Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.", since);
        Json.Condition(status, "Progressing", true, "NewReplicaSetAvailable", $"ReplicaSet \"{set}\" has successfully progressed.", since);
        return status;
    }
}
