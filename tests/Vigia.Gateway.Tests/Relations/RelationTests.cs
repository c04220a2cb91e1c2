using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Tests.Access;
using Vigia.Kubernetes;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Relations;

public sealed class RelationTests
{
    private static readonly GroupVersionResource Deployments = new("apps", "v1", "deployments");

    [Fact]
    public async Task A_deployment_is_shown_with_its_replica_set_pods_node_and_the_service_that_selects_them()
    {
        await using var fixture = await GatewayFixture.StartAsync(
            new SimulatorOptions { Nodes = 2, BookmarkInterval = TimeSpan.FromMilliseconds(200) }
        );
        var gateway = await fixture.GatewayAsync();
        MakeWeb(fixture);
        var deployment = await UidAsync(fixture, gateway, "deployments", "web");

        JsonObject graph = [];
        await Eventually.TrueAsync(
            async () =>
            {
                (_, graph) = await fixture.GetAsync(gateway, $"api/v1/deployments/{deployment}/related?depth=3");
                return Names(graph, "pods").Length == 2 && Names(graph, "nodes").Length > 0 && Names(graph, "services").Length == 1;
            },
            "the whole tree is there"
        );

        var set = Assert.Single(Names(graph, "replicasets"));
        Assert.True(HasEdge(graph, "deployments/default/web", $"replicasets/default/{set}", "owns"));
        foreach (var pod in Names(graph, "pods"))
        {
            Assert.True(HasEdge(graph, $"replicasets/default/{set}", $"pods/default/{pod}", "owns"));
            Assert.True(HasEdge(graph, "services/default/web", $"pods/default/{pod}", "selects"));
        }

        var ids = graph["nodes"]!.AsArray().Select(node => (string)node!["id"]!).ToHashSet();
        Assert.All(
            graph["edges"]!.AsArray(),
            edge => Assert.True(ids.Contains((string)edge!["from"]!) && ids.Contains((string)edge["to"]!))
        );
        Assert.Equal("deployments/default/web", (string?)graph["root"]);
        Assert.False((bool)graph["truncated"]!);
    }

    [Fact]
    public async Task A_pod_leads_up_to_its_owners_and_to_what_it_mounts_and_an_ingress_and_an_autoscaler_to_what_they_name()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var deployment = Make(fixture, Deployments, "Deployment", "web", """{"spec":{"replicas":1}}""");
        var set = Make(
            fixture,
            new("apps", "v1", "replicasets"),
            "ReplicaSet",
            "web-1",
            "{}",
            ("apps/v1", "Deployment", "web", deployment)
        );
        var pod = Make(
            fixture,
            GatewayFixture.Pods,
            "Pod",
            "web-1-a",
            """
            {"spec":{"serviceAccountName":"runner","containers":[{"name":"app","env":[{"name":"K","valueFrom":{"secretKeyRef":{"name":"key",
            "key":"k"}}}]}],
             "volumes":[{"name":"c","configMap":{"name":"settings"}},{"name":"d","persistentVolumeClaim":{"claimName":"disk"}}]},
             "status":{"phase":"Running"}}
            """,
            ("apps/v1", "ReplicaSet", "web-1", set),
            labels: """{"app":"web"}"""
        );
        Make(fixture, new("", "v1", "configmaps"), "ConfigMap", "settings", "{}");
        Make(fixture, new("", "v1", "secrets"), "Secret", "key", "{}");
        Make(fixture, new("", "v1", "persistentvolumeclaims"), "PersistentVolumeClaim", "disk", "{}");
        Make(fixture, new("", "v1", "serviceaccounts"), "ServiceAccount", "runner", "{}");
        Make(fixture, new("", "v1", "services"), "Service", "web", """{"spec":{"selector":{"app":"web"}}}""");
        Make(
            fixture,
            new("networking.k8s.io", "v1", "ingresses"),
            "Ingress",
            "front",
            """{"spec":{"rules":[{"http":{"paths":[{"path":"/","backend":{"service":{"name":"web","port":{"number":80}}}}]}}]}}"""
        );
        Make(
            fixture,
            new("autoscaling", "v2", "horizontalpodautoscalers"),
            "HorizontalPodAutoscaler",
            "scale",
            """{"spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}}"""
        );
        Make(
            fixture,
            new("", "v1", "events"),
            "Event",
            "web-1-a.1",
            """{"type":"Warning","reason":"BackOff","involvedObject":"""
                + """{"kind":"Pod","apiVersion":"v1","namespace":"default","name":"web-1-a"}}"""
        );

