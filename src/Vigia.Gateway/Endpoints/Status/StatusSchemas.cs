using System.Text.Json.Nodes;
using Vigia.Catalog;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.Status;

/// <summary>The schemas of the gateway's own state: resources, status, health, statistics, tickets.</summary>
internal static class StatusSchemas
{
    private static readonly string[] Circuits = ["closed", "open", "half-open"];
    private static readonly string[] Attempts = ["failures", "retries", "lists", "watches"];
    private static readonly string[] Counts =
    [
        "events",
        "staleReads",
        "undecodable",
        "deltas",
        "deltasKept",
        "catchUps",
        "silences",
        "audits",
        "auditDifferences",
    ];

    public static IEnumerable<(string Name, JsonObject Schema)> All =>
        [
            ("Resources", Schema.Object("What the gateway serves.", ("items", Schema.List(Schema.Ref("Resource"))))),
            (
                "Resource",
                Schema.Object(
                    "A resource of the catalog.",
                    ("name", Schema.Text("The name in paths.")),
                    ("kind", Schema.Text()),
                    ("icon", Schema.Text()),
                    ("namespaced", Schema.Flag()),
                    ("tier", Schema.Number("When it is loaded: tier 1 first; tier 4 on the first request.")),
                    ("metadataOnly", Schema.Flag("True if values are never fetched.")),
                    ("aliases", Schema.List(Schema.Text(), "Other names that paths may use.")),
                    ("columns", Schema.List(Schema.Ref("Column"))),
                    ("clusters", Schema.List(Schema.Ref("FeedState")))
                )
            ),
            (
                "Column",
                Schema.Object(
                    "A column of a resource's table, and the member of its rows.",
                    ("name", Schema.Text("The heading in a table.")),
                    ("key", Schema.Text("The member of a row.")),
                    ("type", Schema.OneOf(Enum.GetValues<ColumnType>().Select(StatusEndpoints.Word))),
                    ("wide", Schema.Flag("True if only wide tables have it."))
                )
            ),
            (
                "Status",
                Schema.Object(
                    "The gateway in detail.",
                    ("version", Schema.Text()),
                    ("started", Schema.Time()),
                    ("ready", Schema.Flag()),
                    (
                        "tls?",
                        Schema.Object(
                            "The certificate.",
                            ("subject", Schema.Text()),
                            ("notAfter", Schema.Time()),
                            ("reloads", Schema.Number()),
                            ("problem?", Schema.Text("Why a newer one was rejected."))
                        )
                    ),
                    (
                        "auditLog?",
                        Schema.Object("The audit log.", ("dropped", Schema.Number("Lines dropped because the disk was too slow or full.")))
                    ),
                    ("loading", Schema.List(Schema.Text(), "Resources being loaded, as cluster/resource.")),
                    (
                        "streams",
                        Schema.Object(
                            "Streams of all kinds.",
                            ("open", Schema.Number()),
                            ("opened", Schema.Number("Since the start.")),
                            ("events", Schema.Number("Changes sent by streams that have ended."))
                        )
                    ),
                    (
                        "clusters",
                        Schema.List(
                            Schema.Object(
                                "A cluster.",
                                ("name", Schema.Text()),
                                ("ready", Schema.Flag()),
                                ("problem?", Schema.Text("Why discovery fails.")),
                                ("since?", Schema.Time("Since when.")),
                                ("resources", Schema.List(Schema.Ref("FeedDetail")))
                            )
                        )
                    )
                )
            ),
            (
                "FeedDetail",
                Schema.Object(
                    "A resource of a cluster with its counters, for callers who may list all of it.",
                    [.. SharedSchemas.FeedState, .. Counters]
                )
            ),
            (
                "Overview",
                Schema.Object(
                    "Counts of what the caller may list.",
                    ("at", Schema.Time()),
                    ("resources", Schema.Map(Schema.Ref("Breakdown"), "By resource.")),
                    (
                        "keptEvents",
                        Schema.Object(
                            "The Kubernetes events that are kept with their objects.",
                            ("total", Schema.Number()),
                            ("objects", Schema.Number("Objects with events.")),
                            ("seen", Schema.Number("Occurrences of all events in total.")),
                            ("byType", Schema.Map(Schema.Number())),
                            ("byReason", Schema.Map(Schema.Number(), "The most frequent.")),
                            ("byKind", Schema.Map(Schema.Number()))
                        )
                    )
                )
            ),
            (
                "Breakdown",
                Schema.Object(
                    "A resource's objects, counted.",
                    ("total", Schema.Number()),
                    ("ok", Schema.Number()),
                    ("warning", Schema.Number()),
                    ("bad", Schema.Number()),
                    ("byStatus?", Schema.Map(Schema.Number())),
                    ("byNamespace?", Schema.Map(Schema.Number())),
                    ("byCluster?", Schema.Map(Schema.Number()))
                )
            ),
            (
                "Ticket",
                Schema.Object(
                    "Opens one stream where no Authorization header can be sent.",
                    ("ticket", Schema.Text("Send it as ?ticket=.")),
                    ("expires", Schema.Time()),
                    ("user", Schema.Text("The caller whose rights the stream has."))
                )
            ),
            .. Health,
        ];

