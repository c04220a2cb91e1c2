using Vigia.Catalog.Describing;
using Vigia.Catalog.Relations;

namespace Vigia.Live.Events;

/// <summary>An event that is kept with its object; immutable, replaced when it happens again.</summary>
/// <param name="Cluster">The cluster.</param>
/// <param name="Namespace">
/// The namespace of the event itself, which decides who may see it: an event about a node is in <c>default</c>.
/// </param>
/// <param name="About">The object concerned.</param>
/// <param name="Record">Its contents. The count includes events that the API server has already dropped.</param>
internal sealed record KeptEvent(string Cluster, string Namespace, EventAbout About, EventRecord Record);