        string[] expected =
        [
            "deployments/default/web>replicasets/default/web-1:owns",
            "events/default/web-1-a.1>pods/default/web-1-a:about",
            "horizontalpodautoscalers/default/scale>deployments/default/web:scales",
            "ingresses/default/front>services/default/web:routes",
            "pods/default/web-1-a>configmaps/default/settings:mounts",
            "pods/default/web-1-a>persistentvolumeclaims/default/disk:mounts",
            "pods/default/web-1-a>secrets/default/key:reads",
            "pods/default/web-1-a>serviceaccounts/default/runner:runs-as",
            "replicasets/default/web-1>pods/default/web-1-a:owns",
            "services/default/web>pods/default/web-1-a:selects",
        ];
        JsonObject graph = [];
        await Eventually.TrueAsync(
            async () =>
            {
                (_, graph) = await fixture.GetAsync(gateway, $"api/v1/pods/{pod}/related?depth=3");
                TestContext.Current.TestOutputHelper?.WriteLine(graph.ToJsonString());
                return graph["edges"] is JsonArray edges
                    && edges
                        .Select(edge => $"{edge!["from"]}>{edge["to"]}:{edge["kind"]}")
                        .Order(StringComparer.Ordinal)
                        .SequenceEqual(expected);
            },
            "all relations are there"
        );

