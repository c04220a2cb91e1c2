namespace Vigia.Gateway.RawWatch;

/// <summary>A path of the Kubernetes API: which resource, and what of it.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">The version; null for a group's own page or the list of groups.</param>
/// <param name="Resource">The plural; null where the path names none: then it is about discovery.</param>
/// <param name="Namespace">The namespace; null for all, or for a resource without.</param>
/// <param name="Name">One object's name; null for all.</param>
/// <param name="Subresource">What follows the name; null for nothing.</param>
internal sealed record KubernetesPath(string Group, string? Version, string? Resource, string? Namespace, string? Name, string? Subresource)
{
    private const int LongestName = 253;

    /// <summary>Reads <c>/api/v1/…</c> and <c>/apis/GROUP/VERSION/…</c>; null for a path of another shape.</summary>
    public static KubernetesPath? Parse(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0 || parts.Length > 9 || Array.Exists(parts, part => part is "." or ".." || part.Length > LongestName || part.Contains('\\', StringComparison.Ordinal) || part.Any(char.IsControl)))
        {
            return null;
        }

        (string? Group, string[] Others) split = parts[0] switch
        {
            "api" => ("", parts[1..]),
            "apis" when parts.Length > 1 => (parts[1], parts[2..]),
            "apis" => ("", []),
            _ => (null, []),
        };
        var (group, rest) = split;
        if (group is null)
        {
            return null;
        }

        if (rest.Length == 0)
        {
            return new(parts[0] == "apis" && parts.Length == 1 ? "*" : group, null, null, null, null, null);
        }

        var version = rest[0];
        rest = rest[1..];
        if (rest.Length == 0)
        {
            return new(group, version, null, null, null, null);
        }

        string? ns = null;
        if (rest[0] == "namespaces" && rest.Length > 2)
        {
            (ns, rest) = (rest[1], rest[2..]);
        }

        return rest.Length > 3 ? null : new(group, version, rest[0], ns, rest.Length > 1 ? rest[1] : null, rest.Length > 2 ? rest[2] : null);
    }
}
