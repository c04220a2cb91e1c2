using Vigia.Catalog.Paths;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Projections;

/// <summary>Computes one cell of a row.</summary>
internal delegate Cell CellProjection(ref ProjectionContext context);

/// <summary>The object a row is made of, and what several of its columns share.</summary>
internal ref struct ProjectionContext(JsonView json, RawObject raw)
{
    private PodSummary? _pod;

    public JsonView Json { get; } = json;

    public RawObject Raw { get; } = raw;

    public PodSummary Pod => _pod ??= PodSummary.Of(Json);
}
