using System.Text.Json;
using Vigia.Catalog.Paths;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Describing;

/// <summary>A pod: where it runs, its containers and what they do, its volumes.</summary>
internal static class PodDescription
{
    public static void Write(DescriptionWriter writer, ObjectDocumentContext context)
    {
        var json = context.Json;
        var (spec, status) = (json.At("spec"), json.At("status"));
        const int column = Description.Column;
        writer.Pair(0, "Status", RowText(context, "status"), column, RoleOf(context));
        if (status.Text("reason") is { } reason)
        {
            writer.Pair(0, "Reason", reason, column, TextRole.Warning);
        }

        if (status.Text("message") is { } message)
        {
            writer.Pair(0, "Message", message, column, TextRole.Warning);
        }

        writer.Pair(0, "Node", $"{spec.Text("nodeName") ?? "<none>"}{(status.Text("hostIP") is { } host ? $"/{host}" : "")}", column);
        writer.Pair(0, "IP", status.At("podIPs").Items().Any() ? string.Join(", ", status.At("podIPs").Items().Select(ip => ip.Text("ip"))) : status.Text("podIP"), column);
        writer.Pair(0, "Start Time", Description.Moment(status.At("startTime").Time(), context.Now), column);
        writer.Pair(0, "Service Account", spec.Text("serviceAccountName") ?? "default", column);
        writer.Pair(0, "Priority", $"{spec.Text("priority") ?? "0"}{(spec.Text("priorityClassName") is { } name ? $" ({name})" : "")}", column);
        writer.Pair(0, "QoS Class", status.Text("qosClass"), column);
        Containers(writer, "Init Containers", spec.At("initContainers"), status.At("initContainerStatuses"), context.Now);
        Containers(writer, "Containers", spec.At("containers"), status.At("containerStatuses"), context.Now);
        Containers(writer, "Ephemeral Containers", spec.At("ephemeralContainers"), status.At("ephemeralContainerStatuses"), context.Now);
        Description.Conditions(writer, json, context.Now);
        Volumes(writer, spec.At("volumes"));
        writer.List(0, "Node-Selectors", spec.At("nodeSelector").Members().Select(member => $"{member.Name}={member.Value.Text()}"), column);
        writer.List(0, "Tolerations", spec.At("tolerations").Items().Select(Toleration), column);
    }

    public static void Containers(DescriptionWriter writer, string title, JsonElement containers, JsonElement statuses, DateTimeOffset now)
    {
        if (!containers.Items().Any())
        {
            return;
        }

        writer.Head(0, title);
        foreach (var container in containers.Items())
        {
            var name = container.Text("name") ?? "";
            var status = statuses.Items().FirstOrDefault(status => status.Text("name") == name);
            writer.Head(1, name);
            const int column = 18;
            writer.Pair(2, "Image", container.Text("image"), column);
            if (status.ValueKind == JsonValueKind.Object)
            {
                writer.Pair(2, "Image ID", status.Text("imageID"), column);
                writer.Pair(2, "Container ID", status.Text("containerID"), column);
            }

            Texts(writer, "Command", container.At("command"), column);
            Texts(writer, "Args", container.At("args"), column);
            if (container.At("ports").Items().Any())
            {
                writer.Pair(2, "Ports", string.Join(", ", container.At("ports").Items().Select(port => $"{port.Text("containerPort")}/{port.Text("protocol") ?? "TCP"}{(port.Text("name") is { } portName ? $" ({portName})" : "")}")), column);
            }

            if (status.ValueKind == JsonValueKind.Object)
            {
                State(writer, "State", status.At("state"), column, now);
                State(writer, "Last State", status.At("lastState"), column, now);
                writer.Pair(2, "Ready", status.Text("ready") == "true" ? "True" : "False", column, status.Text("ready") == "true" ? TextRole.Good : TextRole.Warning);
                writer.Pair(2, "Restart Count", status.Text("restartCount"), column);
            }

            Pairs(writer, "Limits", container.At("resources", "limits"), column);
            Pairs(writer, "Requests", container.At("resources", "requests"), column);
            foreach (var (probe, label) in new[] { ("livenessProbe", "Liveness"), ("readinessProbe", "Readiness"), ("startupProbe", "Startup") })
            {
                if (container.At(probe).ValueKind == JsonValueKind.Object)
                {
                    writer.Pair(2, label, Probe(container.At(probe)), column);
                }
            }

            writer.List(2, "Environment", container.At("envFrom").Items().Select(from => $"all of {(from.Text("configMapRef", "name") is { } map ? $"ConfigMap {map}" : $"Secret {from.Text("secretRef", "name")}")}").Concat(container.At("env").Items().Select(Variable)), column);
            writer.List(2, "Mounts", container.At("volumeMounts").Items().Select(mount => $"{mount.Text("mountPath")} from {mount.Text("name")} ({(mount.Text("readOnly") == "true" ? "ro" : "rw")}{(mount.Text("subPath") is { } path ? $", path={path}" : "")})"), column);
        }
    }

    private static TextRole RoleOf(ObjectDocumentContext context) => context.Feed.Entry.RowOf(context.Object).Health switch
    {
        Catalog.Rows.RowHealth.Ok => TextRole.Good,
        Catalog.Rows.RowHealth.Warning => TextRole.Warning,
        _ => TextRole.Bad,
    };

