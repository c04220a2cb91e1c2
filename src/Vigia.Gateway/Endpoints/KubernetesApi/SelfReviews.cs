using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Access;
using Vigia.Gateway.Http;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// Answers a caller's reviews of itself: its identity, and its rights here. Nothing is written, so a read-only gateway
/// can accept these requests.
/// </summary>
/// <remarks>
/// Allowed means that this gateway would answer: reads of its cache, under the caller's rights. Everything else is
/// "no", with the reason.
/// </remarks>
internal static class SelfReviews
{
    private const int MostRules = 100;

    /// <summary>True for the paths and the method of a review.</summary>
    public static bool Handles(string method, string[] parts) =>
        HttpMethods.IsPost(method)
        && parts
            is ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews" or "selfsubjectrulesreviews"]
                or ["apis", "authentication.k8s.io", "v1" or "v1beta1" or "v1alpha1", "selfsubjectreviews"];

    /// <summary>Answers a review.</summary>
    /// <exception cref="StatusRefusal">It cannot be understood.</exception>
    public static async Task AnswerAsync(HttpContext context, ClusterSession session, string[] parts)
    {
        var spec = await ReviewSpec.ReadAsync(context, isRules: parts[3] == "selfsubjectrulesreviews");
        var api = $"{parts[1]}/{parts[2]}";
        switch (parts[3])
        {
            case "selfsubjectaccessreviews":
                var (isAllowed, reason) = await DecideAsync(context, session, spec);
                await WriteAsync(
                    context,
                    "SelfSubjectAccessReview",
                    api,
                    spec,
                    json =>
                    {
                        json.WriteBoolean("allowed"u8, isAllowed);
                        if (reason.Length > 0)
                        {
                            json.WriteString("reason"u8, reason);
                        }
                    }
                );
                break;
            case "selfsubjectrulesreviews":
                ClusterReadiness.Demand(session);
                await WriteRulesAsync(context, session, api, spec);
                break;
            default:
                await WriteAsync(context, "SelfSubjectReview", api, null, json => WriteUser(json, context.Caller()));
                break;
        }
    }

    private static async Task<(bool IsAllowed, string Reason)> DecideAsync(HttpContext context, ClusterSession session, ReviewSpec spec)
    {
        var caller = context.Caller();
        if (spec.Attributes == "nonResourceAttributes")
        {
            var path = spec["path"];
            return spec["verb"] is not ("get" or "head")
                ? (false, "this gateway is read-only")
                : (caller.Rights.IsEverything || await caller.Rights.MayReadAsync(path, context.RequestAborted), "");
        }

        if (spec.Attributes != "resourceAttributes")
        {
            throw new StatusRefusal(
                StatusAnswer.BadRequest("spec: exactly one of nonResourceAttributes or resourceAttributes must be specified")
            );
        }

        AccessVerb? verb = spec["verb"] switch
        {
            "get" => AccessVerb.Get,
            "list" => AccessVerb.List,
            "watch" => AccessVerb.Watch,
            _ => null,
        };
        if (verb is not { } wanted)
        {
            return (false, "this gateway is read-only: get, list and watch");
        }

        ClusterReadiness.Demand(session);
        var (group, resource) = (spec["group"], spec["resource"]);
        if (resource == "*")
        {
            return caller.Rights.IsEverything ? (true, "") : (false, "review one resource at a time");
        }

        var feed = session.Feeds.FirstOrDefault(feed =>
            feed.Version is { } version && version.Resource == resource && (version.Group == group || group == "*")
        );
        if (feed is null || spec["subresource"].Length > 0)
        {
            return (
                false,
                $"this gateway does not serve "
                    + $"{resource}{(spec["subresource"] is { Length: > 0 } sub ? $"/{sub}" : "")}{(group.Length > 0 ? $" of {group}" : "")}"
            );
        }

        return (await MayAsync(context, feed, wanted, spec["namespace"], spec["name"]), "");
    }

