namespace Vigia.Kubernetes;

/// <summary>A resource that an API server has.</summary>
/// <param name="Resource">Group, version and plural name.</param>
/// <param name="Kind">The kind, as <c>Deployment</c>.</param>
/// <param name="Singular">The singular name; may be empty on old servers.</param>
/// <param name="Namespaced">True if its objects live in namespaces.</param>
/// <param name="ShortNames">As <c>deploy</c>.</param>
/// <param name="Verbs">The supported verbs, for example <c>list</c>.</param>
/// <param name="Categories">As <c>all</c>.</param>
public sealed record ApiResource(
    GroupVersionResource Resource,
    string Kind,
    string Singular,
    bool Namespaced,
    IReadOnlyList<string> ShortNames,
    IReadOnlyList<string> Verbs,
    IReadOnlyList<string> Categories
)
{
    /// <summary>True if it can be listed and watched.</summary>
    public bool CanWatch => Verbs.Contains("list") && Verbs.Contains("watch");
}
