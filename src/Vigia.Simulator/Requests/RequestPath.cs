using Vigia.Kubernetes;

namespace Vigia.Simulator.Requests;

/// <summary>
/// A path under <c>/api</c> or <c>/apis</c>, taken apart: group, version, namespace, resource, name, subresource.
/// </summary>
/// <param name="Gvr">Group, version and resource; the resource is empty for discovery documents.</param>
/// <param name="Namespace">The namespace; null if the path names none.</param>
/// <param name="Name">The object's name; null for a collection.</param>
/// <param name="Subresource">As <c>status</c>; null for the object itself.</param>
/// <param name="IsWatch">
/// True for the old form of a watch, <c>/api/v1/watch/…</c>: deprecated since 1.11, still served and still used.
/// </param>
internal readonly record struct RequestPath(
    GroupVersionResource Gvr,
    string? Namespace,
    string? Name,
    string? Subresource,
    bool IsWatch = false
)
{
    /// <summary>Parses a path; null if it is not the path of a resource (discovery, health, unknown).</summary>
    public static RequestPath? Parse(string path)
    {
        var parts = path.Trim('/').Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Uri.UnescapeDataString(parts[i]);
            if (parts[i].Length == 0)
            {
                return null;
            }
        }

        var (group, version, rest) = parts switch
        {
            ["api", var v, .. var tail] => ("", v, tail),
            ["apis", var g, var v, .. var tail] => (g, v, tail),
            _ => ("", "", []),
        };

        if (rest is ["watch", _, ..])
        {
            return InVersion(group, version, rest[1..]) is { Subresource: null } watched ? watched with { IsWatch = true } : null;
        }

        return InVersion(group, version, rest);
    }

    private static RequestPath? InVersion(string group, string version, string[] rest)
    {
        // /namespaces/NS and its subresources are the namespace itself; anything longer is a resource inside it.
        return rest switch
        {
            ["namespaces", var ns, ("status" or "finalize") and var sub] => new(new(group, version, "namespaces"), ns, ns, sub),
            ["namespaces", var ns] => new(new(group, version, "namespaces"), ns, ns, null),
            ["namespaces", var ns, var resource] => new(new(group, version, resource), ns, null, null),
            ["namespaces", var ns, var resource, var name] => new(new(group, version, resource), ns, name, null),
            ["namespaces", var ns, var resource, var name, var sub] => new(new(group, version, resource), ns, name, sub),
            [var resource] => new(new(group, version, resource), null, null, null),
            [var resource, var name] => new(new(group, version, resource), null, name, null),
            [var resource, var name, var sub] => new(new(group, version, resource), null, name, sub),
            _ => null,
        };
    }
}
