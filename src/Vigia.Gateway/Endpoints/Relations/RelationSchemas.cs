using System.Text.Json.Nodes;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.Relations;

/// <summary>The graph of what belongs to an object.</summary>
internal static class RelationSchemas
{
    public static IEnumerable<(string Name, JsonObject Schema)> All =>
        [
            (
                "Related",
                Schema.Object(
                    "An object and what belongs to it, as far as the caller may list it.",
                    ("cluster", Schema.Text()),
                    ("root", Schema.Text("The id of the object that was asked about.")),
                    ("depth", Schema.Number("Steps that were walked.")),
                    ("truncated", Schema.Flag("True where there was more than the limit.")),
                    ("nodes", Schema.List(Schema.Ref("RelatedNode"), "Nearest first.")),
                    (
                        "edges",
                        Schema.List(
                            Schema.Object(
                                "A relation.",
                                ("from", Schema.Text("The id of the one that owns, selects or names.")),
                                ("to", Schema.Text("The id of the one that is owned, selected or named.")),
                                ("kind", Schema.Text("owns, selects, or how it names the other: mounts, reads, runs-on, routes, scales, …"))
                            )
                        )
                    ),
                    (
                        "missing",
                        Schema.List(
                            Schema.Object("A resource that could not be looked at.", ("resource", Schema.Text()), ("reason", Schema.Text()))
                        )
                    )
                )
            ),
            (
                "RelatedNode",
                Schema.Object(
                    "An object in the graph.",
                    ("id", Schema.Text("resource/namespace/name: what edges use.")),
                    ("cluster", Schema.Text()),
                    ("resource", Schema.Text()),
                    ("namespace", Schema.Text()),
                    ("name", Schema.Text()),
                    ("uid", Schema.Text()),
                    ("kind", Schema.Text()),
                    ("health", Schema.OneOf(["ok", "warning", "bad"], "With what it stands on taken into account.")),
                    ("reason?", Schema.Text("Why it is not well, in a line that ends with the root of it.")),
                    ("row", Schema.Ref("AnyRow"))
                )
            ),
        ];
}
