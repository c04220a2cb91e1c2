using System.Text.Json;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Describing;

/// <summary>Containers, of a pod or of the template of one.</summary>
internal static class ContainerDescription
{
    private const int Column = 18;

    public static void Write(
        DescriptionWriter writer,
        int depth,
        string title,
        JsonElement containers,
        JsonElement statuses,
        DescriptionContext context
    )
    {
        if (!containers.Items().Any())
        {
            return;
        }

        writer.Head(depth, title);
        foreach (var container in containers.Items())
        {
            var name = container.Text("name") ?? "";
            var status = statuses.Items().FirstOrDefault(status => status.Text("name") == name);
            writer.Head(depth + 1, name);
            Container(writer, depth + 2, container, status, context);
        }
    }

    private static void Container(
        DescriptionWriter writer,
        int depth,
        JsonElement container,
        JsonElement status,
        DescriptionContext context
    )
    {
        var isRun = status.ValueKind == JsonValueKind.Object;
        if (isRun)
        {
            writer.Pair(depth, "Container ID", status.Text("containerID"), Column);
        }

        writer.Pair(depth, "Image", container.Text("image"), Column);
        if (isRun)
        {
            writer.Pair(depth, "Image ID", status.Text("imageID"), Column);
        }

        Ports(writer, depth, container.At("ports"));
        Texts(writer, depth, "Command", container.At("command"));
        Texts(writer, depth, "Args", container.At("args"));
        if (isRun)
        {
            var isReady = status.Text("ready") == "true";
            State(writer, depth, "State", status.At("state"), context);
            State(writer, depth, "Last State", status.At("lastState"), context);
            writer.Pair(depth, "Ready", isReady ? "True" : "False", Column, isReady ? Tone.Good : Tone.Warning);
            writer.Pair(depth, "Restart Count", status.Text("restartCount") ?? "0", Column);
        }

        Quantities(writer, depth, "Limits", container.At("resources", "limits"));
        Quantities(writer, depth, "Requests", container.At("resources", "requests"));
        foreach (
            var (probe, label) in new[] { ("livenessProbe", "Liveness"), ("readinessProbe", "Readiness"), ("startupProbe", "Startup") }
        )
        {
            if (container.At(probe).ValueKind == JsonValueKind.Object)
            {
                writer.Pair(depth, label, Probe(container.At(probe)), Column);
            }
        }

        if (container.At("envFrom").Items().Any())
        {
            writer.List(depth, "Environment Variables from", container.At("envFrom").Items().Select(From), Column);
        }

        Environment(writer, depth, container.At("env"), context);
        writer.List(
            depth,
            "Mounts",
            container
                .At("volumeMounts")
                .Items()
                .Select(mount =>
                {
                    var mode = mount.Text("readOnly") == "true" ? "ro" : "rw";
                    var part = mount.Text("subPath") is { } path ? $",path=\"{path}\"" : "";
                    return $"{mount.Text("mountPath")} from {mount.Text("name")} ({mode}{part})";
                })
                .Order(StringComparer.Ordinal),
            Column
        );
    }

    private static void Ports(DescriptionWriter writer, int depth, JsonElement ports)
    {
        var many = ports.Items().Count() > 1 ? "s" : "";
        writer.Pair(
            depth,
            "Port" + many,
            string.Join(", ", ports.Items().Select(port => $"{port.Text("containerPort")}/{port.Text("protocol") ?? "TCP"}")),
            Column
        );
        writer.Pair(
            depth,
            "Host Port" + many,
            string.Join(", ", ports.Items().Select(port => $"{port.Text("hostPort") ?? "0"}/{port.Text("protocol") ?? "TCP"}")),
            Column
        );
    }

    private static void Environment(DescriptionWriter writer, int depth, JsonElement variables, DescriptionContext context)
    {
        if (!variables.Items().Any())
        {
            writer.Pair(depth, "Environment", null, Column);
            return;
        }

        writer.Head(depth, "Environment");
        var width = variables.Items().Max(variable => (variable.Text("name") ?? "").Length) + 3;
        foreach (var variable in variables.Items())
        {
            writer.Pair(depth + 1, variable.Text("name") ?? "", Value(variable, context), width);
        }
    }

