using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Catalog;
using Vigia.Gateway.Access;
using Vigia.Gateway.Endpoints.Status;
using Vigia.Gateway.Http;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.OpenApi;

/// <summary>
/// <c>GET /openapi/v1.json</c>: the whole API for programs, written again when a custom resource comes or goes.
/// </summary>
internal sealed class ApiEndpoint(EndpointDataSource routes, ClusterSet clusters, AccessOptions access)
{
    private Tuple<ResourceCatalog, byte[]>? _made;

    /// <summary>Adds the route. Routes that are mapped later are in the document as well.</summary>
    public void Map(IEndpointRouteBuilder app) => app.MapRead("/openapi/v1.json", WriteAsync).WithMetadata(StatusOperations.Document);

    private static byte[] Bytes(JsonObject document)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, JsonAnswer.Options))
        {
            document.WriteTo(writer);
        }

        return buffer.ToArray();
    }

    private async Task WriteAsync(HttpContext context)
    {
        // Only clusters that the caller has access to are described.
        var catalog = clusters.CatalogFor(context.ViewRights());
        if (Volatile.Read(ref _made) is not { } made || made.Item1 != catalog)
        {
            _made = made = Tuple.Create(catalog, Bytes(ApiDocument.Create(routes.Endpoints.OfType<RouteEndpoint>(), catalog, access.Mode)));
        }

        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.ContentLength = made.Item2.Length;
        await context.Response.Body.WriteAsync(made.Item2, context.RequestAborted);
    }
}
