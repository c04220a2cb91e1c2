using Vigia.Catalog;
using Vigia.Gateway.Events;
using Vigia.Gateway.OpenApi.Schemas;

namespace Vigia.Gateway.OpenApi.Operations;

/// <summary>Lists, single objects and what belongs to them.</summary>
internal static class ResourceOperations
{
    private const string Tag = "Resources";

    /// <summary>A list over all namespaces.</summary>
    public static ApiOperation List { get; } = new("listAny", Tag, "List {resource}")
    {
        Description = "From memory. What is held is served though its cluster is away, and freshness says so. Custom resources and aliases work as {resource} too. " +
                      "A Kubernetes client (told by watch=true, resourceVersion, the table it accepts, or its User-Agent) is answered in Kubernetes' own forms: see /kubernetes/{cluster}/api/v1/{resource}.",
        Parameters = entry => [.. Parameters.Filters(entry), .. Parameters.Paging(entry), .. EventsOf(entry)],
        Answers = [Page],
        Faults = [404, 503],
        PerEntry = _ => true,
    };

    /// <summary>A list of one namespace.</summary>
    public static ApiOperation ListInNamespace { get; } = new("listAnyInNamespace", Tag, "List {resource} of a namespace")
    {
        Description = "As the list of all namespaces; the namespace stands in the path.",
        Parameters = entry => [.. Parameters.Selecting, .. Parameters.Paging(entry), .. EventsOf(entry)],
        Answers = [Page],
        Faults = [404, 503],
        PerEntry = entry => entry.Namespaced,
    };

    /// <summary>One object.</summary>
    public static ApiOperation Get { get; } = new("getAny", Tag, "Get one of {resource} by its uid")
    {
        Answers = [ApiAnswer.Json((names, entry) => ResourceSchemas.Detail(names.Of(entry)), "The object with its row.")],
        Faults = [404, 503],
        PerEntry = _ => true,
    };

    /// <summary>The graph around an object.</summary>
    public static ApiOperation Related { get; } = new("getRelated", Tag, "What belongs to an object")
    {
        Description = "Owners, what it owns, selects and names, and who does so with it, each with its health and the root reason of what is wrong. What the caller may not list is left out, and nothing is found through it.",
        Parameters = _ => Parameters.Graph,
        Answers = [ApiAnswer.Json("Related", "The graph.")],
        Faults = [404],
    };

    /// <summary>An object as one document.</summary>
    public static ApiOperation Describe { get; } = new("describeObject", Tag, "Describe an object")
    {
        Description = "What kubectl's describe tells, with the object's events (those that the API server has forgotten too), what is related to it with its health, the root reason in a line, and how fresh it is. " +
                      "Text, or JSON with Accept: application/json or output=json. What the caller may not see is left out, and the right that is missing is told. Of Secrets there is only metadata.",
        Parameters = _ => [ApiParameter.Query("output", Schema.OneOf(["text", "json"]), "The form. Default: text, or what Accept asks for.")],
        Answers =
        [
            new(200, "The document.")
            {
                Content =
                [
                    ("application/json", (_, _) => ApiAnswer.Media(Schema.Ref("Description"))),
                    ("text/plain", (_, _) => ApiAnswer.Media(Schema.Text("In kubectl's manner."))),
                ],
            },
        ],
        Faults = [404],
    };

    /// <summary>The events about an object.</summary>
    public static ApiOperation ObjectEvents { get; } = new("listObjectEvents", Tag, "The Kubernetes events about an object")
    {
        Description = "From the gateway's memory, which is longer than the API server's (an hour): the last of each object, until they are too old or the object is gone for a while (section events of the configuration). What says the same counts up.",
        Parameters = _ => Parameters.Events,
        Answers = [ApiAnswer.Json("KeptEvents", "The events.")],
        Faults = [404, 503],
    };

    private static ApiAnswer Page => new(200, "A page of the list.")
    {
        Content =
        [
            ("application/json", (names, entry) => ApiAnswer.Media(Schema.Ref(ResourceSchemas.List(names.Of(entry))))),

            // Of a resource with a type of its own only that: for a generated client the answer would be either a list or a text, always.
            ("text/plain", (_, entry) => entry is null ? ApiAnswer.Media(Schema.Text("With output=table or output=wide.")) : null),
        ],
        Headers =
        [
            ("X-Total-Count", Schema.Number(), "Objects that match, over all pages."),
            ("X-Vigia-Incomplete", Schema.Text(), "What was left out because a cluster could not be asked about the caller's rights; absent where nothing was."),
        ],
    };

    private static IEnumerable<ApiParameter> EventsOf(ResourceEntry? entry) => entry?.Name == EventEndpoints.Resource ? Parameters.Events : [];
}
