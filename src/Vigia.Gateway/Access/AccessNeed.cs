using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Vigia.Gateway.Access;

/// <summary>
/// The access that a route requires. By default a route requires an authenticated caller, and shows what the caller may
/// list.
/// </summary>
/// <param name="Verb">The route's verb.</param>
/// <param name="IsOpen">True for a route without authentication: its answer contains nothing about clusters.</param>
/// <param name="AcceptsTickets">True for streams, which browsers cannot send an Authorization header for.</param>
/// <param name="Path">
/// A path that the clusters must allow the caller to read, as <c>/metrics</c>; null for none.
/// </param>
internal sealed record AccessNeed(AccessVerb Verb, bool IsOpen = false, bool AcceptsTickets = false, string? Path = null)
{
    /// <summary>Lists and whatever else.</summary>
    public static AccessNeed Lists { get; } = new(AccessVerb.List);

    /// <summary>Single objects.</summary>
    public static AccessNeed Gets { get; } = new(AccessVerb.Get);

    /// <summary>Streams.</summary>
    public static AccessNeed Streams { get; } = new(AccessVerb.Watch, AcceptsTickets: true);

    /// <summary>Open to all.</summary>
    public static AccessNeed Nothing { get; } = new(AccessVerb.List, IsOpen: true);

    /// <summary>The need declared by the route of a request, or derived from its pattern.</summary>
    public static AccessNeed Of(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        return endpoint?.Metadata.GetMetadata<AccessNeed>() ?? Of((endpoint as RouteEndpoint)?.RoutePattern.RawText ?? "");
    }

    /// <summary>The need derived from a route pattern.</summary>
    public static AccessNeed Of(string pattern) =>
        pattern switch
        {
            "/healthz" or "/readyz" => Nothing,
            "/metrics" => new(AccessVerb.List, Path: pattern),
            "/api/v1/{resource}/{uid}" => Gets,
            _ when pattern.EndsWith("/stream", StringComparison.Ordinal)
                    || pattern.EndsWith("/ws", StringComparison.Ordinal)
                    || pattern.StartsWith("/events/", StringComparison.Ordinal)
                    || pattern.StartsWith("/api/wds/", StringComparison.Ordinal) => Streams,
            _ => Lists,
        };
}
