using System.Text.Json.Nodes;

namespace Vigia.Gateway.OpenApi;

/// <summary>What many answers are made of.</summary>
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
                    "An error (RFC 9457). detail and error are the same sentence: what is wrong and what to do.",
                    ("type", Schema.Text("Always about:blank.")),
                    ("title", Schema.Text("What kind of error, in words that are the same each time.")),
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
                    ("instance", Schema.Text("The path that was asked for."))
                )
            ),
            (
                Freshness,
                Schema.Object(
                    "Whether what is shown is the cluster's present state.",
                    ("state", Schema.OneOf(["live", "stale"])),
                    ("since", Schema.Time("Since when it is so.")),
                    ("reason?", Schema.Text("Why it is stale.")),
                    ("nextTry?", Schema.Time("When the cluster is asked next."))
                )
            ),
            (
                "ClusterShare",
                Schema.Object(
                    "What a cluster gave to a list: one that gave nothing is told.",
                    ("cluster", Schema.Text()),
                    ("state", Schema.OneOf(States)),
                    ("included", Schema.Flag("True where the cluster's objects are in the list.")),
                    ("reason?", Schema.Text("Why the resource is not synced and live."))
                )
            ),
            ("FeedState", Schema.Object("A resource of a cluster, and how its data is.", FeedState)),
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
