using System.Globalization;
using System.Text.Json;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Describing;

/// <summary>Workloads: Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs.</summary>
internal static class WorkloadDescription
{
    private const int Column = Description.Column;

    public static void Write(DescriptionWriter writer, DescriptionContext context)
    {
        var (json, kind) = (context.Json, context.Entry.Kind);
        var (spec, status) = (json.At("spec"), json.At("status"));
        if (SelectorText.Of(spec.At("selector")) is { } selector)
        {
            writer.Pair(0, "Selector", selector, Column);
        }

        Figures(writer, kind, spec, status, context);
        PodsStatus(writer, context);
        Template(writer, kind == "CronJob" ? spec.At("jobTemplate", "spec", "template") : spec.At("template"), context);
        Claims(writer, spec.At("volumeClaimTemplates"));
        Description.Conditions(writer, context);
        Owned(writer, context);
    }

    private static void Template(DescriptionWriter writer, JsonElement template, DescriptionContext context)
    {
        writer.Head(0, "Pod Template");
        writer.List(
            1,
            "Labels",
            template.At("metadata", "labels").Members().Select(label => $"{label.Name}={label.Value.Text()}"),
            Column - 2
        );
        if (Description.Annotations(template.At("metadata", "annotations")).ToArray() is { Length: > 0 } annotations)
        {
            writer.List(1, "Annotations", annotations, Column - 2);
        }

        if (template.Text("spec", "serviceAccountName") is { } account)
        {
            writer.Pair(1, "Service Account", account, Column - 2);
        }

        ContainerDescription.Write(writer, 1, "Init Containers", template.At("spec", "initContainers"), default, context);
        ContainerDescription.Write(writer, 1, "Containers", template.At("spec", "containers"), default, context);
        VolumeDescription.Write(writer, 1, template.At("spec", "volumes"));
        PodDescription.Scheduling(writer, 1, template.At("spec"));
    }

    private static void Figures(DescriptionWriter writer, string kind, JsonElement spec, JsonElement status, DescriptionContext context)
    {
        string Of(string name) => status.Text(name) ?? "0";
        void Pair(string name, string? value) => writer.Pair(0, name, value, Column);
        switch (kind)
        {
            case "Deployment":
                Pair(
                    "Replicas",
                    $"{spec.Text("replicas") ?? "1"} desired | {Of("updatedReplicas")} updated | {Of("replicas")} total | "
                        + $"{Of("availableReplicas")} available | {Of("unavailableReplicas")} unavailable"
                );
                Pair("StrategyType", spec.Text("strategy", "type") ?? "RollingUpdate");
                Pair("MinReadySeconds", spec.Text("minReadySeconds") ?? "0");
                if (spec.At("strategy", "rollingUpdate") is { ValueKind: JsonValueKind.Object } rolling)
                {
                    Pair(
                        "RollingUpdateStrategy",
                        $"{rolling.Text("maxUnavailable") ?? "25%"} max unavailable, {rolling.Text("maxSurge") ?? "25%"} max surge"
                    );
                }

                break;
            case "ReplicaSet":
                Pair("Replicas", $"{Of("replicas")} current / {spec.Text("replicas") ?? "1"} desired");
                break;
            case "StatefulSet":
                Pair("Replicas", $"{spec.Text("replicas") ?? "1"} desired | {Of("replicas")} total");
                Pair("Update Strategy", spec.Text("updateStrategy", "type") ?? "RollingUpdate");
                break;
            case "DaemonSet":
                Pair("Desired Number of Nodes Scheduled", Of("desiredNumberScheduled"));
                Pair("Current Number of Nodes Scheduled", Of("currentNumberScheduled"));
                Pair("Number of Nodes Scheduled with Up-to-date Pods", Of("updatedNumberScheduled"));
                Pair("Number of Nodes Scheduled with Available Pods", Of("numberAvailable"));
                Pair("Number of Nodes Misscheduled", Of("numberMisscheduled"));
                break;
            case "Job":
                Job(spec, status, context, Pair);
                Pair(
                    "Pods Statuses",
                    $"{Of("active")} Active{(status.Text("ready") is { } ready ? $" ({ready} Ready)" : "")} / {Of("succeeded")} Succeeded "
                        + $"/ {Of("failed")} Failed"
                );
                break;
            default:
                Pair("Schedule", spec.Text("schedule"));
                Pair("Concurrency Policy", spec.Text("concurrencyPolicy") ?? "Allow");
                Pair("Suspend", spec.Text("suspend") == "true" ? "True" : "False");
                Pair("Successful Job History Limit", spec.Text("successfulJobsHistoryLimit") ?? "3");
                Pair("Failed Job History Limit", spec.Text("failedJobsHistoryLimit") ?? "1");
                Pair("Starting Deadline Seconds", spec.Text("startingDeadlineSeconds") is { } deadline ? deadline + "s" : "<unset>");
                Pair("Last Schedule Time", status.At("lastScheduleTime").Time() is { } last ? context.Moment(last) : "<unset>");
                writer.List(0, "Active Jobs", status.At("active").Items().Select(job => job.Text("name") ?? ""), Column);
                break;
        }
    }

