using Vigia.Gateway.Endpoints.Lists;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.Events;

/// <summary>The description of the route to an object's events.</summary>
internal static class ObjectEventOperations
{
    /// <summary>The events about an object.</summary>
    public static ApiOperation ObjectEvents { get; } =
        new("listObjectEvents", ResourceOperations.Tag, "The Kubernetes events about an object")
        {
            Description =
                "From the gateway's memory, which is longer than the API server's (an hour): the last of each object, until they are too "
                + "old or the object is gone for a while (section events of the configuration). What says the same counts up.",
            Parameters = _ => Parameters.Events,
            Answers = [ApiAnswer.Json("KeptEvents", "The events.")],
            Faults = [404, 503],
        };
}
