using System.Globalization;
using System.Text.Json;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Describing;

/// <summary>Services with the pods behind them, and ingresses with their rules.</summary>
internal static class NetworkDescription
{
    private const int MostEndpoints = 20;
    private const int Column = Description.Column;

    public static void WriteService(DescriptionWriter writer, DescriptionContext context)
    {
        var (spec, status) = (context.Json.At("spec"), context.Json.At("status"));
        void Pair(string name, string? value) => writer.Pair(0, name, value, Column);
        Pair("Selector", string.Join(',', spec.At("selector").Members().Select(label => $"{label.Name}={label.Value.Text()}")));
        Pair("Type", spec.Text("type") ?? "ClusterIP");
        Pair("IP Families", string.Join(",", spec.At("ipFamilies").Items().Select(family => family.GetString())));
        Pair("IP", spec.Text("clusterIP"));
        Pair("IPs", string.Join(",", spec.At("clusterIPs").Items().Select(ip => ip.GetString())));
        if (spec.Text("externalName") is { } external)
        {
            Pair("External Name", external);
        }

        if (status.At("loadBalancer", "ingress").Items().Any())
        {
            Pair(
                "LoadBalancer Ingress",
                string.Join(
                    ", ",
                    status.At("loadBalancer", "ingress").Items().Select(ingress => ingress.Text("ip") ?? ingress.Text("hostname"))
                )
            );
        }

        foreach (var port in spec.At("ports").Items())
        {
            Pair("Port", $"{port.Text("name") ?? "<unset>"}  {port.Text("port")}/{port.Text("protocol") ?? "TCP"}");
            Pair("TargetPort", $"{port.Text("targetPort") ?? port.Text("port")}/{port.Text("protocol") ?? "TCP"}");
            if (port.Text("nodePort") is { } node)
            {
                Pair("NodePort", $"{port.Text("name") ?? "<unset>"}  {node}/{port.Text("protocol") ?? "TCP"}");
            }
        }

        Pair("Session Affinity", spec.Text("sessionAffinity") ?? "None");
        Endpoints(writer, context);
    }

    public static void WriteIngress(DescriptionWriter writer, DescriptionContext context)
    {
        var (spec, status) = (context.Json.At("spec"), context.Json.At("status"));
        writer.Pair(
            0,
            "Address",
            string.Join(
                ",",
                status.At("loadBalancer", "ingress").Items().Select(ingress => ingress.Text("ip") ?? ingress.Text("hostname"))
            ),
            Column
        );
        writer.Pair(0, "Ingress Class", spec.Text("ingressClassName"), Column);
        writer.Pair(0, "Default backend", Backend(spec.At("defaultBackend")) ?? Backend(spec.At("backend")) ?? "<default>", Column);
        if (spec.At("tls").Items().Any())
        {
            writer.List(
                0,
                "TLS",
                spec.At("tls")
                    .Items()
                    .Select(tls =>
                        $"{tls.Text("secretName") ?? "SNI routes"} terminates "
                        + $"{string.Join(',', tls.At("hosts").Items().Select(host => host.GetString()))}"
                    ),
                Column
            );
        }

        writer.Head(0, "Rules");
        writer.Table(
            1,
            ["Host", "Path", "Backends"],
            [
                .. spec.At("rules")
                    .Items()
                    .SelectMany(rule =>
                        rule.At("http", "paths")
                            .Items()
                            .Select(path => new[] { rule.Text("host") ?? "*", path.Text("path") ?? "", Backend(path.At("backend")) ?? "" })
                    ),
            ]
        );
    }

    private static string? Backend(JsonElement backend) =>
        (backend.Text("service", "name") ?? backend.Text("serviceName")) is { } name ? $"{name}:{BackendPort(backend)}"
        : backend.Text("resource", "name") is { } resource ? $"{backend.Text("resource", "kind")}/{resource}"
        : null;

    private static string? BackendPort(JsonElement backend) =>
        backend.Text("service", "port", "number") ?? backend.Text("service", "port", "name") ?? backend.Text("servicePort");

    private static void Endpoints(DescriptionWriter writer, DescriptionContext context)
    {
        if (context.Around.Pods is not { } pods || !context.Json.At("spec", "selector").Members().Any())
        {
            return;
        }

        var rows = pods.OrderBy(pod => pod.Object.Name, StringComparer.Ordinal)
            .Take(MostEndpoints)
            .Select(pod =>
            {
                using var json = ObjectJson.Parse(pod.Object);
                var isReady = json
                    .RootElement.At("status", "conditions")
                    .Items()
                    .Any(condition => condition.Text("type") == "Ready" && condition.Text("status") == "True");
                return new[] { pod.Object.Name, json.RootElement.Text("status", "podIP") ?? "<none>", isReady ? "ready" : "not ready" };
            })
            .ToArray();
        writer.Head(0, "Endpoints", string.Create(CultureInfo.InvariantCulture, $"({pods.Count} {(pods.Count == 1 ? "pod" : "pods")})"));
        if (rows.Length > 0)
        {
            writer.Table(1, ["Pod", "IP", "State"], rows, row => row[2] == "ready" ? Tone.Plain : Tone.Warning);
        }

        if (pods.Count > MostEndpoints)
        {
            writer.Line(1, string.Create(CultureInfo.InvariantCulture, $"and {pods.Count - MostEndpoints} more"), Tone.Muted);
        }
    }
}
