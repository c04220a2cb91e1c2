using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>Writes the status of a pod from the kubelet's record, in the real kubelet's form.</summary>
internal static class PodStatus
{
    public static JsonObject Of(JsonObject pod, PodRecord record, string hostIp)
    {
        var spec = pod["spec"] as JsonObject ?? [];
        var status = new JsonObject { ["phase"] = record.Phase };
        if (record.Reason == "Evicted" && record.Phase == "Failed")
        {
            status["message"] =
                "The node was low on resource: memory. Threshold quantity: 100Mi, available: 87452Ki. Container main was using 1843200Ki, "
                + "request is 512Mi, has larger consumption of memory. ";
            status["reason"] = "Evicted";
            status["startTime"] = Json.Time(record.StartedAt);
            status["qosClass"] = QualityOfService(pod);
            return status;
        }

        status["conditions"] = Conditions(spec, record);
        if (record.Node.Length == 0 || !record.Started)
        {
            status["qosClass"] = QualityOfService(pod);
            return status;
        }

        status["hostIP"] = hostIp;
        status["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = hostIp });
        if (record.Ip.Length > 0)
        {
            status["podIP"] = record.Ip;
            status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = record.Ip });
        }

        status["startTime"] = Json.Time(record.StartedAt);
        if (spec["initContainers"] is JsonArray { Count: > 0 } init)
        {
            status["initContainerStatuses"] = new JsonArray([.. init.OfType<JsonObject>().Select(c => InitContainer(c, record))]);
        }

