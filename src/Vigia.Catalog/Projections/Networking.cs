using System.Globalization;
using System.Text;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Projections;

/// <summary>Columns of services and ingresses (kubernetes printers.go: printService, printIngress).</summary>
internal static class Networking
{
    public static string ExternalIp(JsonView service)
    {
        var spec = service["spec"u8];
        var ips = new List<string>();
        foreach (var ip in spec["externalIPs"u8].Items())
        {
            ips.Add(ip.Text ?? "");
        }

        switch (spec["type"u8].Text)
        {
            case "LoadBalancer":
                var balancer = LoadBalancer(service);
                var all = balancer.Length > 0 ? ips.Prepend(balancer) : ips;
                return all.Any() ? string.Join(',', all) : "<pending>";
            case "ExternalName":
                return spec["externalName"u8].Text ?? "";
            default:
                return ips.Count > 0 ? string.Join(',', ips) : Texts.None;
        }
    }

    public static string LoadBalancer(JsonView obj)
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var ingress in obj["status"u8]["loadBalancer"u8]["ingress"u8].Items())
        {
            var address = ingress["ip"u8].Text is { Length: > 0 } ip ? ip : ingress["hostname"u8].Text;
            if (!string.IsNullOrEmpty(address))
            {
                seen.Add(address);
            }
        }

        return string.Join(',', seen);
    }

    public static string Ports(JsonView ports)
    {
        var text = new StringBuilder();
        foreach (var port in ports.Items())
        {
            text.Append(text.Length > 0 ? "," : "").Append(port["port"u8].Text);
            if (port["nodePort"u8].Number > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $":{port["nodePort"u8].Number}");
            }

            text.Append('/').Append(port["protocol"u8].Text ?? "TCP");
        }

        return text.Length > 0 ? text.ToString() : Texts.None;
    }

    public static string IngressClass(JsonView ingress) => Texts.OrNone(ingress["spec"u8]["ingressClassName"u8].Text);

    public static string IngressHosts(JsonView ingress)
    {
        var hosts = new List<string>();
        var more = false;
        foreach (var rule in ingress["spec"u8]["rules"u8].Items())
        {
            if (hosts.Count == 3)
            {
                more = true;
                break;
            }

            if (rule["host"u8].Text is { Length: > 0 } host)
            {
                hosts.Add(host);
            }
        }

        return hosts.Count == 0 ? "*"
            : more
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{string.Join(',', hosts)} + {ingress["spec"u8]["rules"u8].Count - 3} more..."
                )
            : string.Join(',', hosts);
    }
}
