using System.Text.Json.Nodes;

namespace Vigia.Gateway.OpenApi;

/// <summary>Schemas shared by many answers.</summary>
internal static class SharedSchemas
{
    /// <summary>How the Kubernetes API says what went wrong.</summary>
    public const string KubernetesStatus = "KubernetesStatus";

    /// <summary>The words of <see cref="FeedState"/>.</summary>
    public static readonly string[] States = ["waiting", "syncing", "synced", "denied", "failing", "absent", "stopped"];

    public const string Problem = "Problem";
    public const string Freshness = "Freshness";

    public static IEnumerable<(string Name, JsonObject Schema)> All =>
        [
            (
                Problem,
                Schema.Object(
                    "An error (RFC 9457). detail and error have the same text: the problem and the next step.",
                    ("type", Schema.Text("Always about:blank.")),
                    ("title", Schema.Text("The kind of error; the text is constant.")),
                    (
                        "status",
                        new JsonObject
                        {
                            ["type"] = "integer",
                            ["minimum"] = 400,
                            ["maximum"] = 599,
                            ["description"] = "The HTTP status.",
                        }
                    ),
                    ("detail", Schema.Text("This error, in a sentence with the next step.")),
                    ("error", Schema.Text("The same as detail.")),
                    ("instance", Schema.Text("The requested path."))
                )
            ),
            (
                Freshness,
                Schema.Object(
                    "Whether the data is the cluster's current state.",
                    ("state", Schema.OneOf(["live", "stale"])),
                    ("since", Schema.Time("Start of this state.")),
                    ("reason?", Schema.Text("Why it is stale.")),
                    ("nextTry?", Schema.Time("Time of the next try."))
                )
            ),
            (
                "ClusterShare",
                Schema.Object(
                    "A cluster's part in a list. Clusters without a result are listed too.",
                    ("cluster", Schema.Text()),
                    ("state", Schema.OneOf(States)),
                    ("included", Schema.Flag("True if the list contains the cluster's objects.")),
                    ("reason?", Schema.Text("Why the resource is not synced and live."))
                )
            ),
            ("FeedState", Schema.Object("A resource of a cluster, and the state of its data.", FeedState)),
        ];

    /// <summary>The members of a resource's state in a cluster.</summary>
    public static IEnumerable<(string, JsonObject)> FeedState =>
        [
            ("cluster", Schema.Text()),
            ("resource", Schema.Text()),
            ("state", Schema.OneOf(States)),
            ("objects", Schema.Number("Objects that the caller may list.")),
            ("freshness?", Schema.Ref(Freshness)),
            ("reason?", Schema.Text("Why nothing is loaded.")),
        ];
}
