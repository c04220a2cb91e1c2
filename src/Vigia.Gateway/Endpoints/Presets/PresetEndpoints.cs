using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Gateway.Access;
using Vigia.Gateway.Endpoints.Sse;
using Vigia.Gateway.Http;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.Presets;

/// <summary>
/// The ready-made streams of the catalog: <c>/events/clusters</c>, <c>/events/autoscalers</c>, <c>/events/ide</c>.
/// </summary>
/// <remarks>
/// A project is a namespace. An update that changes no cell of the row is not sent. Errors are reported before the
/// stream is opened: 400, 404 or 500 with a problem document.
/// </remarks>
internal sealed class PresetEndpoints(ClusterSet clusters, StreamEndpoints streams, TimeProvider time)
{
    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder app) =>
        app.MapRead("/events/{preset}", context => StreamAsync(context, context.RouteText("preset")))
            .WithMetadata(StreamOperations.Presets);

    /// <summary><c>GET /events/{preset}?project=&amp;target=&amp;kind=&amp;user=</c>.</summary>
    public async Task StreamAsync(HttpContext context, string name)
    {
        var request = PresetRequest.Parse(clusters, name, parameter => context.Request.Query[parameter]);
        await request.SettleAsync(clusters, context.ViewRights(), time, context.RequestAborted);
        await streams.OpenAsync(context, [request.Entry], request.Query, request.Preset);
    }
}
