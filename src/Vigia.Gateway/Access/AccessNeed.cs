using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Vigia.Gateway.Access;

/// <summary>
/// What a route needs of its caller. A route about which nothing is said needs a caller, and shows what he may list.
/// </summary>
/// <param name="Verb">What the route does with objects.</param>
/// <param name="IsOpen">True where nobody is asked: the answer says nothing about clusters.</param>
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

    /// <summary>For everybody.</summary>
    public static AccessNeed Nothing { get; } = new(AccessVerb.List, IsOpen: true);

    /// <summary>What the route of a request says of itself, or what its pattern tells.</summary>
    public static AccessNeed Of(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        return endpoint?.Metadata.GetMetadata<AccessNeed>() ?? Of((endpoint as RouteEndpoint)?.RoutePattern.RawText ?? "");
    }

    /// <summary>What a pattern of a route tells.</summary>
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
