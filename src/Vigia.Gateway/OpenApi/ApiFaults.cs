using System.Text.Json.Nodes;
using Vigia.Gateway.Access;

namespace Vigia.Gateway.OpenApi;

/// <summary>The errors of the API: components of the document, and which of them a route may answer with.</summary>
internal static class ApiFaults
{
    private static readonly (int Status, string Name, string Description)[] Known =
    [
        (400, "BadRequest", "Something that was sent cannot be understood: detail names it. Tokens in URLs are refused too."),
        (401, "Unauthorized", "Nobody knows who asks: there is no token or ticket, or it is not accepted (any more)."),
        (403, "Forbidden", "The caller lacks a right, which detail names; or the page is of an origin that is not on the list."),
        (404, "NotFound", "There is no such thing, or none that the caller may see."),
        (406, "NotAcceptable", "None of the forms that the client accepts can be had."),
        (410, "Expired", "The revision or the continue token cannot be served any more, or is another server's: list again."),
        (421, "MisdirectedRequest", "The host name is not one of this gateway's (access.hosts)."),
        (422, "Invalid", "Options of a list or watch contradict each other: the causes name them."),
        (426, "UpgradeRequired", "The route speaks WebSocket."),
        (
            429,
            "TooManyRequests",
            "The caller has too many of them open, causes too many questions about rights, or too many tokens of its address were refused."
        ),
        (500, "InternalError", "A fault of the gateway, or a watch that cannot be started."),
        (503, "Unavailable", "Not loaded yet, too many streams in all, or the clusters cannot be asked about the caller's rights."),
        (504, "Timeout", "The gateway has not seen the resourceVersion in time."),
    ];

    /// <summary>The responses of the document's components.</summary>
    public static JsonObject Components =>
        new(
            Known.SelectMany(known =>
                new[] { (Name: known.Name, IsKubernetes: false), (Name: "Kubernetes" + known.Name, IsKubernetes: true) }.Select(form =>
                    KeyValuePair.Create(form.Name, (JsonNode?)Response(known.Status, known.Description, form.IsKubernetes))
                )
            )
        );

    /// <summary>The statuses that a route may answer with where all is not well.</summary>
    public static IEnumerable<int> Of(ApiOperation operation, AccessNeed need, AuthMode mode, bool hasParameters)
    {
        var asks = mode != AuthMode.None && !need.IsOpen;
        return new[]
        {
            (400, asks || hasParameters),
            (401, asks),
            (403, true),
            (421, true),
            (429, asks),
            (500, true),
            (503, asks && mode == AuthMode.Kubernetes),
        }
            .Where(pair => pair.Item2)
            .Select(pair => pair.Item1)
            .Concat(operation.Faults)
            .Distinct()
            .Order();
    }

    /// <summary>A reference to a status' response.</summary>
    public static JsonObject Ref(int status, bool isKubernetes) =>
        new()
        {
            ["$ref"] =
                $"#/components/responses/{(isKubernetes ? "Kubernetes" : "")}{Array.Find(Known, known => known.Status == status).Name}",
        };

    private static JsonObject Response(int status, string description, bool isKubernetes)
    {
        var json = new JsonObject { ["description"] = description };
        var headers = new JsonObject();
        if (status is 429 or 503 or 504)
        {
            headers["Retry-After"] = new JsonObject
            {
                ["description"] = "Seconds after which to try again.",
                ["schema"] = new JsonObject { ["type"] = "integer" },
            };
        }
        else if (status == 401)
        {
            headers["WWW-Authenticate"] = new JsonObject { ["description"] = "Bearer.", ["schema"] = Schema.Text() };
        }

        if (headers.Count > 0)
        {
            json["headers"] = headers;
        }

        json["content"] = isKubernetes
            ? new JsonObject { ["application/json"] = ApiAnswer.Media(Schema.Ref(SharedSchemas.KubernetesStatus)) }
            : new JsonObject { ["application/problem+json"] = ApiAnswer.Media(Schema.Ref(SharedSchemas.Problem)) };
        return json;
    }
}
