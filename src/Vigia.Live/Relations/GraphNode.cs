using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Live.Relations;

/// <summary>An object in a graph.</summary>
internal sealed record GraphNode(ResourceEntry Entry, RawObject Object)
{
    /// <summary>Names it within its cluster: what edges use.</summary>
    public string Id => $"{Entry.Name}/{Object.Namespace}/{Object.Name}";
}