    private static void Job(JsonElement spec, JsonElement status, DescriptionContext context, Action<string, string?> pair)
    {
        pair("Parallelism", spec.Text("parallelism") ?? "1");
        pair("Completions", spec.Text("completions") ?? "<unset>");
        pair("Completion Mode", spec.Text("completionMode") ?? "NonIndexed");
        pair("Suspend", spec.Text("suspend") ?? "false");
        pair("Backoff Limit", spec.Text("backoffLimit") ?? "6");
        if (spec.Text("ttlSecondsAfterFinished") is { } kept)
        {
            pair("TTL Seconds After Finished", kept);
        }

        var start = status.At("startTime").Time();
        if (start is not null)
        {
            pair("Start Time", context.Moment(start));
        }

        if (status.At("completionTime").Time() is { } end)
        {
            pair("Completed At", context.Moment(end));
            pair("Duration", HumanDuration.Format(end - (start ?? end)));
        }
    }

    /// <summary>How its pods are, where they are known.</summary>
    private static void PodsStatus(DescriptionWriter writer, DescriptionContext context)
    {
        if (context.Around.Pods is not { } pods || context.Entry.KnownKind is not ("ReplicaSet" or "StatefulSet" or "DaemonSet"))
        {
            return;
        }

        var phases = pods.Select(pod =>
            {
                using var json = ObjectJson.Parse(pod.Object);
                return json.RootElement.Text("status", "phase");
            })
            .ToArray();
        int Of(string phase) => phases.Count(text => text == phase);
        writer.Pair(
            0,
            "Pods Status",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Of("Running")} Running / {Of("Pending")} Waiting / {Of("Succeeded")} Succeeded / {Of("Failed")} Failed"
            ),
            Column
        );
    }

    private static void Claims(DescriptionWriter writer, JsonElement claims)
    {
        if (!claims.Items().Any())
        {
            return;
        }

        writer.Head(0, "Volume Claims");
        foreach (var claim in claims.Items())
        {
            writer.Pair(1, "Name", claim.Text("metadata", "name"), Column - 2);
            writer.Pair(1, "StorageClass", claim.Text("spec", "storageClassName"), Column - 2);
            writer.Pair(1, "Capacity", claim.Text("spec", "resources", "requests", "storage"), Column - 2);
            writer.Pair(
                1,
                "Access Modes",
                string.Join(", ", claim.At("spec", "accessModes").Items().Select(mode => mode.GetString())),
                Column - 2
            );
        }
    }

    /// <summary>Owned objects: ReplicaSets and Jobs with their numbers.</summary>
    private static void Owned(DescriptionWriter writer, DescriptionContext context)
    {
        if (context.Around.Owned is not { Count: > 0 } owned || context.Entry.KnownKind is not ("Deployment" or "CronJob"))
        {
            return;
        }

        var areJobs = context.Entry.KnownKind == "CronJob";
        writer.Head(0, areJobs ? "Jobs" : "ReplicaSets");
        writer.Table(
            1,
            ["Name", "State", "Age"],
            [
                .. owned
                    .OrderByDescending(below => below.Object.CreationTimestamp)
                    .Select(below =>
                    {
                        using var json = ObjectJson.Parse(below.Object);
                        var root = json.RootElement;
                        var state = areJobs
                            ? $"{root.Text("status", "succeeded") ?? "0"} succeeded"
                            : $"{root.Text("status", "readyReplicas") ?? "0"}/{root.Text("spec", "replicas") ?? "0"} ready";
                        return new[] { below.Object.Name, state, HumanDuration.Age(below.Object.CreationTimestamp, context.Now) };
                    }),
            ]
        );
    }
}