    private static string? Value(JsonElement variable, DescriptionContext context)
    {
        var from = variable.At("valueFrom");
        return from.At("secretKeyRef") is { ValueKind: JsonValueKind.Object } secret
                ? $"<set to the key '{secret.Text("key")}' in secret '{secret.Text("name")}'>  Optional: "
                    + $"{secret.Text("optional") ?? "false"}"
            : from.At("configMapKeyRef") is { ValueKind: JsonValueKind.Object } map
                ? $"<set to the key '{map.Text("key")}' of config map '{map.Text("name")}'>  Optional: {map.Text("optional") ?? "false"}"
            : from.At("fieldRef") is { ValueKind: JsonValueKind.Object } field
                ? $"{Field(field.Text("fieldPath"), context)} ({field.Text("apiVersion") ?? "v1"}:{field.Text("fieldPath")})".TrimStart()
            : from.At("resourceFieldRef") is { ValueKind: JsonValueKind.Object } resource ? $"({resource.Text("resource")})"
            : variable.Text("value") is { } text ? Description.Cut(text)
            : null;
    }

    private static string? Field(string? path, DescriptionContext context) =>
        context.Object.Kind != "Pod"
            ? null
            : path switch
            {
                "metadata.name" => context.Object.Name,
                "metadata.namespace" => context.Object.Namespace,
                _ => null,
            };

    private static string From(JsonElement source)
    {
        var prefix = source.Text("prefix") is { Length: > 0 } with ? $" with prefix '{with}'" : "";
        return source.Text("configMapRef", "name") is { } map
            ? $"{map}  ConfigMap{prefix}  Optional: {source.Text("configMapRef", "optional") ?? "false"}"
            : $"{source.Text("secretRef", "name")}  Secret{prefix}  Optional: {source.Text("secretRef", "optional") ?? "false"}";
    }

    private static void State(DescriptionWriter writer, int depth, string title, JsonElement state, DescriptionContext context)
    {
        foreach (var member in state.Members())
        {
            var (word, tone) = member.Name switch
            {
                "running" => ("Running", Tone.Good),
                "waiting" => ("Waiting", Tone.Warning),
                _ => ("Terminated", Tone.Warning),
            };
            writer.Pair(depth, title, word, Column, tone);
            foreach (
                var (name, label) in new[] { ("reason", "Reason"), ("message", "Message"), ("exitCode", "Exit Code"), ("signal", "Signal") }
            )
            {
                if (member.Value.Text(name) is { } text)
                {
                    writer.Pair(depth + 1, label, Description.Cut(text), Column - 2);
                }
            }

            foreach (var (name, label) in new[] { ("startedAt", "Started"), ("finishedAt", "Finished") })
            {
                if (member.Value.At(name).Time() is { } time)
                {
                    writer.Pair(depth + 1, label, context.Moment(time), Column - 2);
                }
            }
        }
    }

    private static void Texts(DescriptionWriter writer, int depth, string title, JsonElement list)
    {
        if (list.Items().Any())
        {
            writer.List(depth, title, list.Items().Select(item => Description.Cut(item.GetString() ?? "")), Column);
        }
    }

    private static void Quantities(DescriptionWriter writer, int depth, string title, JsonElement quantities)
    {
        if (quantities.Members().Any())
        {
            writer.Head(depth, title);
            foreach (var member in quantities.Members().OrderBy(member => member.Name, StringComparer.Ordinal))
            {
                writer.Pair(depth + 1, member.Name, member.Value.Text(), Column - 2);
            }
        }
    }

    private static string Probe(JsonElement probe)
    {
        var what =
            probe.At("httpGet") is { ValueKind: JsonValueKind.Object } http
                ? $"http-get "
                    + $"{(http.Text("scheme") ?? "HTTP").ToLowerInvariant()}://{http.Text("host")}:{http.Text("port")}{http.Text("path")}"
            : probe.At("exec") is { ValueKind: JsonValueKind.Object } exec
                ? $"exec [{string.Join(' ', exec.At("command").Items().Select(item => item.GetString()))}]"
            : probe.At("tcpSocket") is { ValueKind: JsonValueKind.Object } tcp ? $"tcp-socket {tcp.Text("host")}:{tcp.Text("port")}"
            : $"grpc <pod>:{probe.Text("grpc", "port")} {probe.Text("grpc", "service")}".TrimEnd();
        return $"{what} delay={probe.Text("initialDelaySeconds") ?? "0"}s timeout={probe.Text("timeoutSeconds") ?? "1"}s "
            + $"period={probe.Text("periodSeconds") ?? "10"}s #success={probe.Text("successThreshold") ?? "1"} "
            + $"#failure={probe.Text("failureThreshold") ?? "3"}";
    }
}
