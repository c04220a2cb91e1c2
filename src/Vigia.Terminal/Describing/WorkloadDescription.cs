using System.Text.Json;
using Vigia.Catalog;
using Vigia.Catalog.Paths;
using Vigia.Terminal.Objects;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Describing;

/// <summary>What makes pods: Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs.</summary>
internal static class WorkloadDescription
{
    public static void Write(DescriptionWriter writer, ObjectDocumentContext context)
    {
        var (json, kind) = (context.Json, context.Object.Kind);
        var (spec, status) = (json.At("spec"), json.At("status"));
        const int column = Description.Column;
        if (DrillDown.SelectorOf(spec.At("selector")) is { } selector)
        {
            writer.Pair(0, "Selector", selector.ToString(), column);
        }

        Figures(writer, kind, spec, status, context.Now, column);
        var template = kind == "CronJob" ? spec.At("jobTemplate", "spec", "template") : spec.At("template");
        writer.Head(0, "Pod Template");
        writer.List(1, "Labels", template.At("metadata", "labels").Members().Select(label => $"{label.Name}={label.Value.Text()}"), column - 2);
        if (template.Text("spec", "serviceAccountName") is { } account)
        {
            writer.Pair(1, "Service Account", account, column - 2);
        }

        PodDescription.Containers(writer, "Init Containers", template.At("spec", "initContainers"), default, context.Now);
        PodDescription.Containers(writer, "Containers", template.At("spec", "containers"), default, context.Now);
        Description.Conditions(writer, json, context.Now);
        Owned(writer, context);
    }

    private static void Figures(DescriptionWriter writer, string kind, JsonElement spec, JsonElement status, DateTimeOffset now, int column)
    {
        string Of(string name) => status.Text(name) ?? "0";
        switch (kind)
        {
            case "Deployment":
                writer.Pair(0, "Replicas", $"{spec.Text("replicas") ?? "1"} desired | {Of("updatedReplicas")} updated | {Of("replicas")} total | {Of("availableReplicas")} available | {Of("unavailableReplicas")} unavailable", column);
                writer.Pair(0, "Strategy", $"{spec.Text("strategy", "type") ?? "RollingUpdate"}{(spec.At("strategy", "rollingUpdate") is { ValueKind: JsonValueKind.Object } rolling ? $", {rolling.Text("maxUnavailable") ?? "25%"} max unavailable, {rolling.Text("maxSurge") ?? "25%"} max surge" : "")}", column);
                writer.Pair(0, "Min Ready Seconds", spec.Text("minReadySeconds") ?? "0", column);
                break;
            case "ReplicaSet" or "StatefulSet":
                writer.Pair(0, "Replicas", $"{Of("replicas")} current / {spec.Text("replicas") ?? "1"} desired | {Of("readyReplicas")} ready", column);
                break;
            case "DaemonSet":
                writer.Pair(0, "Nodes", $"{Of("desiredNumberScheduled")} desired | {Of("currentNumberScheduled")} current | {Of("updatedNumberScheduled")} up to date | {Of("numberAvailable")} available | {Of("numberMisscheduled")} misscheduled", column);
                break;
            case "Job":
                writer.Pair(0, "Completions", spec.Text("completions"), column);
                writer.Pair(0, "Parallelism", spec.Text("parallelism") ?? "1", column);
                writer.Pair(0, "Started", Description.Moment(status.At("startTime").Time(), now), column);
                if (status.At("completionTime").Time() is { } end)
                {
                    writer.Pair(0, "Completed", Description.Moment(end, now), column);
                    writer.Pair(0, "Duration", HumanDuration.Format(end - (status.At("startTime").Time() ?? end)), column);
                }

                writer.Pair(0, "Pods", $"{Of("active")} active | {Of("succeeded")} succeeded | {Of("failed")} failed", column);
                break;
            default:
                writer.Pair(0, "Schedule", spec.Text("schedule"), column);
                writer.Pair(0, "Suspend", spec.Text("suspend") == "true" ? "True" : "False", column);
                writer.Pair(0, "Concurrency Policy", spec.Text("concurrencyPolicy") ?? "Allow", column);
                writer.Pair(0, "Last Schedule", Description.Moment(status.At("lastScheduleTime").Time(), now), column);
                writer.List(0, "Active Jobs", status.At("active").Items().Select(job => job.Text("name") ?? ""), column);
                break;
        }
    }

    /// <summary>What it owns, from memory: ReplicaSets and Jobs with their numbers.</summary>
    private static void Owned(DescriptionWriter writer, ObjectDocumentContext context)
    {
        var below = context.Object.Kind switch { "Deployment" => "replicasets", "CronJob" => "jobs", _ => null };
        if (below is null || context.Link.Find(below)?.Informer is not { } informer)
        {
            return;
        }

        var uid = context.Object.Uid;
        var rows = informer.Store.List(context.Object.Namespace).Where(o => o.Owners.Any(owner => owner.Uid == uid)).OrderByDescending(o => o.CreationTimestamp).Select(o =>
        {
            using var json = ObjectJson.Parse(o);
            return new[] { o.Name, below == "jobs" ? $"{json.RootElement.Text("status", "succeeded") ?? "0"} succeeded" : $"{json.RootElement.Text("status", "readyReplicas") ?? "0"}/{json.RootElement.Text("spec", "replicas") ?? "0"} ready", HumanDuration.Age(o.CreationTimestamp, context.Now) };
        }).ToArray();
        if (rows.Length > 0)
        {
            writer.Head(0, below == "jobs" ? "Jobs" : "ReplicaSets");
            writer.Table(2, ["NAME", "STATE", "AGE"], rows);
        }
    }
}
