using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Requests;

namespace Vigia.Simulator.Serving;

/// <summary>
/// TokenReview, SelfSubjectReview and the access reviews: questions that are posted and answered, never stored.
/// </summary>
internal sealed class ReviewHandler(AccessRules access)
{
    public static bool Handles(RequestPath path) =>
        path.Gvr
            is { Group: "authentication.k8s.io", Resource: "tokenreviews" or "selfsubjectreviews" }
                or {
                    Group: "authorization.k8s.io",
                    Resource: "subjectaccessreviews"
                        or "selfsubjectaccessreviews"
                        or "localsubjectaccessreviews"
                        or "selfsubjectrulesreviews"
                };

    public async Task HandleAsync(HttpContext http, RequestPath path, SimulatedUser user)
    {
        if (http.Request.Method != "POST")
        {
            throw StatusException.NotAllowed();
        }

        using var buffer = new MemoryStream();
        await http.Request.Body.CopyToAsync(buffer, http.RequestAborted);
        var review = ApiRequest.ParseBody(buffer.ToArray(), http.Request.ContentType);
        var spec = review["spec"] as JsonObject ?? [];
        review["status"] = path.Gvr.Resource switch
        {
            "tokenreviews" => Token((string?)spec["token"] ?? ""),
            "selfsubjectreviews" => new JsonObject { ["userInfo"] = UserInfo(user) },
            "selfsubjectaccessreviews" => Access(user, spec),
            "selfsubjectrulesreviews" => Rules(user, (string?)spec["namespace"] ?? ""),
            _ => Access(Subject(spec), spec),
        };
        review["metadata"] ??= new JsonObject { ["creationTimestamp"] = null };
        await Answers.JsonAsync(http, review, 201);
    }

    private JsonObject Token(string token) =>
        access.ByToken(token) is { } user
            ? new JsonObject
            {
                ["authenticated"] = true,
                ["user"] = UserInfo(user),
                ["audiences"] = new JsonArray("https://kubernetes.default.svc"),
            }
            : new JsonObject { ["user"] = new JsonObject(), ["error"] = "[invalid bearer token]" };

    private SimulatedUser Subject(JsonObject spec)
    {
        var name = (string?)spec["user"] ?? "";
        return access.ByName(name) ?? new SimulatedUser { Name = name, Rules = name == "system:anonymous" ? access.Anonymous : [] };
    }

    private static JsonObject Access(SimulatedUser user, JsonObject spec)
    {
        AccessAttributes asked;
        if (spec["resourceAttributes"] is JsonObject resource)
        {
            string? Part(string key) => (string?)resource[key] is { Length: > 0 } text ? text : null;
            asked = new(
                Part("verb") ?? "",
                Part("group") ?? "",
                Part("resource") ?? "",
                Part("subresource"),
                Part("namespace"),
                Part("name"),
                null
            );
        }
        else if (spec["nonResourceAttributes"] is JsonObject path)
        {
            asked = new((string?)path["verb"] ?? "", "", "", null, null, null, (string?)path["path"] ?? "");
        }
        else
        {
            throw StatusException.BadRequest(
                "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
            );
        }

        return AccessRules.Allows(user, asked)
            ? new JsonObject { ["allowed"] = true, ["reason"] = $"allowed by a rule of {user.Name}" }
            : new JsonObject { ["allowed"] = false };
    }

    private static JsonObject Rules(SimulatedUser user, string ns)
    {
        var (resources, paths) = (new JsonArray(), new JsonArray());
        foreach (var rule in user.Rules.Concat(PolicyRule.Basic))
        {
            if (rule.Resources.Count > 0 && (rule.Namespaces.Count == 0 || rule.Namespaces.Contains(ns)))
            {
                resources.AddNode(rule.ToJson(resource: true));
            }

            if (rule.NonResourceUrls.Count > 0)
            {
                paths.AddNode(rule.ToJson(resource: false));
            }
        }

        return new JsonObject
        {
            ["resourceRules"] = resources,
            ["nonResourceRules"] = paths,
            ["incomplete"] = false,
        };
    }

    private static JsonObject UserInfo(SimulatedUser user)
    {
        var groups = user.Name == "system:anonymous" ? user.Groups : [.. user.Groups, "system:authenticated"];
        return new JsonObject { ["username"] = user.Name, ["groups"] = new JsonArray([.. groups.Select(g => (JsonNode)g)]) };
    }
}
