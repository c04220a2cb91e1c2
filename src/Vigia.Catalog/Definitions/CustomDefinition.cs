using Vigia.Kubernetes;

namespace Vigia.Catalog.Definitions;

/// <summary>
/// The part of a CustomResourceDefinition that a table needs: a few hundred bytes, while the definition with its schema
/// may have a megabyte.
/// </summary>
/// <param name="Name"><c>plural.group</c>: the definition's name, and the entry's.</param>
/// <param name="Kind">The kind of its objects.</param>
/// <param name="Namespaced">Whether they live in namespaces.</param>
/// <param name="Aliases">Plural, singular and short names.</param>
/// <param name="Versions">
/// The versions that are served, most wanted first (Kubernetes' order: v2, v1, v1beta1, v1alpha1).
/// </param>
/// <param name="VersionColumns">
/// For each of the versions the name, JSONPath, type and priority of its printer columns; empty if it is known from
/// discovery only.
/// </param>
internal sealed record CustomDefinition(
    string Name,
    string Kind,
    bool Namespaced,
    IReadOnlyList<string> Aliases,
    IReadOnlyList<GroupVersionResource> Versions,
    IReadOnlyList<IReadOnlyList<(string Name, string Path, string Type, int Priority)>> VersionColumns
)
{
    /// <summary>The printer columns of the most wanted version.</summary>
    public IReadOnlyList<(string Name, string Path, string Type, int Priority)> Columns =>
        VersionColumns.Count > 0 ? VersionColumns[0] : [];

    /// <summary>Equal for equal definitions.</summary>
    public string Signature { get; } =
        $"{Kind}|{Namespaced}|{string.Join(',', Aliases)}|{string.Join(',', Versions)}|"
        + $"{(VersionColumns.Count > 0 ? string.Join(';', VersionColumns[0]) : "")}";

    /// <summary>The printer columns of one of its versions; none if it is not among those served.</summary>
    public IReadOnlyList<(string Name, string Path, string Type, int Priority)> ColumnsOf(GroupVersionResource version) =>
        VersionColumns.Where((_, index) => Versions[index] == version).FirstOrDefault() ?? [];
}
