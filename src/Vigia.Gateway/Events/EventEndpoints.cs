using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Gateway.Clusters;
using Vigia.Gateway.OpenApi.Operations;
using Vigia.Gateway.Queries;
using Vigia.Gateway.Rest;
using Vigia.Gateway.Streams;

namespace Vigia.Gateway.Events;

/// <summary>Kubernetes events, followed by what they are about: <c>GET /api/v1/events/stream?type=Warning&amp;reason=&amp;kind=&amp;about=&amp;since=</c>.</summary>
/// <remarks>An event that happens again is an update of the same object, with a greater count in its row. Lists take the same parameters (<see cref="EventQuery"/>). Everything else is as with every stream.</remarks>
internal sealed class EventEndpoints(ClusterSet clusters, StreamEndpoints streams, TimeProvider time)
{
    /// <summary>The catalog's name of Kubernetes events.</summary>
    public const string Resource = "events";

    public static void Map(IEndpointRouteBuilder app, ClusterSet clusters, StreamEndpoints streams, TimeProvider time)
        => app.MapGet("/api/v1/events/stream", new EventEndpoints(clusters, streams, time).StreamAsync).WithMetadata(StreamOperations.KubernetesEvents);

    public async Task StreamAsync(HttpContext context)
    {
        if (clusters.Catalog.Find(Resource) is not { } entry)
        {
            await Problem.WriteAsync(context, 404, "Unknown resource", clusters.Catalog.Explain(Resource));
            return;
        }

        var query = EventQuery.With(LiveQuery.Parse(name => context.Request.Query[name]), context.Request.Query, time.GetUtcNow());
        await streams.OpenAsync(context, [entry], query, preset: null);
    }
}