    private static async Task<bool> MayAsync(HttpContext context, ResourceFeed feed, AccessVerb verb, string ns, string name)
    {
        var caller = context.Caller();
        if (caller.Rights.IsEverything)
        {
            return true;
        }

        ns = feed.Entry.Namespaced ? ns : "";
        if (verb == AccessVerb.Get && name.Length > 0)
        {
            return await caller.Rights.MayGetAsync(feed, ns, name, context.RequestAborted);
        }

        var rights = caller.Rights.For(feed, verb);
        await rights.PrepareAsync(feed.Entry.Namespaced && ns.Length == 0 ? [] : [ns], context.RequestAborted);
        var scope = rights.Scope;
        return scope.All || ((ns.Length > 0 || !feed.Entry.Namespaced) && scope.Allows(ns));
    }

    private static async Task WriteRulesAsync(HttpContext context, ClusterSession session, string api, ReviewSpec spec)
    {
        var ns = spec["namespace"];
        if (ns.Length == 0)
        {
            throw new StatusRefusal(StatusAnswer.BadRequest("no namespace on request"));
        }

        var feeds = session.Feeds.Where(feed => feed.Version is not null).ToArray();
        var rules = new List<(string Group, string Resource, string[] Verbs)>();
        foreach (var feed in feeds.Take(MostRules))
        {
            var verbs = new List<string>(3);
            if (await MayAsync(context, feed, AccessVerb.Get, ns, ""))
            {
                verbs.Add("get");
            }

            if (await MayAsync(context, feed, AccessVerb.List, ns, ""))
            {
                verbs.Add("list");
                if (await MayAsync(context, feed, AccessVerb.Watch, ns, ""))
                {
                    verbs.Add("watch");
                }
            }

            if (verbs.Count > 0)
            {
                rules.Add((feed.Version!.Value.Group, feed.Version.Value.Resource, [.. verbs]));
            }
        }

        await WriteAsync(
            context,
            "SelfSubjectRulesReview",
            api,
            spec,
            json =>
            {
                json.WriteStartArray("resourceRules"u8);
                foreach (var (group, resource, verbs) in rules)
                {
                    json.WriteStartObject();
                    WriteTexts(json, "verbs", verbs);
                    WriteTexts(json, "apiGroups", [group]);
                    WriteTexts(json, "resources", [resource]);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteStartArray("nonResourceRules"u8);
                json.WriteStartObject();
                WriteTexts(json, "verbs", ["get"]);
                WriteTexts(
                    json,
                    "nonResourceURLs",
                    ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/readyz", "/version", "/version/"]
                );
                json.WriteEndObject();
                json.WriteEndArray();
                json.WriteBoolean("incomplete"u8, feeds.Length > MostRules);
            }
        );
    }

    private static void WriteUser(Utf8JsonWriter json, Caller caller)
    {
        var isAnybody = caller == Caller.Anybody;
        json.WriteStartObject("userInfo"u8);
        json.WriteString("username"u8, isAnybody ? "system:anonymous" : caller.Name);
        if (caller.Uid.Length > 0)
        {
            json.WriteString("uid"u8, caller.Uid);
        }

        WriteTexts(json, "groups", isAnybody ? ["system:unauthenticated"] : caller.Groups);
        json.WriteEndObject();
    }

    private static async Task WriteAsync(HttpContext context, string kind, string api, ReviewSpec? spec, Action<Utf8JsonWriter> writeStatus)
    {
        context.Response.StatusCode = StatusCodes.Status201Created;
        await JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WriteString("kind"u8, kind);
                json.WriteString("apiVersion"u8, api);
                json.WriteStartObject("metadata"u8);
                json.WriteNull("creationTimestamp"u8);
                json.WriteEndObject();
                spec?.Write(json);
                json.WriteStartObject("status"u8);
                writeStatus(json);
                json.WriteEndObject();
                json.WriteEndObject();
            }
        );
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
