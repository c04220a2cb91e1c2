using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Vigia.Gateway.Http;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Telemetry;

/// <summary>
/// The spans of a gateway: requests (ASP.NET Core's own, named here) and streams. Costs next to nothing without a
/// listener.
/// </summary>
internal static class GatewayTracing
{
    /// <summary>The source of streams.</summary>
    public const string SourceName = "Vigia.Gateway";

    /// <summary>The source of requests.</summary>
    public const string RequestSourceName = "Microsoft.AspNetCore";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>
    /// Starts the span of a stream that outlives its request, as a child of it; null without a listener. Nothing else
    /// becomes its child.
    /// </summary>
    public static Activity? StartStream(string resources)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var request = Activity.Current;
        var span = Source.StartActivity("stream", ActivityKind.Internal)?.SetTag("vigia.resources", resources);
        Activity.Current = request;
        return span;
    }

    /// <summary>Names a request's span by its route: paths have names in them, queries tickets.</summary>
    public static void Describe(HttpContext context, string method, string route)
    {
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } span)
        {
            return;
        }

        span.DisplayName = $"{method} {route}";
        span.SetTag("http.request.method", method)
            .SetTag("http.route", route)
            .SetTag("http.response.status_code", context.Response.StatusCode);
        if (context.Features.Get<StreamTally>() is { } tally)
        {
            span.SetTag("vigia.stream", tally.Transport.ToString().ToLowerInvariant());

            // A stream that continues without its request has a span of its own.
            if (ConnectionTakeover.Of(context) is null)
            {
                span.SetTag("vigia.changes", tally.Changes);
            }
        }

        if (context.Response.StatusCode >= 500)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
