using Vigia.Kubernetes;

namespace Vigia.Catalog.Describing;

/// <summary>An object related to the described one.</summary>
internal sealed record Neighbour(ResourceEntry Entry, RawObject Object);
