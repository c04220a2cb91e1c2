namespace Vigia.Kubernetes;

/// <summary>The resources of an API server, and the groups whose discovery failed.</summary>
/// <param name="Resources">Every resource in every version, preferred versions first.</param>
/// <param name="Failures">
/// Groups whose discovery failed (an aggregated server that is down), with the reason; the other groups are complete.
/// </param>
public sealed record ApiResourceList(IReadOnlyList<ApiResource> Resources, IReadOnlyList<(string Group, string Reason)> Failures)
{
    /// <summary>
    /// Finds a resource by any name that kubectl accepts: <c>po</c>, <c>pod</c>, <c>pods</c>, <c>Pod</c>,
    /// <c>deployments.apps</c>, <c>deployments.v1.apps</c>; null if there is none.
    /// </summary>
    /// <remarks>
    /// As kubectl: an exact plural wins over a singular, that over a short name, that over a kind; core before apps
    /// before the rest, and a group's preferred version first.
    /// </remarks>
    public ApiResource? Find(string name) => FindAll(name) is [var first, ..] ? first : null;

    /// <summary>
    /// As <see cref="Find"/>, with everything that the name means equally well: one plural in several groups, in
    /// several versions.
    /// </summary>
    internal IReadOnlyList<ApiResource> FindAll(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var resource = dot < 0 ? name : name[..dot];
        var suffix = dot < 0 ? null : name[(dot + 1)..];
        var candidates = Resources.Where(candidate => suffix is null || IsSuffix(candidate.Resource, suffix)).ToArray();
        Func<ApiResource, bool>[] ways =
        [
            candidate => string.Equals(candidate.Resource.Resource, resource, StringComparison.OrdinalIgnoreCase),
            candidate => string.Equals(candidate.Singular, resource, StringComparison.OrdinalIgnoreCase),
            candidate => candidate.ShortNames.Contains(resource, StringComparer.OrdinalIgnoreCase),
            candidate => string.Equals(candidate.Kind, resource, StringComparison.OrdinalIgnoreCase),
        ];
        return ways.Select(way => candidates.Where(way).ToArray()).FirstOrDefault(found => found.Length > 0) ?? [];
    }

    private static bool IsSuffix(GroupVersionResource resource, string suffix) =>
        suffix == resource.Group
        || suffix == resource.Version
        || suffix == $"{resource.Version}.{resource.Group}"
        || resource.Group.StartsWith(suffix + ".", StringComparison.Ordinal);
}
