namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>A path of the Kubernetes API: which resource, and what of it.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">The version; null for a group's own page or the list of groups.</param>
/// <param name="Resource">The plural; null if the path names none: then it is about discovery.</param>
/// <param name="Namespace">The namespace; null for all, or for a resource without.</param>
/// <param name="Name">One object's name; null for all.</param>
/// <param name="Subresource">The part after the name; null for none.</param>
/// <param name="IsWatch">
/// True for the old form of a watch: <c>/api/v1/watch/…</c>, deprecated since Kubernetes 1.11 and still used.
/// </param>
internal sealed record KubernetesPath(
    string Group,
    string? Version,
    string? Resource,
    string? Namespace,
    string? Name,
    string? Subresource,
    bool IsWatch = false
)
{
    /// <summary>The group of a path to the list of groups.</summary>
    public const string AllGroups = "*";

    /// <summary>The resource as errors name it: <c>pods</c>, <c>deployments.apps</c>.</summary>
    public string GroupResource => Group.Length == 0 ? Resource ?? "" : $"{Resource}.{Group}";

    /// <summary>Reads <c>/api/v1/…</c> and <c>/apis/GROUP/VERSION/…</c>; null for a path of another shape.</summary>
    public static KubernetesPath? Parse(string[] parts) =>
        parts switch
        {
            ["api", .. var rest] => Versioned("", rest),
            ["apis"] => new(AllGroups, null, null, null, null, null),
            ["apis", var group, .. var rest] => Versioned(group, rest),
            _ => null,
        };

    private static KubernetesPath? Versioned(string group, string[] parts) =>
        parts switch
        {
            [] => new(group, null, null, null, null, null),
            [var version] => new(group, version, null, null, null, null),
            [var version, "watch", .. var rest] when rest.Length > 0 => InVersion(group, version, rest) is { Subresource: null } path
                ? path with
                {
                    IsWatch = true,
                }
                : null,
            [var version, .. var rest] => InVersion(group, version, rest),
        };

    private static KubernetesPath? InVersion(string group, string version, string[] parts) =>
        parts switch
        {
            ["namespaces", var ns, var resource] => new(group, version, resource, ns, null, null),
            ["namespaces", var ns, var resource, var name] => new(group, version, resource, ns, name, null),
            ["namespaces", var ns, var resource, var name, var sub] => new(group, version, resource, ns, name, sub),
            [var resource] => new(group, version, resource, null, null, null),
            [var resource, var name] => new(group, version, resource, null, name, null),
            [var resource, var name, var sub] => new(group, version, resource, null, name, sub),
            _ => null,
        };
}
