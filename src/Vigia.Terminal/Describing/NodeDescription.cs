using Vigia.Catalog.Paths;
using Vigia.Kubernetes.Objects;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Describing;

/// <summary>A node: what it is made of, what it has, and the pods on it.</summary>
internal static class NodeDescription
{
    private const int MostPods = 60;

    public static void Write(DescriptionWriter writer, ObjectDocumentContext context)
    {
        var (spec, status) = (context.Json.At("spec"), context.Json.At("status"));
        const int column = Description.Column;
        writer.List(0, "Taints", spec.At("taints").Items().Select(taint => $"{taint.Text("key")}{(taint.Text("value") is { } value ? "=" + value : "")}:{taint.Text("effect")}"), column);
        writer.Pair(0, "Unschedulable", spec.Text("unschedulable") == "true" ? "true" : "false", column, spec.Text("unschedulable") == "true" ? TextRole.Warning : TextRole.Plain);
        writer.Pair(0, "Pod CIDR", spec.Text("podCIDR"), column);
        writer.Pair(0, "Provider ID", spec.Text("providerID"), column);
        Description.Conditions(writer, context.Json, context.Now);
        writer.List(0, "Addresses", status.At("addresses").Items().Select(address => $"{address.Text("type")}: {address.Text("address")}"), column);
        var names = status.At("capacity").Members().Select(member => member.Name).ToArray();
        if (names.Length > 0)
        {
            writer.Head(0, "Resources");
            writer.Table(2, ["RESOURCE", "CAPACITY", "ALLOCATABLE"], [.. names.Select(name => new[] { name, status.Text("capacity", name) ?? "", status.Text("allocatable", name) ?? "" })]);
        }

        writer.Head(0, "System");
        foreach (var member in status.At("nodeInfo").Members())
        {
            writer.Pair(1, member.Name, member.Value.Text(), column - 2);
        }

        if (context.Link.Find("pods")?.Informer is { } pods)
        {
            Pods(writer, [.. pods.Store.List().Where(pod => NodeOf(context, pod) == context.Object.Name)], context);
        }
    }

    private static void Pods(DescriptionWriter writer, RawObject[] pods, ObjectDocumentContext context)
    {
        var entry = context.Link.Find("pods")!.Entry;
        var status = entry.Columns.Index().First(column => column.Item.Key == "status").Index;
        writer.Head(0, "Pods on it", $"{pods.Length}");
        writer.Table(2, ["NAMESPACE", "NAME", "STATUS"], [.. pods.OrderBy(pod => pod.Key).Take(MostPods).Select(pod => new[] { pod.Namespace, pod.Name, entry.RowOf(pod).Text(status, context.Now) })]);
        if (pods.Length > MostPods)
        {
            writer.Line(2, $"and {pods.Length - MostPods} more", TextRole.Muted);
        }
    }

    /// <summary>From the row, which is there already.</summary>
    private static string? NodeOf(ObjectDocumentContext context, RawObject pod)
    {
        var entry = context.Link.Find("pods")!.Entry;
        var node = entry.Columns.Index().First(column => column.Item.Key == "node").Index;
        return entry.RowOf(pod)[node].Text;
    }
}
