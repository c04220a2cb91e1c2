using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Http;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>Decides which pages may use the gateway from a browser: its own, and those on the list.</summary>
/// <remarks>
/// That a page's origin equals the request's host says that it is the gateway's own page only because
/// <see cref="Access.HostPolicy"/>, or a token, comes before. Requests without <c>Origin</c> are not made by a page of
/// another site and pass. The same list holds for WebSockets (which browsers do not protect by themselves) and for
/// CORS.
/// </remarks>
internal sealed class OriginPolicy
{
    private readonly HashSet<string> _allowed;
    private readonly bool _any;

    public OriginPolicy(IEnumerable<string> allowed)
    {
        _allowed = allowed.Select(origin => origin.TrimEnd('/')).ToHashSet(StringComparer.OrdinalIgnoreCase);
        _any = _allowed.Contains("*");
    }

    /// <summary>
    /// Middleware: refuses pages that are not on the list, and says to browsers that the others may read.
    /// </summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0 || IsOwn(origin, context.Request))
        {
            await next(context);
            return;
        }

        context.Response.Headers.Vary = "Origin";
        if (!_any && !_allowed.Contains(origin))
        {
            await Problem.WriteAsync(
                context,
                403,
                "Origin not allowed",
                $"pages of {Shorten(origin)} may not use this gateway; add the origin to sockets.origins in the configuration"
            );
            return;
        }

        context.Response.Headers.AccessControlAllowOrigin = origin;
        context.Response.Headers.AccessControlExposeHeaders = "X-Total-Count, Link, Retry-After, ETag";
        if (!HttpMethods.IsOptions(context.Request.Method) || context.Request.Headers.AccessControlRequestMethod.Count == 0)
        {
            await next(context);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.AccessControlAllowMethods = "GET, HEAD, POST, OPTIONS";
        context.Response.Headers.AccessControlAllowHeaders = "Authorization, Content-Type, Last-Event-ID, Cache-Control";
        context.Response.Headers.AccessControlMaxAge = "600";
    }

    /// <summary>
    /// True if the page has the same host as its request. Behind a proxy that terminates TLS the schemes differ, so
    /// only the host counts: that of <c>Host</c>, or that of <c>X-Forwarded-Host</c>, which the proxy sets. A page of
    /// another site cannot set that header: browsers send a preflight first (which is refused), and never send it with
    /// a WebSocket.
    /// </summary>
    private static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && (
            IsHost(uri, request.Host)
            || (
                request.Headers["X-Forwarded-Host"].ToString() is { Length: > 0 } forwarded
                && IsHost(uri, HostString.FromUriComponent(forwarded.Split(',')[0].Trim()))
            )
        );

    private static bool IsHost(Uri origin, HostString host) =>
        host.HasValue
        && Uri.TryCreate($"http://{host.Value}", UriKind.Absolute, out var own)
        && string.Equals(origin.Host, own.Host, StringComparison.OrdinalIgnoreCase)
        && (host.Port is { } port ? origin.Port == port : origin.IsDefaultPort);

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..100] + "…";
}
