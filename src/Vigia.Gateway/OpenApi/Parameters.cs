using System.Text.Json.Nodes;
using Vigia.Catalog;
using Vigia.Gateway.Http;
using Vigia.Live.Queries;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.OpenApi;

/// <summary>The parameters that several routes take.</summary>
internal static class Parameters
{
    /// <summary>The filters of a resource (<see cref="LiveQuery"/>): the same in lists and streams.</summary>
    public static IEnumerable<ApiParameter> Filters(ResourceEntry? entry) =>
        [
            .. entry is { Namespaced: false }
                ? []
                : (ApiParameter[])
                    [
                        ApiParameter.Query(
                            "namespace",
                            Schema.List(Schema.Text()),
                            "Only these namespaces. Default: all that the caller may see.",
                            new JsonArray("default")
                        ),
                    ],
            .. Selecting,
        ];

    /// <summary>The same without the namespace, where that is in the path.</summary>
    public static IEnumerable<ApiParameter> Selecting =>
        [
            ApiParameter.Query(
                "labelSelector",
                Schema.Text(),
                "Kubernetes label selector: app=web, app!=web, app in (a,b), app notin (a), app, !app; commas join terms.",
                "app in (web,api),tier!=cache"
            ),
            ApiParameter.Query(
                "fieldSelector",
                Schema.Text(),
                "path=value, path==value or path!=value on any path of the object; commas join terms. An absent "
                    + "field counts as empty.",
                "spec.nodeName=node-1,status.phase!=Running"
            ),
            ApiParameter.Query(
                "search",
                Schema.Text(),
                "Search words in the namespace, the name and the search columns. All must match. !word excludes, ~word is fuzzy.",
                "web !crash"
            ),
            Clusters,
        ];

    /// <summary>The clusters.</summary>
    public static ApiParameter Clusters =>
        ApiParameter.Query("cluster", Schema.List(Schema.Text()), "Only these clusters. Default: all.", new JsonArray("production"));

    /// <summary>
    /// The shape of changes, the delivery to a reader that lags (<see cref="StreamRequest"/>), and the resume cursor.
    /// </summary>
    public static IEnumerable<ApiParameter> Streaming =>
        [
            ApiParameter.Query(
                "changed",
                Schema.List(Schema.Text()),
                "Watched paths: an update that changes none of them is not sent.",
                new JsonArray("spec.replicas", "spec.template.spec.containers[*].image")
            ),
            ApiParameter.Query(
                "shape",
                WithDefault(Schema.OneOf(["summary", "full", "diff"]), "summary"),
                "summary: the row; full: the row and the object; diff: the row and, on updates, the changed paths."
            ),
            ApiParameter.Query(
                "delivery",
                WithDefault(Schema.OneOf(["latest", "every"]), "latest"),
                "For a reader that lags: the latest state of each changed object, or every step (a reset if that is "
                    + "no longer possible)."
            ),
            ApiParameter.Header(
                "Last-Event-ID",
                Schema.Text(),
                "The id of the last received event. The stream continues after it, at any replica. An EventSource "
                    + "sends it on reconnect."
            ),
            ApiParameter.Query("cursor", Schema.Text(), "The same as Last-Event-ID, for a first connection."),
            ApiParameter.Query("last_event_id", Schema.Text(), "The same as cursor."),
            ApiParameter.Query("lastEventId", Schema.Text(), "The same as cursor."),
        ];

    /// <summary>The additional parameters of Kubernetes events (<see cref="EventQuery"/>).</summary>
    public static IEnumerable<ApiParameter> Events =>
        [
            ApiParameter.Query("type", Schema.List(Schema.Text()), "Only events of these types.", new JsonArray("Warning")),
            ApiParameter.Query(
                "reason",
                Schema.List(Schema.Text()),
                "Only events of these reasons.",
                new JsonArray("BackOff", "FailedScheduling")
            ),
            ApiParameter.Query("kind", Schema.List(Schema.Text()), "Only events about objects of these kinds.", new JsonArray("Pod")),
            ApiParameter.Query(
                "about",
                Schema.Text(),
                "Only events about one object: its uid, KIND/NAMESPACE/NAME, or KIND/NAME for a cluster-scoped object.",
                "Pod/default/web-1"
            ),
            ApiParameter.Query(
                "since",
                Schema.Text(),
                "Only events last seen since a time (RFC 3339) or within a duration before now: 90s, 15m, 2h, 1d.",
                "15m"
            ),
        ];

    private static JsonObject WithDefault(JsonObject schema, string word)
    {
        schema["default"] = word;
        return schema;
    }
}
