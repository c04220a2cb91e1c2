using System.Text.Json.Nodes;
using Vigia.Catalog;
using Vigia.Gateway.OpenApi;
using Vigia.Live.Events;

namespace Vigia.Gateway.Endpoints.Lists;

/// <summary>Lists and single objects.</summary>
internal static class ResourceOperations
{
    private static readonly string[] SortableEverywhere = ["cluster", "namespace", "name"];

    /// <summary>The tag of these operations.</summary>
    public const string Tag = "Resources";

    /// <summary>A list over all namespaces.</summary>
    public static ApiOperation List { get; } =
        new("listAny", Tag, "List {resource}")
        {
            Description =
                "From memory. The cached objects are served even if their cluster is unreachable; freshness reports "
                + "it. Custom resources and aliases work as {resource} too. A Kubernetes client (recognised by "
                + "watch=true, resourceVersion, the accepted table type, or its User-Agent) receives the Kubernetes "
                + "API's format: see /kubernetes/{cluster}/api/v1/{resource}.",
            Parameters = entry => [.. Parameters.Filters(entry), .. Paging(entry), .. EventsOf(entry)],
            Answers = [Page],
            Faults = [404, 503],
            PerEntry = _ => true,
        };

    /// <summary>A list of one namespace.</summary>
    public static ApiOperation ListInNamespace { get; } =
        new("listAnyInNamespace", Tag, "List {resource} of a namespace")
        {
            Description = "As the list of all namespaces, with the namespace in the path.",
            Parameters = entry => [.. Parameters.Selecting, .. Paging(entry), .. EventsOf(entry)],
            Answers = [Page],
            Faults = [404, 503],
            PerEntry = entry => entry.Namespaced,
        };

    /// <summary>One object.</summary>
    public static ApiOperation Get { get; } =
        new("getAny", Tag, "Get one of {resource} by its uid")
        {
            Answers = [ApiAnswer.Json((names, entry) => ResourceSchemas.Detail(names.Of(entry)), "The object with its row.")],
            Faults = [404, 503],
            PerEntry = _ => true,
        };

    /// <summary>The part, order and form of a list (<see cref="ListRequestParameters"/>).</summary>
    private static IEnumerable<ApiParameter> Paging(ResourceEntry? entry) =>
        [
            ApiParameter.Query("page", Schema.Number(1, null, 1), "The page, from 1."),
            ApiParameter.Query(
                "limit",
                Schema.Number(1, ListRequestParameters.MaxLimit, ListRequestParameters.DefaultLimit),
                "Items a page."
            ),
            ApiParameter.Query(
                "sort",
                Schema.List(SortKey(entry)),
                "Columns to sort by, most important first; a leading minus reverses the order. Default: by "
                    + "namespace, name and cluster.",
                new JsonArray("-age", "name")
            ),
            .. entry is null
                ? (ApiParameter[])
                    [
                        ApiParameter.Query(
                            "output",
                            Schema.OneOf(["json", "table", "wide"]),
                            "table and wide print the page as kubectl does, for any resource."
                        ),
                    ]
                : [],
        ];

    private static ApiAnswer Page =>
        new(200, "A page of the list.")
        {
            Content =
            [
                ("application/json", (names, entry) => ApiAnswer.Media(Schema.Ref(ResourceSchemas.List(names.Of(entry))))),
                // Of a resource with a type of its own only that: for a generated client the answer would be either a
                // list or a text, always.
                ("text/plain", (_, entry) => entry is null ? ApiAnswer.Media(Schema.Text("With output=table or output=wide.")) : null),
            ],
            Headers =
            [
                ("X-Total-Count", Schema.Number(), "Matching objects on all pages."),
                (
                    "X-Vigia-Incomplete",
                    Schema.Text(),
                    "Clusters left out because they cannot review the caller's access; absent if there are none."
                ),
            ],
        };

    private static IEnumerable<ApiParameter> EventsOf(ResourceEntry? entry) =>
        entry?.Name == KubernetesEvents.Resource ? Parameters.Events : [];

    private static JsonObject SortKey(ResourceEntry? entry) =>
        entry is null
            ? Schema.Text()
            : Schema.OneOf(
                SortableEverywhere
                    .Concat(entry.Columns.Select(column => column.Key))
                    .Distinct(StringComparer.Ordinal)
                    .SelectMany(key => new[] { key, "-" + key })
            );
}