        var containers = (spec["containers"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        status["containerStatuses"] = new JsonArray([.. containers.Select((c, i) => Container(c, record, main: i == 0))]);
        status["qosClass"] = QualityOfService(pod);
        return status;
    }

    public static string ContainerId(PodRecord record, string name, int restart)
    {
        var text = $"{record.Uid.Replace("-", "", StringComparison.Ordinal)}{Json.Hash(JsonValue.Create($"{name}/{restart}"))}";
        return "containerd://"
            + string.Concat(Enumerable.Range(0, 64).Select(i => "0123456789abcdef"[(text[i % text.Length] + (i * 7) + restart) & 15]));
    }

    private static JsonArray Conditions(JsonObject spec, PodRecord record)
    {
        var list = new JsonArray();
        var created = Json.Time(record.Created);
        if (record.Node.Length == 0)
        {
            if (record.Reason == "Unschedulable")
            {
                list.AddNode(
                    Condition("PodScheduled", false, created, "Unschedulable", "0 nodes are available: no node is ready and schedulable.")
                );
            }

            return list;
        }

        var done = record.Phase == "Succeeded";
        var ready = record is { Ready: true, Phase: "Running" };
        var reason = done ? "PodCompleted" : "ContainersNotReady";
        var changed = Json.Time(record.ReadyChangedAt == default ? record.Created : record.ReadyChangedAt);
        var names = string.Join(
            ' ',
            (spec["containers"] as JsonArray ?? []).OfType<JsonObject>().Take(1).Select(c => Json.Text(c["name"]))
        );
        var message = done ? null : $"containers with unready status: [{names}]";
        if (record.Started)
        {
            list.AddNode(Condition("Initialized", true, Json.Time(record.StartedAt), done ? "PodCompleted" : null, null));
            list.AddNode(Condition("Ready", ready, changed, ready ? null : reason, ready ? null : message));
            list.AddNode(Condition("ContainersReady", ready, changed, ready ? null : reason, ready ? null : message));
        }

        list.AddNode(Condition("PodScheduled", true, created, null, null));
        return list;
    }

    private static JsonObject Condition(string type, bool holds, string since, string? reason, string? message)
    {
        var condition = new JsonObject
        {
            ["type"] = type,
            ["status"] = holds ? "True" : "False",
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = since,
        };
        if (reason is not null)
        {
            condition["reason"] = reason;
        }

        if (message is not null)
        {
            condition["message"] = message;
        }

        return condition;
    }

    private static JsonObject InitContainer(JsonObject container, PodRecord record)
    {
        var (name, image) = (Json.Text(container["name"]), Json.Text(container["image"]));
        var id = ContainerId(record, name, 0);
        var at = Json.Time(record.StartedAt);
        return new JsonObject
        {
            ["name"] = name,
            ["state"] = new JsonObject
            {
                ["terminated"] = new JsonObject
                {
                    ["exitCode"] = 0,
                    ["reason"] = "Completed",
                    ["startedAt"] = at,
                    ["finishedAt"] = at,
                    ["containerID"] = id,
                },
            },
            ["lastState"] = new JsonObject(),
            ["ready"] = true,
            ["restartCount"] = 0,
            ["image"] = image,
            ["imageID"] = ImageId(image),
            ["containerID"] = id,
        };
    }

    private static JsonObject Container(JsonObject container, PodRecord record, bool main)
    {
        var (name, image) = (Json.Text(container["name"]), Json.Text(container["image"]));
        var restarts = main ? record.Restarts : 0;
        // A sidecar follows the main container, but neither crashes nor fails to be pulled.
        var stage =
            main
            || record.Phase is "Pending" or "Succeeded" or "Failed"
            || record.Stage == ContainerStage.Terminated && record.Phase != "Running"
                ? record.Stage
                : ContainerStage.Running;
        var state = stage switch
        {
            ContainerStage.Running => new JsonObject
            {
                ["running"] = new JsonObject { ["startedAt"] = Json.Time(main ? record.ContainerStartedAt : record.StartedAt) },
            },
            ContainerStage.Waiting => new JsonObject { ["waiting"] = Waiting(record, name, image) },
            _ => new JsonObject
            {
                ["terminated"] = Terminated(
                    record.ExitCode,
                    record.Reason,
                    record.ContainerStartedAt,
                    record.FinishedAt,
                    ContainerId(record, name, restarts)
                ),
            },
        };
        var last = new JsonObject();
        if (main && record.LastReason.Length > 0)
        {
            last["terminated"] = Terminated(
                record.LastExitCode,
                record.LastReason,
                record.LastStartedAt,
                record.FinishedAt,
                ContainerId(record, name, restarts - 1)
            );
        }

        var known = stage != ContainerStage.Waiting || record.LastReason.Length > 0;
        var status = new JsonObject
        {
            ["name"] = name,
            ["state"] = state,
            ["lastState"] = last,
            ["ready"] = stage == ContainerStage.Running && (!main || record.Ready),
            ["restartCount"] = restarts,
            ["image"] = image,
            ["imageID"] = known ? ImageId(image) : "",
            ["started"] = stage == ContainerStage.Running,
        };
        if (known)
        {
            status["containerID"] = ContainerId(record, name, restarts);
        }

        return status;
    }

    private static JsonObject Waiting(PodRecord record, string name, string image)
    {
        var waiting = new JsonObject { ["reason"] = record.Reason };
        var message = record.Reason switch
        {
            "CrashLoopBackOff" => $"back-off {Kubelet.BackOff(record.Restarts).TotalSeconds:0}s restarting failed container={name} "
                + $"pod={record.Key.Name}_{record.Key.Namespace}({record.Uid})",
            "ImagePullBackOff" => $"Back-off pulling image \"{image}\"",
            "ErrImagePull" => $"rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": not found",
            _ => null,
        };
        if (message is not null)
        {
            waiting["message"] = message;
        }

        return waiting;
    }

    private static JsonObject Terminated(int exitCode, string reason, DateTimeOffset from, DateTimeOffset to, string id) =>
        new()
        {
            ["exitCode"] = exitCode,
            ["reason"] = reason,
            ["startedAt"] = Json.Time(from),
            ["finishedAt"] = Json.Time(to),
            ["containerID"] = id,
        };

    private static string ImageId(string image)
    {
        var slash = image.LastIndexOf('/');
        var colon = image.IndexOf(':', slash + 1);
        var hash = Json.Hash(JsonValue.Create(image));
        var digest = string.Concat(Enumerable.Range(0, 64).Select(i => "0123456789abcdef"[(hash[i % 10] + (i * 5)) & 15]));
        return $"{(colon < 0 ? image : image[..colon])}@sha256:{digest}";
    }

    private static string QualityOfService(JsonObject pod)
    {
        if (pod["status"]?["qosClass"] is { } known)
        {
            return Json.Text(known);
        }

        var containers = (pod["spec"]?["containers"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        var any = containers.Exists(c => c["resources"] is JsonObject { Count: > 0 });
        var all = containers.TrueForAll(c =>
            c["resources"]?["limits"] is JsonObject limits && JsonNode.DeepEquals(limits, c["resources"]?["requests"])
        );
        return !any ? "BestEffort"
            : all ? "Guaranteed"
            : "Burstable";
    }
}