    private static IEnumerable<(string Name, JsonObject Schema)> Health =>
        [
            (
                "Health",
                Schema.Object(
                    "The state of the gateway and its clusters.",
                    ("status", Schema.OneOf(["healthy", "degraded", "unhealthy"])),
                    ("at", Schema.Time()),
                    ("resources", Schema.Number("Monitored resources.")),
                    (
                        "monitor",
                        Schema.Object(
                            "The monitor.",
                            ("intervalSeconds", Schema.Fraction()),
                            ("checks", Schema.Number()),
                            ("nextCheck?", Schema.Time())
                        )
                    ),
                    ("configuration", Schema.List(Schema.Text(), "The error in the kubeconfig.")),
                    ("problems", Schema.List(Schema.Ref("HealthProblem"))),
                    ("clusters", Schema.List(Schema.Ref("ClusterHealth")))
                )
            ),
            (
                "HealthProblem",
                Schema.Object(
                    "A resource that is not live.",
                    [.. SharedSchemas.FeedState, ("circuit", Schema.OneOf(Circuits)), ("failures", Schema.Number("In a row."))]
                )
            ),
            (
                "ClusterHealth",
                Schema.Object(
                    "A cluster at the last check.",
                    ("cluster", Schema.Text()),
                    ("status", Schema.OneOf(["healthy", "degraded", "failing", "loading"])),
                    ("since", Schema.Time()),
                    ("reason?", Schema.Text("Why it is not healthy.")),
                    ("circuit", Schema.OneOf(Circuits)),
                    ("failedProbes", Schema.Number("In a row.")),
                    ("recoveries", Schema.Number()),
                    ("lastProbe?", Schema.Time()),
                    ("nextProbe?", Schema.Time()),
                    ("resources", Schema.List(Schema.Ref("ResourceHealth")))
                )
            ),
            (
                "ResourceHealth",
                Schema.Object(
                    "A resource of a cluster at the last check.",
                    ("resource", Schema.Text()),
                    ("state", Schema.OneOf(SharedSchemas.States)),
                    ("live", Schema.Flag()),
                    ("circuit", Schema.OneOf(Circuits)),
                    ("failures", Schema.Number("In a row.")),
                    ("retries", Schema.Number()),
                    ("lastSignalSeconds?", Schema.Fraction("Since the last event or bookmark.")),
                    ("silent?", Schema.Flag("True if that is longer than allowed.")),
                    ("reason?", Schema.Text("Why it is not live."))
                )
            ),
        ];

    private static IEnumerable<(string, JsonObject)> Counters =>
        [
            ("apiVersion?", Schema.Text()),
            ("revision?", Schema.OrNull(Schema.Text())),
            .. Attempts.Select(name => (name + "?", Schema.Number())),
            ("lastEvent?", Schema.Time()),
            ("lastBookmark?", Schema.Time()),
            .. Counts.Select(name => (name + "?", Schema.Number())),
            (
                "lastAudit?",
                Schema.Object(
                    "The last comparison of the cache with the server.",
                    ("at?", Schema.Time()),
                    ("outcome", Schema.OneOf(["equal", "different", "behind", "incomplete"])),
                    ("reason?", Schema.Text()),
                    ("revision", Schema.Text()),
                    ("objects", Schema.Number()),
                    ("differences", Schema.Number()),
                    ("behind", Schema.Number()),
                    ("milliseconds", Schema.Number())
                )
            ),
        ];
}
