using System.Text.Json.Nodes;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// The gateway as a read-only API server (<see cref="KubernetesApi"/>). The router has no routes for these paths, so
/// they are listed here.
/// </summary>
internal static class KubernetesOperations
{
    private const string Tag = "Kubernetes";

    /// <summary>
    /// The paths and their operations. At the root only those that are not addresses of the gateway's own API.
    /// </summary>
    public static IEnumerable<(string Path, ApiOperation Operation)> All
    {
        get
        {
            yield return (
                "/version",
                new("getKubernetesVersion", Tag, "The version that Kubernetes clients see")
                {
                    Answers = [ApiAnswer.Json("KubernetesVersion", "The version.")],
                }
            );
            foreach (var (prefix, root) in new[] { ("/kubernetes/{cluster}", ""), ("", "AtRoot") })
            {
                foreach (
                    var (path, name, isOwn) in new[]
                    {
                        ("livez", "Live", true),
                        ("healthz", "Healthy", root.Length == 0),
                        ("readyz", "Ready", root.Length == 0),
                    }
                )
                {
                    if (isOwn)
                    {
                        yield return (
                            $"{prefix}/{path}",
                            new($"isKubernetes{name}{root}", Tag, "Liveness (livez, healthz) and readiness (readyz)")
                            {
                                Parameters = _ => Cluster(root),
                                Answers =
                                [
                                    ApiAnswer.Text("text/plain", "Healthy.", "ok"),
                                    ApiAnswer.Text("text/plain", "Not loaded yet.", status: 503),
                                ],
                                Faults = [400, 404],
                                IsKubernetes = true,
                            }
                        );
                    }
                }

                foreach (
                    var (path, name) in new[]
                    {
                        ("openapi/v2", "Document"),
                        ("openapi/v3", "Documents"),
                        ("openapi/v3/api/v1", "CoreDocument"),
                        ("openapi/v3/apis/{group}/{version}", "GroupDocument"),
                    }
                )
                {
                    yield return (
                        $"{prefix}/{path}",
                        new($"getKubernetesOpenApi{name}{root}", Tag, "The cluster's OpenAPI documents, for kubectl explain and diff")
                        {
                            Description = "As the API server returned them, cached for a few minutes. Requires the right to get the path.",
                            Parameters = _ => Cluster(root),
                            Answers = [ApiAnswer.Json("KubernetesOpenApi", "The document; for /openapi/v3 the list of documents.")],
                            Faults = [400, 404, 503],
                            IsKubernetes = true,
                        }
                    );
                }

                if (root.Length == 0)
                {
                    yield return (
                        $"{prefix}/version",
                        new("getKubernetesVersionOfCluster", Tag, "The version that Kubernetes clients see")
                        {
                            Answers = [ApiAnswer.Json("KubernetesVersion", "The version.")],
                            Faults = [404],
                            IsKubernetes = true,
                        }
                    );
                }

                yield return (
                    $"{prefix}/api",
                    Discovery($"getKubernetesCoreVersions{root}", "The core group's versions", "KubernetesApiVersions", root)
                );
                yield return (
                    $"{prefix}/api/v1",
                    Discovery($"getKubernetesCoreResources{root}", "The core group's resources", "KubernetesResourceList", root)
                );
                yield return ($"{prefix}/apis", Discovery($"listKubernetesGroups{root}", "The groups", "KubernetesGroupList", root));
                yield return (
                    $"{prefix}/apis/{{group}}",
                    Discovery($"getKubernetesGroup{root}", "A group's versions", "KubernetesGroup", root)
                );
                yield return (
                    $"{prefix}/apis/{{group}}/{{version}}",
                    Discovery($"getKubernetesGroupResources{root}", "A group's resources", "KubernetesResourceList", root)
                );
                foreach (var (path, name) in new[] { ($"{prefix}/api/v1", "Core"), ($"{prefix}/apis/{{group}}/{{version}}", "") })
                {
                    // At the root /api/v1/{resource} is the gateway's own list, which answers Kubernetes clients in
                    // their form.
                    if (path != "/api/v1")
                    {
                        yield return ($"{path}/{{resource}}", List($"listKubernetes{name}{root}", "List or watch objects", root));
                        yield return (
                            $"{path}/{{resource}}/{{name}}",
                            Get($"getKubernetes{name}{root}", "Get a cluster-scoped object", root)
                        );
                    }

                    yield return (
                        $"{path}/namespaces/{{namespace}}/{{resource}}",
                        List($"listKubernetes{name}InNamespace{root}", "List or watch objects of a namespace", root)
                    );
                    yield return (
                        $"{path}/namespaces/{{namespace}}/{{resource}}/{{name}}",
                        Get($"getKubernetes{name}InNamespace{root}", "Get an object of a namespace", root)
                    );
                }
            }
        }
    }

