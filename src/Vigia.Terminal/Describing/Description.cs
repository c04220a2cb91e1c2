using System.Globalization;
using System.Text.Json;
using Vigia.Catalog;
using Vigia.Catalog.Paths;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Describing;

/// <summary>What an object is, in kubectl's manner: its head, then what its kind is about, then its conditions and events.</summary>
internal static class Description
{
    public const int Column = 22;

    /// <summary>The lines.</summary>
    public static List<TextLine> Write(ObjectDocumentContext context)
    {
        var (obj, json) = (context.Object, context.Json);
        var writer = new DescriptionWriter();
        Head(writer, context);
        switch (obj.Kind)
        {
            case "Pod":
                PodDescription.Write(writer, context);
                break;
            case "Deployment" or "ReplicaSet" or "StatefulSet" or "DaemonSet" or "Job" or "CronJob":
                WorkloadDescription.Write(writer, context);
                break;
            case "Service":
                ServiceDescription.Write(writer, context);
                break;
            case "Node":
                NodeDescription.Write(writer, context);
                break;
            case "ConfigMap":
                Data(writer, json);
                break;
            default:
                Generic(writer, json);
                break;
        }

        EventLines.Write(writer, context);
        return writer.Lines;
    }

    private static void Head(DescriptionWriter writer, ObjectDocumentContext context)
    {
        var (obj, json) = (context.Object, context.Json);
        writer.Pair(0, "Name", obj.Name, Column, TextRole.Accent);
        if (obj.Namespace.Length > 0)
        {
            writer.Pair(0, "Namespace", obj.Namespace, Column);
        }

        writer.Pair(0, "Kind", $"{obj.Kind} ({obj.ApiVersion})", Column);
        if (obj.Owners.Count > 0)
        {
            writer.List(0, obj.Owners.Any(owner => owner.IsController) ? "Controlled By" : "Owned By", obj.Owners.Select(owner => $"{owner.Kind}/{owner.Name}"), Column);
        }

        writer.List(0, "Labels", obj.Labels.Select(label => $"{label.Key}={label.Value}"), Column);
        writer.List(
            0,
            "Annotations",
            json.At("metadata", "annotations").Members().Where(annotation => annotation.Name != "kubectl.kubernetes.io/last-applied-configuration").Select(annotation => $"{annotation.Name}: {Cut(annotation.Value.GetString() ?? "")}"),
            Column);
        writer.Pair(0, "Created", Moment(obj.CreationTimestamp, context.Now), Column);
        if (obj.DeletionTimestamp is { } deleted)
        {
            writer.Pair(0, "Terminating", $"since {Moment(deleted, context.Now)}; grace {json.Text("metadata", "deletionGracePeriodSeconds") ?? "0"} s", Column, TextRole.Warning);
            writer.List(0, "Finalizers", json.At("metadata", "finalizers").Items().Select(item => item.GetString() ?? ""), Column);
        }

        if (obj.LastChange is { } last)
        {
            writer.Pair(0, "Last Change", $"by {last.Manager}{(last.Subresource is { } part ? $" ({part})" : "")}, {Moment(last.Time, context.Now)}", Column);
        }
    }

    /// <summary>A time and how long ago it is.</summary>
    public static string Moment(DateTimeOffset? time, DateTimeOffset now)
        => time is { } at ? $"{at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} ({(at > now ? "in " + HumanDuration.Format(at - now) : HumanDuration.Format(now - at) + " ago")})" : "<unknown>";

    /// <summary>The conditions as a table; those that say that something is wrong stand out.</summary>
    public static void Conditions(DescriptionWriter writer, JsonElement json, DateTimeOffset now)
    {
        var rows = json.At("status", "conditions").Items().Select(condition => new[]
        {
            condition.Text("type") ?? "",
            condition.Text("status") ?? "",
            HumanDuration.Age(condition.At("lastTransitionTime").Time(), now),
            condition.Text("reason") ?? "",
            (condition.Text("message") ?? "").ReplaceLineEndings(" "),
        }).ToArray();
        if (rows.Length > 0)
        {
            writer.Head(0, "Conditions");
            writer.Table(2, ["TYPE", "STATUS", "SINCE", "REASON", "MESSAGE"], rows, row => row[1] == "Unknown" || (row[1] == "False") != row[0].EndsWith("Pressure", StringComparison.Ordinal) && row[0] is not "NetworkUnavailable" and not "Failed" and not "Suspended" and not "Terminating" ? TextRole.Warning : TextRole.Plain);
        }
    }

    /// <summary>An object of a kind that nothing is known of: its spec and status as they are.</summary>
    public static void Generic(DescriptionWriter writer, JsonElement json)
    {
        foreach (var member in json.Members().Where(member => member.Name is not ("metadata" or "kind" or "apiVersion")))
        {
            if (member.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            {
                writer.Head(0, char.ToUpperInvariant(member.Name[0]) + member.Name[1..]);
                Tree(writer, member.Value, 1);
            }
            else
            {
                writer.Pair(0, member.Name, member.Value.Text(), Column);
            }
        }
    }

    public static string Cut(string text) => text.ReplaceLineEndings(" ") is { Length: > 160 } flat ? flat[..160] + "…" : text.ReplaceLineEndings(" ");

    public static string Pairs(JsonElement json) => string.Join(", ", json.Members().Select(member => $"{member.Name}={member.Value.Text()}"));

    private static void Data(DescriptionWriter writer, JsonElement json)
    {
        writer.Head(0, "Data");
        foreach (var member in json.At("data").Members())
        {
            writer.Line(2, $"{member.Name}:", TextRole.Key);
            foreach (var line in (member.Value.GetString() ?? "").Split('\n'))
            {
                writer.Line(4, line.TrimEnd('\r'), TextRole.Text);
            }
        }

        foreach (var member in json.At("binaryData").Members())
        {
            writer.Line(2, $"{member.Name}: {(member.Value.GetString() ?? "").Length * 3 / 4} bytes", TextRole.Key);
        }
    }

    private static void Tree(DescriptionWriter writer, JsonElement json, int depth)
    {
        foreach (var line in YamlText.Write(json.ValueKind == JsonValueKind.Array ? JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement> { ["items"] = json }) : json, foldManagedFields: false))
        {
            writer.Lines.Add(new([new(new string(' ', depth * 2)), .. line.Spans]));
        }
    }
}
