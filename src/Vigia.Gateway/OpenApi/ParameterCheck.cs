using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Catalog;
using Vigia.Catalog.Searching;
using Vigia.Gateway.Access;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Queries;

namespace Vigia.Gateway.OpenApi;

/// <summary>
/// Refuses unknown parameters and values. Ignoring <c>lmit=3</c> or <c>namespaces=x</c> would answer another question,
/// and look right.
/// </summary>
/// <remarks>
/// A route's parameters are those of its description (<see cref="ApiOperation"/>), so the document and the check cannot
/// differ. Names are case-insensitive.
/// </remarks>
internal sealed class ParameterCheck(ClusterSet clusters)
{
    // Any route may name clusters (a token goes there), and streams take tickets.
    private static readonly string[] Everywhere = ["cluster"];

    private readonly ConcurrentDictionary<(ApiOperation, ResourceCatalog, ResourceEntry?), Dictionary<string, string[]>> _known = new();

    /// <summary>The step of the pipeline, after routing and the access check.</summary>
    /// <exception cref="QueryException">There is such a parameter.</exception>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (
            context.Request.Query.Count > 0
            && context.GetEndpoint() is RouteEndpoint endpoint
            && endpoint.Metadata.GetMetadata<ApiOperation>() is { } operation
            && !AccessNeed.Of(context).IsOpen
            && endpoint.RoutePattern.RawText != "/"
        )
        {
            Check(context, operation);
        }

        return next(context);
    }

    private void Check(HttpContext context, ApiOperation operation)
    {
        var known = Known(operation, OnlyResource(context) is { } resource ? clusters.Catalog.Find(resource) : null);
        foreach (var (name, values) in context.Request.Query)
        {
            if (!known.TryGetValue(name, out var words))
            {
                if (name == "ticket" && AccessNeed.Of(context).AcceptsTickets)
                {
                    continue;
                }

                var names = known.Keys.Order(StringComparer.Ordinal).ToArray();
                throw new QueryException(
                    Shorten(name),
                    $"unknown parameter{Meant(name, names)}; expected one of {string.Join(", ", names)}"
                );
            }

            foreach (
                var value in words.Length == 0
                    ? []
                    : values.Where(value => !string.IsNullOrEmpty(value) && !words.Contains(value, StringComparer.Ordinal))
            )
            {
                throw new QueryException(name, $"'{Shorten(value!)}' is not one of {string.Join(", ", words)}{Meant(value!, words)}");
            }
        }
    }

    /// <summary>
    /// The one resource of a request: events have additional parameters, if the request is for events only.
    /// </summary>
    private static string? OnlyResource(HttpContext context) =>
        context.Request.RouteValues["resource"] as string
        ?? (context.Request.Query["resources"] is [{ Length: > 0 } one] && !one.Contains(',', StringComparison.Ordinal) ? one : null);

    /// <summary>The names, with the words that each takes where these are known.</summary>
    private Dictionary<string, string[]> Known(ApiOperation operation, ResourceEntry? entry)
    {
        var catalog = clusters.Catalog;
        if (_known.Count > 1000)
        {
            // Custom resources came and went.
            _known.Clear();
        }

        return _known.GetOrAdd(
            (operation, catalog, entry),
            static key =>
            {
                var (operation, catalog, entry) = key;
                var operations = operation.PerPreset is { } perPreset ? catalog.Presets.Select(perPreset) : [operation];
                var known = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);
                foreach (
                    var parameter in operations
                        .SelectMany(one =>
                            one.Parameters(null)
                                .Concat(entry is null ? [] : one.Parameters(entry))
                                .Concat(
                                    (one.PerEntry is not null || one.TakesResources) && entry?.Name == KubernetesEvents.Resource
                                        ? Parameters.Events
                                        : []
                                )
                        )
                        .Where(parameter => parameter.Place == "query")
                )
                {
                    // A preset describes its own parameters.
                    var words =
                        operation.PerPreset is null && (string?)parameter.Schema["type"] == "string" && parameter.Schema["enum"] is { } all
                            ? all.AsArray().Select(word => (string)word!).ToArray()
                            : [];
                    known[parameter.Name] =
                        known.TryGetValue(parameter.Name, out var before) && before.Length > 0 && words.Length > 0
                            ? [.. before.Union(words, StringComparer.Ordinal)]
                        : words.Length > 0 ? words
                        : before ?? [];
                }

                foreach (var name in Everywhere)
                {
                    known.TryAdd(name, []);
                }

                return known;
            }
        );
    }

    private static string Meant(string name, string[] known) =>
        name.Length <= 64 && NearestName.Of(name, known) is { } near ? $", did you mean '{near}'?" : "";

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
