using Vigia.Gateway.Endpoints.Lists;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.Relations;

/// <summary>The description of the graph's route.</summary>
internal static class RelationOperations
{
    /// <summary>The graph around an object.</summary>
    public static ApiOperation Related { get; } =
        new("getRelated", ResourceOperations.Tag, "What belongs to an object")
        {
            Description =
                "Owners, what it owns, selects and names, and who does so with it, each with its health and the root reason of what is "
                + "wrong. What the caller may not list is left out, and nothing is found through it.",
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
                "Steps to walk from the object."
            ),
            ApiParameter.Query("limit", Schema.Number(1, RelationEndpoints.MostNodes, RelationEndpoints.DefaultNodes), "Nodes at most."),
        ];
}
