using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator.Requests;

/// <summary>
/// A further name for stored objects: another group or version in which they are served and taken, as the real server
/// converts between them.
/// </summary>
/// <param name="Gvr">The name.</param>
/// <param name="Stored">The stored type.</param>
/// <param name="ToServed">
/// Turns a stored object into the served form, but for apiVersion; null if the shape is the same.
/// </param>
/// <param name="ToStored">The way back.</param>
internal sealed record Alias(
    GroupVersionResource Gvr,
    ResourceType Stored,
    Func<JsonObject, JsonObject>? ToServed = null,
    Func<JsonObject, JsonObject>? ToStored = null
)
{
    /// <summary>
    /// The type as this name serves it, where that differs by more than the name: a custom type's version has columns
    /// of its own.
    /// </summary>
    public ResourceType Served { get; init; } = Stored;

    /// <summary>A served version of a custom type other than the stored one.</summary>
    public static Alias Of(ServedVersion version) => new(version.Served.Gvr, version.Stored) { Served = version.Served };

    // kubectl before 1.21 creates cron jobs and disruption budgets under their beta names, and autoscales in version 1;
    // the Go event recorder writes events.k8s.io.
    private static readonly (string Old, string New)[] EventFields =
    [
        ("involvedObject", "regarding"),
        ("message", "note"),
        ("source", "deprecatedSource"),
        ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"),
        ("count", "deprecatedCount"),
        ("reportingComponent", "reportingController"),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Alias> All { get; } =
    [
        new(
            new("events.k8s.io", "v1", "events"),
            BuiltInTypes.Events,
            obj => Rename(obj, toServed: true),
            obj => Rename(obj, toServed: false)
        ),
        new(
            new("autoscaling", "v1", "horizontalpodautoscalers"),
            BuiltInTypes.HorizontalPodAutoscalers,
            AutoscalerToServed,
            AutoscalerToStored
        ),
        new(new("batch", "v1beta1", "cronjobs"), BuiltInTypes.CronJobs),
        new(new("policy", "v1beta1", "poddisruptionbudgets"), BuiltInTypes.PodDisruptionBudgets),
    ];

    /// <summary>The alias of that name; null if it is none.</summary>
    public static Alias? Find(GroupVersionResource gvr) => All.FirstOrDefault(a => a.Gvr == gvr);

    /// <summary>A stored object in the served form.</summary>
    public JsonObject Serve(JsonObject obj)
    {
        obj = ToServed?.Invoke(obj) ?? obj;
        obj["apiVersion"] = Gvr.ApiVersion;
        return obj;
    }

    /// <summary>A served object in the stored form.</summary>
    public JsonObject Store(JsonObject obj)
    {
        obj = ToStored?.Invoke(obj) ?? obj;
        obj["apiVersion"] = Stored.ApiVersion;
        return obj;
    }

    /// <summary>Version 1 has one metric: the share of requested CPU that is used.</summary>
    private static JsonObject AutoscalerToServed(JsonObject obj)
    {
        if (obj["spec"] is JsonObject spec && spec["metrics"] is JsonArray metrics)
        {
            var cpu = metrics.FirstOrDefault(m => (string?)m?["resource"]?["name"] == "cpu")?["resource"]?["target"]?["averageUtilization"];
            spec.Remove("metrics");
            if (cpu is not null)
            {
                spec["targetCPUUtilizationPercentage"] = cpu.DeepClone();
            }
        }

        return obj;
    }

    private static JsonObject AutoscalerToStored(JsonObject obj)
    {
        if (obj["spec"] is JsonObject spec && spec["targetCPUUtilizationPercentage"] is { } share)
        {
            spec.Remove("targetCPUUtilizationPercentage");
            spec["metrics"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "Resource",
                    ["resource"] = new JsonObject
                    {
                        ["name"] = "cpu",
                        ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = share },
                    },
                }
            );
        }

        return obj;
    }

    private static JsonObject Rename(JsonObject obj, bool toServed)
    {
        var renamed = new JsonObject();
        foreach (var (key, value) in obj)
        {
            var name = EventFields.Where(f => (toServed ? f.Old : f.New) == key).Select(f => toServed ? f.New : f.Old).FirstOrDefault(key);
            renamed[name] = value?.DeepClone();
        }

        return renamed;
    }
}
