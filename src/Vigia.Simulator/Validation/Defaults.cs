using System.Text.Json.Nodes;

namespace Vigia.Simulator.Validation;

/// <summary>The defaults that clients rely on, which the real server sets when an object is written.</summary>
internal static class Defaults
{
    /// <summary>Sets missing values, on every write.</summary>
    public static void Apply(ResourceType type, JsonObject obj)
    {
        if (obj["spec"] is not JsonObject spec)
        {
            if (type.Plural == "secrets" && type.Group.Length == 0)
            {
                Secret(obj);
            }

            return;
        }

        switch (type.Group, type.Plural)
        {
            case ("", "pods"):
                Pod(spec);
                break;
            case ("", "services"):
                Service(spec);
                break;
            case ("", "persistentvolumeclaims"):
                Give(spec, "volumeMode", "Filesystem");
                break;
            case ("apps", "deployments"):
                Give(spec, "replicas", 1);
                Give(spec, "revisionHistoryLimit", 10);
                Give(spec, "progressDeadlineSeconds", 600);
                var strategy = Object(spec, "strategy");
                Give(strategy, "type", "RollingUpdate");
                if ((string?)strategy["type"] == "RollingUpdate")
                {
                    var rolling = Object(strategy, "rollingUpdate");
                    Give(rolling, "maxUnavailable", "25%");
                    Give(rolling, "maxSurge", "25%");
                }

                Template(spec);
                break;
            case ("apps", "replicasets") or ("", "replicationcontrollers"):
                Give(spec, "replicas", 1);
                Template(spec);
                break;
            case ("apps", "statefulsets"):
                Give(spec, "replicas", 1);
                Give(spec, "podManagementPolicy", "OrderedReady");
                Give(spec, "revisionHistoryLimit", 10);
                Update(spec, rolling => Give(rolling, "partition", 0));
                Template(spec);
                break;
            case ("apps", "daemonsets"):
                Give(spec, "revisionHistoryLimit", 10);
                Update(
                    spec,
                    rolling =>
                    {
                        Give(rolling, "maxUnavailable", 1);
                        Give(rolling, "maxSurge", 0);
                    }
                );
                Template(spec);
                break;
            case ("batch", "jobs"):
                Job(spec);
                break;
            case ("batch", "cronjobs"):
                Give(spec, "concurrencyPolicy", "Allow");
                Give(spec, "suspend", false);
                Give(spec, "successfulJobsHistoryLimit", 3);
                Give(spec, "failedJobsHistoryLimit", 1);
                if (spec["jobTemplate"]?["spec"]?["template"]?["spec"] is JsonObject pod)
                {
                    Pod(pod);
                }

                break;
        }
    }

    /// <summary>The defaults of a new object only: a first status, addresses, the selector of a job.</summary>
    public static void ApplyNew(ResourceType type, JsonObject obj, ObjectStore store)
    {
        switch (type.Group, type.Plural)
        {
            case ("", "pods"):
                obj["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = QualityOfService(obj) };
                break;
            case ("", "persistentvolumeclaims"):
                obj["status"] = new JsonObject { ["phase"] = "Pending" };
                break;
            case ("", "services") when obj["spec"] is JsonObject spec:
                obj["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
                if ((string?)spec["type"] != "ExternalName" && spec["clusterIP"] is null)
                {
                    var number = (int)(store.Revision % 65_000) + 10;
                    var ip = $"10.96.{number / 250}.{(number % 250) + 1}";
                    spec["clusterIP"] = ip;
                    spec["clusterIPs"] = new JsonArray(ip);
                }

                break;
        }
    }

    private static void Job(JsonObject spec)
    {
        Give(spec, "backoffLimit", 6);
        Give(spec, "completionMode", "NonIndexed");
        Give(spec, "suspend", false);
        if (spec["parallelism"] is null && spec["completions"] is null)
        {
            Give(spec, "completions", 1);
        }

        Give(spec, "parallelism", 1);
        Template(spec);
    }

    private static void Service(JsonObject spec)
    {
        Give(spec, "type", "ClusterIP");
        Give(spec, "sessionAffinity", "None");
        foreach (var port in (spec["ports"] as JsonArray ?? []).OfType<JsonObject>())
        {
            Give(port, "protocol", "TCP");
            if (port["targetPort"] is null && port["port"] is { } number)
            {
                port["targetPort"] = number.DeepClone();
            }
        }
    }

    private static void Secret(JsonObject obj)
    {
        Give(obj, "type", "Opaque");
        if (obj["stringData"] is not JsonObject texts)
        {
            return;
        }

        var bytes = Object(obj, "data");
        foreach (var (key, value) in texts)
        {
            bytes[key] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes((string?)value ?? ""));
        }

        obj.Remove("stringData");
    }

    private static void Template(JsonObject spec)
    {
        if (spec["template"]?["spec"] is JsonObject pod)
        {
            Pod(pod);
        }
    }

    private static void Pod(JsonObject spec)
    {
        Give(spec, "restartPolicy", "Always");
        Give(spec, "terminationGracePeriodSeconds", 30);
        Give(spec, "dnsPolicy", "ClusterFirst");
        Give(spec, "schedulerName", "default-scheduler");
        Object(spec, "securityContext");
        foreach (
            var container in ((JsonArray[])[spec["containers"] as JsonArray ?? [], spec["initContainers"] as JsonArray ?? []])
                .SelectMany(l => l)
                .OfType<JsonObject>()
        )
        {
            var image = (string?)container["image"] ?? "";
            Give(
                container,
                "imagePullPolicy",
                image.EndsWith(":latest", StringComparison.Ordinal) || image.LastIndexOf(':') <= image.LastIndexOf('/')
                    ? "Always"
                    : "IfNotPresent"
            );
            Give(container, "terminationMessagePath", "/dev/termination-log");
            Give(container, "terminationMessagePolicy", "File");
            Object(container, "resources");
            foreach (var port in (container["ports"] as JsonArray ?? []).OfType<JsonObject>())
            {
                Give(port, "protocol", "TCP");
            }
        }
    }

    private static void Update(JsonObject spec, Action<JsonObject> rolling)
    {
        var strategy = Object(spec, "updateStrategy");
        Give(strategy, "type", "RollingUpdate");
        if ((string?)strategy["type"] == "RollingUpdate")
        {
            rolling(Object(strategy, "rollingUpdate"));
        }
    }

    private static string QualityOfService(JsonObject obj)
    {
        var resources = (obj["spec"]?["containers"] as JsonArray ?? []).Select(c => c?["resources"] as JsonObject).ToList();
        if (resources.All(r => r?["requests"] is not JsonObject { Count: > 0 } && r?["limits"] is not JsonObject { Count: > 0 }))
        {
            return "BestEffort";
        }

        return resources.All(r =>
            r?["limits"] is JsonObject limits
            && limits.ContainsKey("cpu")
            && limits.ContainsKey("memory")
            && (r["requests"] is not JsonObject requests || JsonNode.DeepEquals(requests, limits))
        )
            ? "Guaranteed"
            : "Burstable";
    }

    private static JsonObject Object(JsonObject parent, string key)
    {
        if (parent[key] is not JsonObject child)
        {
            parent[key] = child = [];
        }

        return child;
    }

    private static void Give(JsonObject parent, string key, JsonNode value)
    {
        if (parent[key] is null)
        {
            parent[key] = value;
        }
    }
}
