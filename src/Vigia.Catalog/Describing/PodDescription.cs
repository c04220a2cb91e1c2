using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Describing;

/// <summary>A pod: its node, its containers and their states, its volumes.</summary>
internal static class PodDescription
{
    public static void Write(DescriptionWriter writer, DescriptionContext context)
    {
        var json = context.Json;
        var (spec, status) = (json.At("spec"), json.At("status"));
        const int column = Description.Column;
        writer.Pair(0, "Priority", spec.Text("priority") ?? "0", column);
        if (spec.Text("priorityClassName") is { } priority)
        {
            writer.Pair(0, "Priority Class Name", priority, column);
        }

        writer.Pair(0, "Service Account", spec.Text("serviceAccountName") ?? "default", column);
        writer.Pair(
            0,
            "Node",
            spec.Text("nodeName") is { } node ? $"{node}{(status.Text("hostIP") is { } host ? $"/{host}" : "")}" : null,
            column
        );
        if (status.At("startTime").Time() is { } start)
        {
            writer.Pair(0, "Start Time", context.Moment(start), column);
        }

        writer.Pair(0, "Status", Status(context, status.Text("phase")), column, ToneOf(context));
        if (status.Text("reason") is { } reason)
        {
            writer.Pair(0, "Reason", reason, column, Tone.Warning);
        }

        if (status.Text("message") is { } message)
        {
            writer.Pair(0, "Message", message, column, Tone.Warning);
        }

        writer.Pair(0, "IP", status.Text("podIP"), column);
        writer.List(0, "IPs", status.At("podIPs").Items().Select(ip => ip.Text("ip") ?? ""), column);
        ContainerDescription.Write(writer, 0, "Init Containers", spec.At("initContainers"), status.At("initContainerStatuses"), context);
        ContainerDescription.Write(writer, 0, "Containers", spec.At("containers"), status.At("containerStatuses"), context);
        ContainerDescription.Write(
            writer,
            0,
            "Ephemeral Containers",
            spec.At("ephemeralContainers"),
            status.At("ephemeralContainerStatuses"),
            context
        );
        Description.Conditions(writer, context);
        VolumeDescription.Write(writer, 0, spec.At("volumes"));
        writer.Pair(0, "QoS Class", status.Text("qosClass"), column);
        Scheduling(writer, 0, spec);
    }

    /// <summary>Restrictions on the pod's node.</summary>
    public static void Scheduling(DescriptionWriter writer, int depth, System.Text.Json.JsonElement spec)
    {
        var column = Description.Column - (depth * 2);
        writer.List(
            depth,
            "Node-Selectors",
            spec.At("nodeSelector").Members().Select(member => $"{member.Name}={member.Value.Text()}"),
            column
        );
        writer.List(depth, "Tolerations", spec.At("tolerations").Items().Select(Toleration), column);
    }

    /// <summary>The phase, and the word of kubectl's table where it says more.</summary>
    private static string? Status(DescriptionContext context, string? phase)
    {
        var word = context.RowText("status");
        return phase is null ? word
            : word is null || word == phase ? phase
            : $"{phase} ({word})";
    }

    private static Tone ToneOf(DescriptionContext context) =>
        context.Entry.RowOf(context.Object).Health switch
        {
            RowHealth.Ok => Tone.Good,
            RowHealth.Warning => Tone.Warning,
            _ => Tone.Bad,
        };

    private static string Toleration(System.Text.Json.JsonElement toleration)
    {
        var value = toleration.Text("value") is { } text ? "=" + text : "";
        var effect = toleration.Text("effect") is { } named ? ":" + named : "";
        var exists = toleration.Text("operator") == "Exists" ? " op=Exists" : "";
        var duration = toleration.Text("tolerationSeconds") is { } seconds ? $" for {seconds}s" : "";
        return $"{toleration.Text("key")}{value}{effect}{exists}{duration}".Trim();
    }
}
