using Vigia.Catalog.Entries;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Definitions;

/// <summary>
/// The meaning of a name on a server: one resource, or none, or several groups with a resource of that name.
/// </summary>
/// <param name="Found">The resource; null if there is none, or where the name is ambiguous.</param>
/// <param name="Candidates">
/// The possible meanings of an ambiguous name, as <c>plural.group</c>; empty if it is unique.
/// </param>
internal sealed record ServedName(ApiResource? Found, IReadOnlyList<string> Candidates)
{
    /// <summary>Finds a resource by any name that kubectl takes.</summary>
    /// <remarks>
    /// kubectl silently takes the first of several groups. The order depends on discovery, so a delete or an edit could
    /// reach the wrong objects. Here an ambiguous name is an error. Kubernetes' own groups win over all others, and the
    /// version of a custom resource is the one that the server prefers (v2, v1, v1beta1).
    /// </remarks>
    public static ServedName Of(ApiResourceList served, string name)
    {
        var all = served.FindAll(name);
        var own = all.Where(resource => KubernetesGroups.Contains(resource.Resource.Group)).ToArray();
        string[] groups =
            own.Length > 0
                ? []
                :
                [
                    .. all.Select(resource => resource.Resource.GroupResource)
                        .Distinct(StringComparer.Ordinal)
                        .Order(StringComparer.Ordinal),
                ];
        return groups.Length > 1
            ? new(null, groups)
            : new(own.Length > 0 ? own[0] : all.MinBy(resource => DefinitionReader.VersionOrder(resource.Resource.Version)), []);
    }

    /// <summary>The sentence for an ambiguous name; null if the name is clear.</summary>
    public string? Ambiguity(string name) => Candidates.Count == 0 ? null : $"'{name}' is ambiguous: use {string.Join(" or ", Candidates)}";
}
