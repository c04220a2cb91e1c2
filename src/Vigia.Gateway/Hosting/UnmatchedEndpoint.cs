using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Vigia.Gateway.Http;

namespace Vigia.Gateway.Hosting;

/// <summary>What no route matches: 405 with <c>Allow</c> where the path is one for another method, else 404.</summary>
internal sealed class UnmatchedEndpoint(IEndpointRouteBuilder app)
{
    private readonly Lazy<(TemplateMatcher Matcher, IReadOnlyList<string> Methods)[]> _routes = new(() =>
    [
        .. app.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(endpoint => (Endpoint: endpoint, Methods: endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods))
            .Where(route => route.Methods is { Count: > 0 })
            .Select(route => (new TemplateMatcher(TemplateParser.Parse(route.Endpoint.RoutePattern.RawText!), []), route.Methods!)),
    ]);

    public Task AnswerAsync(HttpContext context)
    {
        var (method, path) = (context.Request.Method, context.Request.Path);
        string[] allowed = [.. _routes.Value.Where(route => route.Matcher.TryMatch(path, [])).SelectMany(route => route.Methods).Where(known => known != "CONNECT").Distinct(StringComparer.Ordinal)];
        if (allowed.Length == 0 || allowed.Contains(method, StringComparer.OrdinalIgnoreCase))
        {
            return Problem.WriteAsync(context, 404, "Not found", $"no route matches {method} {path}; see /api/v1/resources");
        }

        context.Response.Headers.Allow = string.Join(", ", allowed);
        return Problem.WriteAsync(context, 405, "Method not allowed", $"{path} does not accept {method}; it accepts {string.Join(", ", allowed)}");
    }
}
