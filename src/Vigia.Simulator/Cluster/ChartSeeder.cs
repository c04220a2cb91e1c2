using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>Makes the objects that the chart of an app brings beside its deployment.</summary>
internal sealed class ChartSeeder(ObjectStore store, World world)
{
    /// <summary>The service, settings, secrets, account, ingress and autoscaler of an app.</summary>
    public void Create(string app, string team, int replicas)
    {
        var number = world.Random.Next(60_000);
        store.Create(BuiltInTypes.ServiceAccounts.Gvr, new JsonObject { ["metadata"] = Seeding.Named(app, team, ("app", app)) }, "helm");
        store.Create(
            BuiltInTypes.ConfigMaps.Gvr,
            new JsonObject
            {
                ["metadata"] = Seeding.Named(app + "-config", team, ("app", app)),
                ["data"] = new JsonObject { ["config.yaml"] = $"listen: :8080\nlogLevel: info\nname: {app}\n" },
            },
            "helm"
        );
        store.Create(
            BuiltInTypes.Secrets.Gvr,
            new JsonObject
            {
                ["metadata"] = Seeding.Named(app + "-credentials", team, ("app", app)),
                ["type"] = "Opaque",
                ["data"] = new JsonObject { ["url"] = "cG9zdGdyZXM6Ly9sb2NhbGhvc3Q=" },
            },
            "helm"
        );
        var ip = $"10.96.{number / 250}.{(number % 250) + 1}";
        store.Create(
            BuiltInTypes.Services.Gvr,
            new JsonObject
            {
                ["metadata"] = Seeding.Named(app, team, ("app", app)),
                ["spec"] = Json.Parse(
                    $$$$"""{"type":"ClusterIP","clusterIP":"{{{{ip}}}}","clusterIPs":["{{{{ip}}}}"],"selector":{"app":"{{{{app}}}}"}"""
                        + $$$$""","ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":"http"}]"""
                        + $$$$""","sessionAffinity":"None","ipFamilies":["IPv4"]"""
                        + $$$$""","ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"}"""
                ),
                ["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() },
            },
            "helm"
        );
        if (app.Contains("web", StringComparison.Ordinal) || app.Contains("gateway", StringComparison.Ordinal))
        {
            store.Create(
                BuiltInTypes.Ingresses.Gvr,
                new JsonObject
                {
                    ["metadata"] = Seeding.Named(app, team, ("app", app)),
                    ["spec"] = Json.Parse(
                        $$$$"""{"ingressClassName":"nginx","rules":[{"host":"{{{{app}}}}.example.org","http":{"paths":"""
                            + $$$$"""[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"{{{{app}}}}","port":"""
                            + $$$$"""{"name":"http"}} }}]}}]}"""
                    ),
                    ["status"] = Json.Parse("""{"loadBalancer":{"ingress":[{"ip":"203.0.113.10"}]}}"""),
                },
                "helm"
            );
        }

        if (app.Contains("api", StringComparison.Ordinal))
        {
            store.Create(
                BuiltInTypes.HorizontalPodAutoscalers.Gvr,
                new JsonObject
                {
                    ["metadata"] = Seeding.Named(app, team, ("app", app)),
                    ["spec"] = Json.Parse(
                        $$$$"""{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"{{{{app}}}}"}"""
                            + $$$$""","minReplicas":{{{{Math.Max(1, replicas - 2)}}}},"maxReplicas":{{{{replicas + 4}}}},"metrics":"""
                            + $$$$"""[{"type":"Resource","resource":{"name":"cpu","target":"""
                            + $$$$"""{"type":"Utilization","averageUtilization":80}}}]}"""
                    ),
                    ["status"] = Json.Parse(
                        $$$$"""{"currentReplicas":{{{{replicas}}}},"desiredReplicas":{{{{replicas}}}},"currentMetrics":"""
                            + $$$$"""[{"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":41"""
                            + $$$$""","averageValue":"41m"}}}]}"""
                    ),
                },
                "helm"
            );
        }
    }
}