        var (_, near) = await fixture.GetAsync(gateway, $"api/v1/pods/{pod}/related?depth=1");
        Assert.Empty(Names(near, "deployments"));
        var (_, few) = await fixture.GetAsync(gateway, $"api/v1/pods/{pod}/related?depth=3&limit=3");
        Assert.True((bool)few["truncated"]!);
        Assert.Equal(3, few["nodes"]!.AsArray().Count);
        Assert.Equal(400, (int)(await fixture.GetAsync(gateway, $"api/v1/pods/{pod}/related?depth=4")).Status);
        Assert.Equal(404, (int)(await fixture.GetAsync(gateway, "api/v1/pods/no-such-uid/related")).Status);
    }

    [Fact]
    public async Task A_failing_pod_is_the_root_reason_of_its_deployment_service_and_ingress()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var deployment = Make(fixture, Deployments, "Deployment", "web", """{"spec":{"replicas":1},"status":{"replicas":1}}""");
        var set = Make(
            fixture,
            new("apps", "v1", "replicasets"),
            "ReplicaSet",
            "web-1",
            """{"spec":{"replicas":1},"status":{"replicas":1}}""",
            ("apps/v1", "Deployment", "web", deployment)
        );
        Make(
            fixture,
            GatewayFixture.Pods,
            "Pod",
            "web-1-a",
            """
            {"spec":{"containers":[{"name":"app"}]},"status":{"phase":"Running","containerStatuses":[{"name":"app","ready":false,
            "restartCount":14,
             "state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}}
            """,
            ("apps/v1", "ReplicaSet", "web-1", set),
            labels: """{"app":"web"}"""
        );
        Make(fixture, new("", "v1", "services"), "Service", "web", """{"spec":{"selector":{"app":"web"}}}""");
        Make(fixture, new("", "v1", "services"), "Service", "none", """{"spec":{"selector":{"app":"none"}}}""");
        Make(
            fixture,
            new("networking.k8s.io", "v1", "ingresses"),
            "Ingress",
            "front",
            """{"spec":{"defaultBackend":{"service":{"name":"web"}}}}"""
        );

        const string Cause = "pod web-1-a CrashLoopBackOff (exit 137 OOMKilled), 14 restarts";
        JsonObject graph = [];
        await Eventually.TrueAsync(
            async () =>
            {
                (_, graph) = await fixture.GetAsync(gateway, $"api/v1/deployments/{deployment}/related?depth=3");
                TestContext.Current.TestOutputHelper?.WriteLine(graph.ToJsonString());
                return Reason(graph, "deployments/default/web") == $"bad 0 of 1 available: {Cause}"
                    && Reason(graph, "services/default/web") == $"bad no ready endpoints: {Cause}";
            },
            "the deployment and the service tell the reason"
        );

        var front = await UidAsync(fixture, gateway, "ingresses", "front");
        var (_, ingress) = await fixture.GetAsync(gateway, $"api/v1/ingresses/{front}/related");
        Assert.Equal($"bad service web: no ready endpoints: {Cause}", Reason(ingress, "ingresses/default/front"));
        var none = await UidAsync(fixture, gateway, "services", "none");
        var (_, lonely) = await fixture.GetAsync(gateway, $"api/v1/services/{none}/related");
        Assert.Equal("bad no ready endpoints: no pod has app=none", Reason(lonely, "services/default/none"));
    }

    [Fact]
    public async Task What_the_caller_may_not_list_is_neither_shown_nor_gone_through()
    {
        await using var fixture = await AccessFixture.StartAsync();
        Make(
            fixture.Inner,
            new("", "v1", "services"),
            "Service",
            "hidden-service",
            """{"spec":{"selector":{"app":"web"}}}""",
            ns: "team-a"
        );
        Make(fixture.Inner, new("", "v1", "configmaps"), "ConfigMap", "mine", "{}", ns: "team-a");
        var pod = Make(
            fixture.Inner,
            GatewayFixture.Pods,
            "Pod",
            "c1",
            """{"spec":{"containers":[{"name":"a","envFrom":[{"configMapRef":{"name":"mine"}}]}]}}""",
            labels: """{"app":"web"}""",
            ns: "team-a"
        );

        JsonObject graph = [];
        await Eventually.TrueAsync(
            async () =>
            {
                (_, graph) = await fixture.GetAsync($"api/v1/pods/{pod}/related?depth=3", "admin-token");
                return graph.ContainsKey("nodes") && Names(graph, "services").Length == 1 && Names(graph, "configmaps").Length == 1;
            },
            "the admin sees the service"
        );

        // Anna may list pods and config maps, but no services.
        var (status, hers) = await fixture.GetAsync($"api/v1/pods/{pod}/related?depth=3", "anna-token");
        Assert.Equal(200, (int)status);
        Assert.Equal(["mine"], Names(hers, "configmaps"));
        Assert.DoesNotContain("hidden-service", hers.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\"a1\"", hers.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(404, (int)(await fixture.GetAsync($"api/v1/pods/{pod}/related", "ben-token")).Status);
    }

    private static void MakeWeb(GatewayFixture fixture)
    {
        Make(
            fixture,
            Deployments,
            "Deployment",
            "web",
            """{"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":"""
                + """{"containers":[{"name":"app","image":"nginx"}]}}}}"""
        );
        Make(fixture, new("", "v1", "services"), "Service", "web", """{"spec":{"selector":{"app":"web"},"ports":[{"port":80}]}}""");
    }

    private static string Make(
        GatewayFixture fixture,
        GroupVersionResource resource,
        string kind,
        string name,
        string body,
        (string ApiVersion, string Kind, string Name, string Uid)? owner = null,
        string? labels = null,
        string ns = "default"
    )
    {
        var o = JsonNode.Parse(body)!.AsObject();
        o["apiVersion"] = resource.ApiVersion;
        o["kind"] = kind;
        o["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns };
        if (labels is not null)
        {
            o["metadata"]!["labels"] = JsonNode.Parse(labels);
        }

        if (owner is { } by)
        {
            o["metadata"]!["ownerReferences"] = new JsonArray(
                new JsonObject
                {
                    ["apiVersion"] = by.ApiVersion,
                    ["kind"] = by.Kind,
                    ["name"] = by.Name,
                    ["uid"] = by.Uid,
                    ["controller"] = true,
                }
            );
        }

        return fixture.Simulator.Store.Create(resource, o, "test").Uid;
    }

    private static async Task<string> UidAsync(GatewayFixture fixture, GatewayServer gateway, string resource, string name)
    {
        var uid = "";
        await Eventually.TrueAsync(
            async () =>
            {
                var (_, list) = await fixture.GetAsync(gateway, $"api/v1/{resource}?search={name}");
                uid = (string?)(list["items"] as JsonArray)?.FirstOrDefault(item => (string?)item!["name"] == name)?["uid"] ?? "";
                return uid.Length > 0;
            },
            $"{resource} {name} is listed"
        );
        return uid;
    }

    private static string[] Names(JsonObject graph, string resource) =>
        [
            .. (graph["nodes"] as JsonArray ?? [])
                .Where(node => (string?)node!["resource"] == resource)
                .Select(node => (string)node!["name"]!),
        ];

    private static bool HasEdge(JsonObject graph, string from, string to, string kind) =>
        graph["edges"]!.AsArray().Any(edge => (string?)edge!["from"] == from && (string?)edge["to"] == to && (string?)edge["kind"] == kind);

    private static string? Reason(JsonObject graph, string id) =>
        (graph["nodes"] as JsonArray)
            ?.Where(node => (string?)node!["id"] == id)
            .Select(node => $"{node!["health"]} {node["reason"]}")
            .FirstOrDefault();
}
