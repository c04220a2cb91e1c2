namespace Vigia.Catalog.Relations;

/// <summary>A reference from one object to another: its resource, its place, and the kind of reference.</summary>
/// <param name="Resource">The catalog's name, as <c>configmaps</c>.</param>
/// <param name="Namespace">Empty for an object of the cluster.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">The kind of edge, as <c>mounts</c>.</param>
internal sealed record Reference(string Resource, string Namespace, string Name, string Kind)
{
    /// <summary>Equal for references to the same object.</summary>
    public string Target => $"{Resource}/{Namespace}/{Name}";
}
