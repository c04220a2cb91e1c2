using Vigia.Kubernetes.Objects;

namespace Vigia.Gateway.Clusters;

/// <summary>What a gateway needs to know of a custom resource definition: a few hundred bytes where the definition with its schema may be a megabyte.</summary>
/// <param name="Name"><c>plural.group</c>: the definition's name, and the entry's.</param>
/// <param name="Kind">The kind of its objects.</param>
/// <param name="Namespaced">Whether they live in namespaces.</param>
/// <param name="Aliases">Plural, singular and short names.</param>
/// <param name="Versions">The versions that are served, most wanted first (Kubernetes' order: v2, v1, v1beta1, v1alpha1).</param>
/// <param name="Columns">Name, JSONPath, type and priority of the printer columns of the first version.</param>
internal sealed record CustomDefinition(
    string Name,
    string Kind,
    bool Namespaced,
    IReadOnlyList<string> Aliases,
    IReadOnlyList<GroupVersionResource> Versions,
    IReadOnlyList<(string Name, string Path, string Type, int Priority)> Columns)
{
    /// <summary>Equal for equal definitions.</summary>
    public string Signature { get; } = $"{Kind}|{Namespaced}|{string.Join(',', Aliases)}|{string.Join(',', Versions)}|{string.Join(';', Columns)}";
}
