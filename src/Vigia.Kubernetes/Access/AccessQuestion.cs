namespace Vigia.Kubernetes;

/// <summary>Something that a user may or may not do.</summary>
/// <param name="Verb">As <c>list</c>.</param>
/// <param name="Resource">The resource; default (empty) if <see cref="Path"/> is set.</param>
/// <param name="Namespace">One namespace; null for all of them, or for a cluster-scoped resource.</param>
/// <param name="Name">One object; null for all.</param>
public readonly record struct AccessQuestion(string Verb, GroupVersionResource Resource, string? Namespace = null, string? Name = null)
{
    /// <summary>A path outside the resources, for example <c>/metrics</c>; null for a resource.</summary>
    public string? Path { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        Path is { } path
            ? $"{Verb} {path}"
            : $"{Verb} {Resource.Resource}{(Resource.Group.Length > 0 ? "." + Resource.Group : "")}{(Name is { } name ? "/" + name : "")} "
                + $"{(Namespace is { } ns ? $"in namespace {ns}" : "in all namespaces")}";
}
