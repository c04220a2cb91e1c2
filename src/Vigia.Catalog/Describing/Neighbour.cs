using Vigia.Kubernetes;

namespace Vigia.Catalog.Describing;

/// <summary>An object beside the one that is described.</summary>
internal sealed record Neighbour(ResourceEntry Entry, RawObject Object);
