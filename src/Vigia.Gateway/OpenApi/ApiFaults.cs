using System.Text.Json.Nodes;
using Vigia.Gateway.Access;

namespace Vigia.Gateway.OpenApi;

/// <summary>The errors of the API: components of the document, and which of them a route may answer with.</summary>
internal static class ApiFaults
{
    private static readonly (int Status, string Name, string Description)[] Known =
    [
        (400, "BadRequest", "Bad request: detail names the invalid part. Tokens in URLs are refused too."),
        (401, "Unauthorized", "Authentication required: there is no token or ticket, or it is not accepted."),
        (403, "Forbidden", "The caller lacks the right that detail names, or the page's origin is not allowed."),
        (404, "NotFound", "Not found, or not visible to the caller."),
        (406, "NotAcceptable", "None of the accepted media types is available."),
        (410, "Expired", "The revision or the continue token has expired or belongs to another server: list again."),
        (421, "MisdirectedRequest", "The host name is not one of this gateway's (access.hosts)."),
        (422, "Invalid", "Options of a list or watch contradict each other; causes lists them."),
        (426, "UpgradeRequired", "The route requires a WebSocket upgrade."),
        (
            429,
            "TooManyRequests",
            "The caller has too many open requests, causes too many access reviews, or too many tokens from its address were refused."
        ),
        (500, "InternalError", "Internal error of the gateway, or a watch that cannot be started."),
        (503, "Unavailable", "Not loaded yet, too many streams in total, or the clusters cannot review the caller's access."),
        (504, "Timeout", "The gateway did not reach the resourceVersion in time."),
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
                ["description"] = "Seconds to wait before the next try.",
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
