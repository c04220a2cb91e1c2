using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Gateway.Access;
using Vigia.Gateway.Metrics;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Telemetry;

/// <summary>Measures every completed request; streams are counted elsewhere.</summary>
internal sealed class RequestTimes(GatewayInstruments instruments, TimeProvider time)
{
    /// <summary>The step of the pipeline: before all that answers.</summary>
    public async Task MeasureAsync(HttpContext context, RequestDelegate next)
    {
        var started = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var (method, route) = (MethodOf(context), RouteOf(context));
            GatewayTracing.Describe(context, method, route);
            if (context.Features.Get<StreamTally>() is null)
            {
                instruments.Answered(method, route, context.Response.StatusCode, time.GetElapsedTime(started));
            }

            if (context.Features.Get<AccessOutcome>() is not null)
            {
                instruments.Refused(context.Response.StatusCode);
            }
        }
    }

    // Anybody may send any word as a method.
    private static string MethodOf(HttpContext context) =>
        context.Request.Method is "GET" or "POST" or "PUT" or "PATCH" or "DELETE" or "HEAD" or "OPTIONS" or "CONNECT"
            ? context.Request.Method
            : "other";

    /// <summary>The pattern, never the path: paths have names in them.</summary>
    private static string RouteOf(HttpContext context) =>
        (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } pattern && !pattern.Contains("**", StringComparison.Ordinal)
            ? pattern
        : context.Request.Path.StartsWithSegments("/api/v1", StringComparison.Ordinal)
        || context.Request.Path.StartsWithSegments("/apis", StringComparison.Ordinal)
            ? "kubernetes"
        : "other";
}
