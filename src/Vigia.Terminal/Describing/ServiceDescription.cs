using Vigia.Catalog.Paths;
using Vigia.Kubernetes.Selectors;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Describing;

/// <summary>A service: its addresses and ports, and the pods behind it.</summary>
internal static class ServiceDescription
{
    private const int MostEndpoints = 20;

    public static void Write(DescriptionWriter writer, ObjectDocumentContext context)
    {
        var spec = context.Json.At("spec");
        const int column = Description.Column;
        var selector = string.Join(',', spec.At("selector").Members().Select(label => $"{label.Name}={label.Value.Text()}"));
        writer.Pair(0, "Selector", selector, column);
        writer.Pair(0, "Type", spec.Text("type") ?? "ClusterIP", column);
        writer.Pair(0, "IP Families", string.Join(", ", spec.At("ipFamilies").Items().Select(family => family.GetString())), column);
        writer.Pair(0, "IP", spec.At("clusterIPs").Items().Any() ? string.Join(", ", spec.At("clusterIPs").Items().Select(ip => ip.GetString())) : spec.Text("clusterIP"), column);
        var external = spec.At("externalIPs").Items().Select(ip => ip.GetString()).Concat(context.Json.At("status", "loadBalancer", "ingress").Items().Select(ingress => ingress.Text("ip") ?? ingress.Text("hostname"))).OfType<string>();
        writer.Pair(0, "External", spec.Text("externalName") ?? string.Join(", ", external), column);
        writer.List(0, "Ports", spec.At("ports").Items().Select(port => $"{(port.Text("name") is { } name ? name + "  " : "")}{port.Text("port")}/{port.Text("protocol") ?? "TCP"} → {port.Text("targetPort") ?? port.Text("port")}{(port.Text("nodePort") is { } node ? $" (node port {node})" : "")}"), column);
        writer.Pair(0, "Session Affinity", spec.Text("sessionAffinity") ?? "None", column);
        if (selector.Length > 0 && LabelSelector.TryParse(selector, out var labels, out _) && context.Link.Find("pods")?.Informer is { } pods)
        {
            var behind = pods.Store.List(context.Object.Namespace).Where(pod => labels.Matches(pod.Labels)).OrderBy(pod => pod.Name, StringComparer.Ordinal).ToArray();
            writer.Head(0, "Pods behind it", $"{behind.Length}");
            foreach (var pod in behind.Take(MostEndpoints))
            {
                using var json = ObjectJson.Parse(pod);
                var ready = json.RootElement.At("status", "conditions").Items().Any(condition => condition.Text("type") == "Ready" && condition.Text("status") == "True");
                writer.Line(2, $"{pod.Name}  {json.RootElement.Text("status", "podIP") ?? "-"}  {(ready ? "ready" : "not ready")}", ready ? TextRole.Plain : TextRole.Warning);
            }

            if (behind.Length > MostEndpoints)
            {
                writer.Line(2, $"and {behind.Length - MostEndpoints} more", TextRole.Muted);
            }
        }
    }
}
