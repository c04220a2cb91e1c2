using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Vigia.Gateway.Endpoints.Sse;
using Vigia.Gateway.Http;
using Vigia.Live.Events;

namespace Vigia.Gateway.Endpoints.Events;

/// <summary>
/// Streams of Kubernetes events, filtered by their objects: <c>GET
/// /api/v1/events/stream?type=Warning&amp;reason=&amp;kind=&amp;about=&amp;since=</c>.
/// </summary>
/// <remarks>
/// An event that happens again is an update of the same object, with a greater count in its row. Lists take the same
/// parameters (<see cref="EventQuery"/>). Everything else is as with every stream.
/// </remarks>
internal static class EventEndpoints
{
    public static void Map(IEndpointRouteBuilder app, StreamEndpoints streams) =>
        app.MapRead("/api/v1/events/stream", context => streams.StreamAsync(context, KubernetesEvents.Resource))
            .WithMetadata(StreamOperations.KubernetesEvents);
}
