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
                "From the gateway's history, which is longer than the API server's (an hour): the latest events of "
                + "each object, until they are too old or the object has been gone for a while (section events of the "
                + "configuration). Repeated events count as one.",
            Parameters = _ => Parameters.Events,
            Answers = [ApiAnswer.Json("KeptEvents", "The events.")],
            Faults = [404, 503],
        };
}
