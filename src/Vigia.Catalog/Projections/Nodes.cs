using Vigia.Catalog.Paths;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Projections;

/// <summary>Columns of nodes (kubernetes printers.go: printNode).</summary>
internal static class Nodes
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    public static string Status(JsonView node)
    {
        var status = "Unknown";
        foreach (var condition in node["status"u8]["conditions"u8].Items())
        {
            if (condition["type"u8].TextEquals("Ready"u8))
            {
                status = condition["status"u8].TextEquals("True"u8) ? "Ready" : "NotReady";
            }
        }

        return node["spec"u8]["unschedulable"u8].IsTrue ? status + ",SchedulingDisabled" : status;
    }

    public static string Roles(LabelSet labels)
    {
        var roles = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in labels)
        {
            if (key.StartsWith(RolePrefix, StringComparison.Ordinal) && key.Length > RolePrefix.Length)
            {
                roles.Add(key[RolePrefix.Length..]);
            }
            else if (key == "kubernetes.io/role" && value.Length > 0)
            {
                roles.Add(value);
            }
        }

        return roles.Count == 0 ? Texts.None : string.Join(',', roles);
    }

    public static string Address(JsonView node, string type)
    {
        foreach (var address in node["status"u8]["addresses"u8].Items())
        {
            if (address["type"u8].Text == type)
            {
                return Texts.OrNone(address["address"u8].Text);
            }
        }

        return Texts.None;
    }

    public static string Info(JsonView node, ReadOnlySpan<byte> member) =>
        node["status"u8]["nodeInfo"u8][member].Text is { Length: > 0 } text ? text : "<unknown>";
}
