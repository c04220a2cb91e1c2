using Vigia.Catalog.Paths;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.Metrics.Objects;

/// <summary>The metrics of one resource.</summary>
/// <param name="Name">The resource.</param>
/// <param name="Label">The label with its objects' names.</param>
/// <param name="IsNamespaced">True if a label says the namespace.</param>
/// <param name="HasUid">True if a label says the uid.</param>
/// <param name="Families">The metrics.</param>
internal sealed record ObjectResource(string Name, string Label, bool IsNamespaced, bool HasUid, IReadOnlyList<ObjectFamily> Families)
{
    /// <summary>
    /// Finds something out about an object in one look, from its spec and its status, so that later looks need not.
    /// </summary>
    public delegate int Classifier(RawObject o, JsonView spec, JsonView status);

    /// <summary>The meaning of an object's flags is defined by the families; 0 if they need none.</summary>
    public Classifier Classify { get; init; } = static (_, _, _) => 0;
}
