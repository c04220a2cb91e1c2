using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Describing;

/// <summary>
/// The description of an object in kubectl's form and with its names: the head, then the fields of its kind, then its
/// conditions and events. Used by the terminal and the gateway.
/// </summary>
/// <remarks>
/// A pure function: it looks nothing up; the context has everything around the object. Of a Secret only metadata is
/// described.
/// </remarks>
internal static class Description
{
    /// <summary>Where the values of the head begin.</summary>
    public const int Column = 22;

    private const int LongestText = 160;

    /// <summary>The parts, in their order.</summary>
    public static IReadOnlyList<DescriptionItem> Write(DescriptionContext context)
    {
        var writer = new DescriptionWriter();
        Head(writer, context);
        switch (context.Entry.KnownKind)
        {
            case "Pod":
                PodDescription.Write(writer, context);
                break;
            case "Deployment" or "ReplicaSet" or "StatefulSet" or "DaemonSet" or "Job" or "CronJob":
                WorkloadDescription.Write(writer, context);
                break;
            case "Service":
                NetworkDescription.WriteService(writer, context);
                break;
            case "Ingress":
                NetworkDescription.WriteIngress(writer, context);
                break;
            case "Node":
                NodeDescription.Write(writer, context);
                break;
            case "PersistentVolumeClaim":
                StorageDescription.WriteClaim(writer, context);
                break;
            case "PersistentVolume":
                StorageDescription.WriteVolume(writer, context);
                break;
            case "HorizontalPodAutoscaler":
                AutoscalerDescription.Write(writer, context);
                break;
            case "ConfigMap":
                GenericDescription.WriteValues(writer, context.Json);
                break;
            case "Secret":
                writer.Pair(0, "Data", "<not read: only the metadata of Secrets is kept>", Column, Tone.Muted);
                break;
            default:
                GenericDescription.Write(writer, context.Json);
                break;
        }

        writer.Add(context.Around.More);
        EventLines.Write(writer, context);
        return writer.Items;
    }

    private static void Head(DescriptionWriter writer, DescriptionContext context)
    {
        var (obj, json) = (context.Object, context.Json);
        writer.Pair(0, "Name", obj.Name, Column, Tone.Accent);
        if (obj.Namespace.Length > 0)
        {
            writer.Pair(0, "Namespace", obj.Namespace, Column);
        }

        writer.Pair(
            0,
            "Kind",
            $"{context.Entry.Kind} ({(obj.Kind == context.Entry.Kind ? obj.ApiVersion : context.Entry.Versions[0].ApiVersion)})",
            Column
        );
        if (obj.Owners.Count > 0)
        {
            writer.List(
                0,
                obj.Owners.Any(owner => owner.IsController) ? "Controlled By" : "Owned By",
                obj.Owners.Select(owner => $"{owner.Kind}/{owner.Name}"),
                Column
            );
        }

        writer.List(0, "Labels", obj.Labels.Select(label => $"{label.Key}={label.Value}"), Column);
        writer.List(0, "Annotations", Annotations(json.At("metadata", "annotations")), Column);
        writer.Pair(0, "CreationTimestamp", context.Moment(obj.CreationTimestamp), Column);
        if (obj.DeletionTimestamp is { } deleted)
        {
            writer.Pair(
                0,
                "Terminating",
                $"since {context.Moment(deleted)}; grace {json.Text("metadata", "deletionGracePeriodSeconds") ?? "0"} s",
                Column,
                Tone.Warning
            );
            writer.List(0, "Finalizers", json.At("metadata", "finalizers").Items().Select(item => item.GetString() ?? ""), Column);
        }

        if (obj.LastChange is { } last)
        {
            writer.Pair(
                0,
                "Last Change",
                $"by {last.Manager}{(last.Subresource is { } part ? $" ({part})" : "")}, {context.Moment(last.Time)}",
                Column
            );
        }
    }

    /// <summary>Annotations, without kubectl's copy of the whole object.</summary>
    public static IEnumerable<string> Annotations(System.Text.Json.JsonElement annotations) =>
        annotations
            .Members()
            .Where(annotation => annotation.Name != "kubectl.kubernetes.io/last-applied-configuration")
            .Select(annotation => $"{annotation.Name}: {Cut(annotation.Value.GetString() ?? "")}");

    /// <summary>The conditions as a table; those that report a problem are highlighted.</summary>
    public static void Conditions(DescriptionWriter writer, DescriptionContext context)
    {
        var rows = context
            .Json.At("status", "conditions")
            .Items()
            .Select(condition =>
                new[]
                {
                    condition.Text("type") ?? "",
                    condition.Text("status") ?? "",
                    HumanDuration.Age(condition.At("lastTransitionTime").Time(), context.Now),
                    condition.Text("reason") ?? "",
                    (condition.Text("message") ?? "").ReplaceLineEndings(" "),
                }
            )
            .ToArray();
        if (rows.Length > 0)
        {
            writer.Head(0, "Conditions");
            writer.Table(
                1,
                ["Type", "Status", "Since", "Reason", "Message"],
                rows,
                row =>
                    row[1] == "Unknown"
                    || (row[1] == "False") != row[0].EndsWith("Pressure", StringComparison.Ordinal)
                        && row[0] is not "NetworkUnavailable" and not "Failed" and not "Suspended" and not "Terminating"
                        ? Tone.Warning
                        : Tone.Plain
            );
        }
    }

    public static string Cut(string text) =>
        text.ReplaceLineEndings(" ") is { Length: > LongestText } flat ? flat[..LongestText] + "…" : text.ReplaceLineEndings(" ");
}
