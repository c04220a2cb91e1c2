using System.Text.Json.Nodes;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>The answers of the gateway's Kubernetes API, in Kubernetes' own forms.</summary>
internal static class KubernetesSchemas
{
    public static IEnumerable<(string Name, JsonObject Schema)> All =>
        [
            (
                SharedSchemas.KubernetesStatus,
                Schema.Object(
                    "An error of the Kubernetes API (meta/v1).",
                    ("kind", Schema.Always("Status")),
                    ("apiVersion", Schema.Always("v1")),
                    ("metadata", Schema.Any()),
                    ("status", Schema.Always("Failure")),
                    ("message", Schema.Text()),
                    ("reason?", Schema.Text("NotFound, Expired, Forbidden, …")),
                    (
                        "details",
                        Schema.Object(
                            "The object or resource concerned, if known.",
                            ("name?", Schema.Text()),
                            ("group?", Schema.Text()),
                            ("kind?", Schema.Text("The resource's plural.")),
                            (
                                "causes?",
                                Schema.List(
                                    Schema.Object(
                                        null,
                                        ("reason?", Schema.Text("ResourceVersionTooLarge, FieldValueForbidden, …")),
                                        ("message?", Schema.Text()),
                                        ("field?", Schema.Text())
                                    )
                                )
                            ),
                            ("retryAfterSeconds?", Schema.Number())
                        )
                    ),
                    ("code", Schema.Number())
                )
            ),
            (
                "KubernetesObject",
                Open(
                    Schema.Object(
                        "An object without metadata.managedFields; PartialObjectMetadata if requested.",
                        ("kind", Schema.Text()),
                        ("apiVersion", Schema.Text()),
                        ("metadata", Schema.Any())
                    )
                )
            ),
            (
                "KubernetesList",
                Schema.Object(
                    "A list, or a part of one if limit is set.",
                    ("kind", Schema.Text("PodList, …")),
                    ("apiVersion", Schema.Text()),
                    ("metadata", ListMetadata),
                    (
                        "items",
                        Schema.List(
                            Open(
                                Schema.Object(
                                    "In a list kind and apiVersion may be left out.",
                                    ("kind?", Schema.Text()),
                                    ("apiVersion?", Schema.Text()),
                                    ("metadata", Schema.Any())
                                )
                            )
                        )
                    )
                )
            ),
            (
                "KubernetesTable",
                Schema.Object(
                    "A table as kubectl prints it (meta.k8s.io/v1).",
                    ("kind", Schema.Always("Table")),
                    ("apiVersion", Schema.OneOf(["meta.k8s.io/v1", "meta.k8s.io/v1beta1"])),
                    ("metadata", ListMetadata),
                    (
                        "columnDefinitions",
                        Schema.OrNull(
                            Schema.List(
                                Schema.Object(
                                    null,
                                    ("name", Schema.Text()),
                                    ("type", Schema.Text()),
                                    ("format", Schema.Text()),
                                    ("description", Schema.Text()),
                                    ("priority", Schema.Number())
                                )
                            )
                        )
                    ),
                    ("rows", Schema.List(Schema.Object(null, ("cells", Schema.List([])), ("object?", Schema.Any()))))
                )
            ),
            (
                "KubernetesWatchEvent",
                Schema.Object(
                    "A line of a watch. ERROR has a Status; code 410 means: list again.",
                    ("type", Schema.OneOf(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"])),
                    ("object", Schema.Any())
                )
            ),
            (
                "KubernetesVersion",
                Schema.Object(
                    "The version that clients see.",
                    ("major", Schema.Text()),
                    ("minor", Schema.Text()),
                    ("gitVersion", Schema.Text()),
                    ("platform", Schema.Text()),
                    ("gitCommit", Schema.Text()),
                    ("gitTreeState", Schema.Text()),
                    ("buildDate", Schema.Text()),
                    ("goVersion", Schema.Text()),
                    ("compiler", Schema.Text())
                )
            ),
            ("KubernetesOpenApi", Open(Schema.Object("An OpenAPI document of the cluster, or the paths of its documents."))),
            (
                "KubernetesReview",
                Open(
                    Schema.Object(
                        "A SelfSubjectAccessReview, SelfSubjectRulesReview or SelfSubjectReview.",
                        ("kind", Schema.Text()),
                        ("apiVersion", Schema.Text()),
                        ("metadata?", Schema.Any()),
                        ("spec?", Schema.Any()),
                        ("status?", Schema.Any())
                    )
                )
            ),
            (
                "KubernetesApiVersions",
                Schema.Object(
                    null,
                    ("kind", Schema.Always("APIVersions")),
                    ("versions", Schema.List(Schema.Text())),
                    ("serverAddressByClientCIDRs", Schema.List([]))
                )
            ),
            (
                "KubernetesGroupList",
                Schema.Object(
                    null,
                    ("kind", Schema.Always("APIGroupList")),
                    ("apiVersion", Schema.Always("v1")),
                    ("groups", Schema.List(Schema.Object(null, Group)))
                )
            ),
            ("KubernetesGroup", Schema.Object(null, [("kind", Schema.Always("APIGroup")), ("apiVersion", Schema.Always("v1")), .. Group])),
            (
                "KubernetesResourceList",
                Schema.Object(
                    null,
                    ("kind", Schema.Always("APIResourceList")),
                    ("apiVersion", Schema.Always("v1")),
                    ("groupVersion", Schema.Text()),
                    (
                        "resources",
                        Schema.List(
                            Schema.Object(
                                null,
                                ("name", Schema.Text()),
                                ("singularName", Schema.Text()),
                                ("namespaced", Schema.Flag()),
                                ("kind", Schema.Text()),
                                ("verbs", Schema.List(Schema.Text())),
                                ("shortNames", Schema.List(Schema.Text())),
                                ("categories?", Schema.List(Schema.Text()))
                            )
                        )
                    )
                )
            ),
        ];

    private static IEnumerable<(string, JsonObject)> Group =>
        [("name", Schema.Text()), ("versions", Schema.List(Version)), ("preferredVersion", Version)];

    private static JsonObject ListMetadata =>
        Schema.Object(
            null,
            ("resourceVersion", Schema.Text()),
            ("continue?", Schema.Text("The token for the rest of the list.")),
            ("remainingItemCount?", Schema.Number("The number of objects in the rest."))
        );

    private static JsonObject Version => Schema.Object(null, ("groupVersion", Schema.Text()), ("version", Schema.Text()));

    private static JsonObject Open(JsonObject schema)
    {
        schema["additionalProperties"] = new JsonObject();
        return schema;
    }
}
