using Vigia.Gateway.Endpoints.Lists;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.Relations;

/// <summary>The description of the graph's route.</summary>
internal static class RelationOperations
{
    /// <summary>The graph around an object.</summary>
    public static ApiOperation Related { get; } =
        new("getRelated", ResourceOperations.Tag, "Related objects")
        {
            Description =
                "Owners, owned objects, and objects connected by a selector or a name, in both directions, each with "
                + "its health and root reason. Objects that the caller may not list are left out, and nothing is found "
                + "through them.",
            Parameters = _ => Graph,
            Answers = [ApiAnswer.Json("Related", "The graph.")],
            Faults = [404],
        };

    /// <summary>How far and how much of a graph (<see cref="RelationEndpoints"/>).</summary>
    private static IEnumerable<ApiParameter> Graph =>
        [
            ApiParameter.Query(
                "depth",
                Schema.Number(1, RelationEndpoints.MostDepth, RelationEndpoints.DefaultDepth),
                "Steps to follow from the object."
            ),
            ApiParameter.Query(
                "limit",
                Schema.Number(1, RelationEndpoints.MostNodes, RelationEndpoints.DefaultNodes),
                "Maximum number of nodes."
            ),
        ];
}
