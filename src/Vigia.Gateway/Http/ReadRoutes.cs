using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Vigia.Gateway.Http;

/// <summary>
/// Maps read routes: GET, and HEAD, which answers the same without a body. Load balancers probe with HEAD.
/// </summary>
internal static class ReadRoutes
{
    private static readonly string[] Methods = ["GET", "HEAD"];

    /// <summary>Maps a route for GET and HEAD.</summary>
    public static IEndpointConventionBuilder MapRead(this IEndpointRouteBuilder app, string pattern, RequestDelegate handler) =>
        app.MapMethods(pattern, Methods, handler);

    /// <summary>A parameter of the route's path; empty where the path has none of that name.</summary>
    public static string RouteText(this HttpContext context, string name) => context.Request.RouteValues[name]?.ToString() ?? "";
}
