using Vigia.Catalog.Paths;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.Metrics.Objects;

/// <summary>The metrics of one resource.</summary>
/// <param name="Name">The resource.</param>
/// <param name="Label">The label that its objects' names stand in.</param>
/// <param name="IsNamespaced">True where a label says the namespace.</param>
/// <param name="HasUid">True where a label says the uid.</param>
/// <param name="Families">The metrics.</param>
internal sealed record ObjectResource(string Name, string Label, bool IsNamespaced, bool HasUid, IReadOnlyList<ObjectFamily> Families)
{
    /// <summary>
    /// Finds something out about an object in one look, from its spec and its status, so that later looks need not.
    /// </summary>
    public delegate int Classifier(RawObject o, JsonView spec, JsonView status);

    /// <summary>What the flags of an object mean is the families' own affair; 0 where they need none.</summary>
    public Classifier Classify { get; init; } = static (_, _, _) => 0;
}