    private static string? RowText(ObjectDocumentContext context, string key)
    {
        var row = context.Feed.Entry.RowOf(context.Object);
        for (var i = 0; i < row.Entry.Columns.Count; i++)
        {
            if (row.Entry.Columns[i].Key == key)
            {
                return row.Text(i, context.Now);
            }
        }

        return context.Json.Text("status", "phase");
    }

    private static void State(DescriptionWriter writer, string title, JsonElement state, int column, DateTimeOffset now)
    {
        foreach (var member in state.Members())
        {
            var (word, role) = member.Name switch { "running" => ("Running", TextRole.Good), "waiting" => ("Waiting", TextRole.Warning), _ => ("Terminated", TextRole.Warning) };
            writer.Pair(2, title, word, column, role);
            foreach (var (name, label) in new[] { ("reason", "Reason"), ("message", "Message"), ("exitCode", "Exit Code"), ("signal", "Signal") })
            {
                if (member.Value.Text(name) is { } text)
                {
                    writer.Pair(3, label, Description.Cut(text), column - 2);
                }
            }

            foreach (var (name, label) in new[] { ("startedAt", "Started"), ("finishedAt", "Finished") })
            {
                if (member.Value.At(name).Time() is { } time)
                {
                    writer.Pair(3, label, Description.Moment(time, now), column - 2);
                }
            }
        }
    }

    private static void Texts(DescriptionWriter writer, string title, JsonElement list, int column)
    {
        if (list.Items().Any())
        {
            writer.List(2, title, list.Items().Select(item => Description.Cut(item.GetString() ?? "")), column);
        }
    }

    private static void Pairs(DescriptionWriter writer, string title, JsonElement pairs, int column)
    {
        if (pairs.Members().Any())
        {
            writer.Pair(2, title, Description.Pairs(pairs), column);
        }
    }

    private static string Probe(JsonElement probe)
    {
        var what = probe.At("httpGet") is { ValueKind: JsonValueKind.Object } http ? $"http-get {(http.Text("scheme") ?? "HTTP").ToLowerInvariant()}://{http.Text("host")}:{http.Text("port")}{http.Text("path")}"
            : probe.At("exec") is { ValueKind: JsonValueKind.Object } exec ? $"exec [{string.Join(' ', exec.At("command").Items().Select(item => item.GetString()))}]"
            : probe.At("tcpSocket") is { ValueKind: JsonValueKind.Object } tcp ? $"tcp-socket {tcp.Text("host")}:{tcp.Text("port")}"
            : $"grpc :{probe.Text("grpc", "port")}";
        return $"{what} delay={probe.Text("initialDelaySeconds") ?? "0"}s timeout={probe.Text("timeoutSeconds") ?? "1"}s period={probe.Text("periodSeconds") ?? "10"}s #success={probe.Text("successThreshold") ?? "1"} #failure={probe.Text("failureThreshold") ?? "3"}";
    }

    private static string Variable(JsonElement variable)
    {
        var name = variable.Text("name");
        var from = variable.At("valueFrom");
        return from.At("secretKeyRef") is { ValueKind: JsonValueKind.Object } secret ? $"{name}: <key '{secret.Text("key")}' of Secret {secret.Text("name")}>"
            : from.At("configMapKeyRef") is { ValueKind: JsonValueKind.Object } map ? $"{name}: <key '{map.Text("key")}' of ConfigMap {map.Text("name")}>"
            : from.At("fieldRef") is { ValueKind: JsonValueKind.Object } field ? $"{name}: ({field.Text("apiVersion") ?? "v1"}:{field.Text("fieldPath")})"
            : from.At("resourceFieldRef") is { ValueKind: JsonValueKind.Object } resource ? $"{name}: ({resource.Text("resource")})"
            : $"{name}: {Description.Cut(variable.Text("value") ?? "")}";
    }

    private static void Volumes(DescriptionWriter writer, JsonElement volumes)
    {
        if (!volumes.Items().Any())
        {
            return;
        }

        writer.Head(0, "Volumes");
        foreach (var volume in volumes.Items())
        {
            var source = volume.Members().FirstOrDefault(member => member.Name != "name");
            var detail = source.Name switch
            {
                "configMap" => $"ConfigMap {source.Value.Text("name")}",
                "secret" => $"Secret {source.Value.Text("secretName")}",
                "persistentVolumeClaim" => $"PersistentVolumeClaim {source.Value.Text("claimName")}{(source.Value.Text("readOnly") == "true" ? " (ro)" : "")}",
                "hostPath" => $"HostPath {source.Value.Text("path")}",
                "emptyDir" => $"EmptyDir{(source.Value.Text("medium") is { } medium ? $" on {medium}" : "")}{(source.Value.Text("sizeLimit") is { } limit ? $", at most {limit}" : "")}",
                "projected" => "Projected: " + string.Join(", ", source.Value.At("sources").Items().SelectMany(part => part.Members()).Select(part => part.Name + (part.Value.Text("name") is { } name ? " " + name : ""))),
                null => "",
                _ => source.Name,
            };
            writer.Pair(1, volume.Text("name") ?? "", detail, Description.Column - 2);
        }
    }

    private static string Toleration(JsonElement toleration)
        => $"{toleration.Text("key")}{(toleration.Text("value") is { } value ? "=" + value : "")}{(toleration.Text("effect") is { } effect ? ":" + effect : "")}{(toleration.Text("operator") == "Exists" ? " op=Exists" : "")}{(toleration.Text("tolerationSeconds") is { } seconds ? $" for {seconds}s" : "")}";
}