    /// <summary>A caller's reviews of itself: the paths with POST. Nothing is written by them.</summary>
    public static IEnumerable<(string Path, ApiOperation Operation)> Reviews =>
        from place in new[] { (Prefix: "/kubernetes/{cluster}", Root: ""), (Prefix: "", Root: "AtRoot") }
        from review in new[]
        {
            (
                Path: "authorization.k8s.io/v1/selfsubjectaccessreviews",
                Id: "AccessReview",
                Summary: "Whether the caller may do something here (kubectl auth can-i)"
            ),
            (
                Path: "authorization.k8s.io/v1/selfsubjectrulesreviews",
                Id: "RulesReview",
                Summary: "The caller's rights in a namespace (kubectl auth can-i --list)"
            ),
            (Path: "authentication.k8s.io/v1/selfsubjectreviews", Id: "Review", Summary: "The caller's identity (kubectl auth whoami)"),
        }
        select (
            $"{place.Prefix}/apis/{review.Path}",
            new ApiOperation($"createKubernetesSelfSubject{review.Id}{place.Root}", Tag, review.Summary)
            {
                Description =
                    "Answered by the gateway itself: allowed if the gateway would answer the request, from its cache and "
                    + "under the caller's rights.",
                Parameters = _ => Cluster(place.Root),
                Body = "KubernetesReview",
                Answers = [ApiAnswer.Json("KubernetesReview", "The review with its status.", 201)],
                Faults = [400, 404, 503],
                IsKubernetes = true,
            }
        );

    private static ApiOperation Discovery(string id, string summary, string schema, string root) =>
        new(id, Tag, summary)
        {
            Parameters = _ => Cluster(root),
            Answers = [ApiAnswer.Json(schema, "The cluster's resources that the gateway serves, with the verbs get, list and watch.")],
            Faults = [400, 404, 503],
            IsKubernetes = true,
        };

    private static ApiOperation Get(string id, string summary, string root) =>
        new(id, Tag, summary)
        {
            Description =
                "From memory, as the API server returned it, without metadata.managedFields. Accept as=Table or "
                + "as=PartialObjectMetadata for these forms; with watch=true the object is watched.",
            Parameters = _ => [.. Cluster(root), .. Selecting, .. Watching],
            Answers = [Answer("KubernetesObject", "KubernetesTable", "KubernetesWatchEvent")],
            Faults = [400, 404, 406, 410, 422, 429, 503, 504],
            IsKubernetes = true,
        };

    private static ApiOperation List(string id, string summary, string root) =>
        new(id, Tag, summary)
        {
            Description =
                "From memory; with limit in parts, all of the same state. Accept as=Table or "
                + "as=PartialObjectMetadataList for these forms. With watch=true: one event per line, without an end. "
                + "A watch that cannot continue exactly ends with ERROR and a Status of code 410; the client then "
                + "lists again.",
            Parameters = _ => [.. Cluster(root), .. Selecting, .. Watching],
            Answers = [Answer("KubernetesList", "KubernetesTable", "KubernetesWatchEvent")],
            Faults = [400, 404, 406, 410, 422, 429, 503, 504],
            IsKubernetes = true,
        };

    private static ApiAnswer Answer(params string[] schemas) =>
        new(200, "In the requested form.")
        {
            Content = [("application/json", (_, _) => ApiAnswer.Media(Schema.Either(null, schemas.Select(Schema.Ref))))],
            Headers = [("Warning", Schema.Text(), "Since when and why the cache is stale; absent if it is live.")],
        };

    private static ApiParameter[] Cluster(string root) =>
        root.Length == 0 ? [] : [ApiParameter.Query("cluster", Schema.Text(), "The cluster; optional if there is only one.", "production")];

    private static IEnumerable<ApiParameter> Selecting => Parameters.Selecting.Where(parameter => parameter.Name != "cluster");

    private static ApiParameter[] Watching =>
        [
            ApiParameter.Query("watch", Schema.Flag(), "True for a watch."),
            ApiParameter.Query(
                "resourceVersion",
                Schema.Text(),
                "List, get: wait up to 3 s until the gateway has reached this revision. Watch: continue after it; "
                    + "empty or 0 starts with all existing objects."
            ),
            ApiParameter.Query(
                "resourceVersionMatch",
                Schema.OneOf(["NotOlderThan", "Exact"]),
                "List: Exact is the list at this very revision, or 410 if the cache is at another one. Watch: "
                    + "NotOlderThan, with sendInitialEvents."
            ),
            ApiParameter.Query(
                "limit",
                new JsonObject { ["type"] = "integer" },
                "List: maximum number of objects; metadata.continue is the token for the rest. Not with resourceVersion=0."
            ),
            ApiParameter.Query(
                "continue",
                Schema.Text(),
                "List: continue after the part with this token, at its revision; 410 if the changes since are no "
                    + "longer kept, with a token for the rest of the current state."
            ),
            ApiParameter.Query("sendInitialEvents", Schema.Flag(), "Watch: start with all existing objects; a bookmark marks their end."),
            ApiParameter.Query("allowWatchBookmarks", Schema.Flag(), "Watch: send bookmarks while nothing changes."),
            ApiParameter.Query(
                "timeoutSeconds",
                new JsonObject
                {
                    ["type"] = "integer",
                    ["minimum"] = 0,
                    ["maximum"] = 86_400,
                },
                "Watch: the timeout. Default: half an hour to an hour."
            ),
            ApiParameter.Query("includeObject", Schema.OneOf(["Metadata", "Object", "None"]), "Tables: the form of the object in a row."),
        ];
}
