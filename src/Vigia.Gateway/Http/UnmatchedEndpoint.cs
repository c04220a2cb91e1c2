using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace Vigia.Gateway.Http;

/// <summary>Answers requests without a route: 405 with <c>Allow</c> if the path has another method, else 404.</summary>
internal sealed class UnmatchedEndpoint(EndpointDataSource all)
{
    private readonly Lazy<(TemplateMatcher Matcher, IReadOnlyList<string> Methods, bool IsLiteral)[]> _routes = new(() =>
        [
            .. all
                .Endpoints.OfType<RouteEndpoint>()
                .Select(endpoint => (Endpoint: endpoint, Methods: endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods))
                .Where(route => route.Methods is { Count: > 0 })
                .Select(route =>
                    (
                        new TemplateMatcher(TemplateParser.Parse(route.Endpoint.RoutePattern.RawText!), []),
                        route.Methods!,
                        route.Endpoint.RoutePattern.Parameters.Count == 0
                    )
                ),
        ]
    );

    /// <summary>Answers what no route matches.</summary>
    public Task AnswerAsync(HttpContext context) =>
        AnswerAsync(context, "Not found", $"no route matches {context.Request.Method} {context.Request.Path}; see /api/v1/resources");

    /// <summary>
    /// Answers a name that there is not, in a path that may be another route's for another method (<c>GET
    /// /api/v1/tickets</c>).
    /// </summary>
    public Task AnswerAsync(HttpContext context, string title, string detail)
    {
        var (method, path) = (context.Request.Method, context.Request.Path);
        var routes = _routes.Value.Where(route => route.Matcher.TryMatch(path, [])).ToArray();
        string[] allowed =
        [
            .. routes
                .Where(route => route.IsLiteral || !Array.Exists(routes, other => other.IsLiteral))
                .SelectMany(route => route.Methods)
                .Where(known => known != "CONNECT")
                .Distinct(StringComparer.Ordinal),
        ];
        if (allowed.Length == 0 || allowed.Contains(method, StringComparer.OrdinalIgnoreCase))
        {
            return Problem.WriteAsync(context, 404, title, detail);
        }

        context.Response.Headers.Allow = string.Join(", ", allowed);
        return Problem.WriteAsync(
            context,
            405,
            "Method not allowed",
            $"{path} does not accept {method}; it accepts {string.Join(", ", allowed)}"
        );
    }
}
