using System.Globalization;
using System.Text.Json;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Describing;

/// <summary>A node: its system, its capacity, and its pods.</summary>
internal static class NodeDescription
{
    private const int MostPods = 60;
    private const int Column = Description.Column;

    public static void Write(DescriptionWriter writer, DescriptionContext context)
    {
        var (spec, status) = (context.Json.At("spec"), context.Json.At("status"));
        const string role = "node-role.kubernetes.io/";
        writer.Pair(
            0,
            "Roles",
            string.Join(
                ',',
                context
                    .Object.Labels.Where(label => label.Key.StartsWith(role, StringComparison.Ordinal))
                    .Select(label => label.Key[role.Length..])
            ),
            Column
        );
        writer.List(
            0,
            "Taints",
            spec.At("taints")
                .Items()
                .Select(taint => $"{taint.Text("key")}{(taint.Text("value") is { } value ? "=" + value : "")}:{taint.Text("effect")}"),
            Column
        );
        var isClosed = spec.Text("unschedulable") == "true";
        writer.Pair(0, "Unschedulable", isClosed ? "true" : "false", Column, isClosed ? Tone.Warning : Tone.Plain);
        Description.Conditions(writer, context);
        writer.Head(0, "Addresses");
        foreach (var address in status.At("addresses").Items())
        {
            writer.Pair(1, address.Text("type") ?? "", address.Text("address"), Column - 2);
        }

        Quantities(writer, "Capacity", status.At("capacity"));
        Quantities(writer, "Allocatable", status.At("allocatable"));
        writer.Head(0, "System Info");
        foreach (var member in status.At("nodeInfo").Members().Where(member => member.Value.Text() is not null))
        {
            writer.Pair(1, Label(member.Name), member.Value.Text(), Column + 6);
        }

        writer.Pair(0, "PodCIDR", spec.Text("podCIDR"), Column);
        writer.Pair(0, "PodCIDRs", string.Join(',', spec.At("podCIDRs").Items().Select(range => range.GetString())), Column);
        writer.Pair(0, "ProviderID", spec.Text("providerID"), Column);
        Pods(writer, context);
    }

    private static string Label(string name) =>
        name switch
        {
            "systemUUID" => "System UUID",
            "osImage" => "OS Image",
            "machineID" => "Machine ID",
            "bootID" => "Boot ID",
            "kubeProxyVersion" => "Kube-Proxy Version",
            _ => GenericDescription.Label(name),
        };

    private static void Quantities(DescriptionWriter writer, string title, JsonElement quantities)
    {
        writer.Head(0, title);
        foreach (var member in quantities.Members().OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            writer.Pair(1, member.Name, member.Value.Text(), Column - 2);
        }
    }

    private static void Pods(DescriptionWriter writer, DescriptionContext context)
    {
        if (context.Around.Pods is not { } pods)
        {
            return;
        }

        var running = pods.Where(pod => !IsOver(pod)).OrderBy(pod => pod.Object.Key).ToArray();
        writer.Head(0, "Non-terminated Pods", string.Create(CultureInfo.InvariantCulture, $"({running.Length} in total)"));
        writer.Table(
            1,
            ["Namespace", "Name", "Status", "Age"],
            [
                .. running
                    .Take(MostPods)
                    .Select(pod =>
                        new[]
                        {
                            pod.Object.Namespace,
                            pod.Object.Name,
                            Status(pod, context),
                            HumanDuration.Age(pod.Object.CreationTimestamp, context.Now),
                        }
                    ),
            ]
        );
        if (running.Length > MostPods)
        {
            writer.Line(1, string.Create(CultureInfo.InvariantCulture, $"and {running.Length - MostPods} more"), Tone.Muted);
        }
    }

    private static string Status(Neighbour pod, DescriptionContext context) =>
        (context with { Entry = pod.Entry, Object = pod.Object }).RowText("status") ?? "";

    private static bool IsOver(Neighbour pod)
    {
        using var json = ObjectJson.Parse(pod.Object);
        return json.RootElement.Text("status", "phase") is "Succeeded" or "Failed";
    }
}
