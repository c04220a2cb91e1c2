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
                    "An object and its related objects, as far as the caller may list them.",
                    ("cluster", Schema.Text()),
                    ("root", Schema.Text("The id of the requested object.")),
                    ("depth", Schema.Number("Steps that were followed.")),
                    ("truncated", Schema.Flag("True if there are more objects than the limit.")),
                    ("nodes", Schema.List(Schema.Ref("RelatedNode"), "Nearest first.")),
                    (
                        "edges",
                        Schema.List(
                            Schema.Object(
                                "A relation.",
                                ("from", Schema.Text("The id of the object that owns, selects or names the other.")),
                                ("to", Schema.Text("The id of the object that is owned, selected or named.")),
                                ("kind", Schema.Text("owns, selects, or the kind of reference: mounts, reads, runs-on, routes, scales, …"))
                            )
                        )
                    ),
                    (
                        "missing",
                        Schema.List(
                            Schema.Object("A resource that could not be read.", ("resource", Schema.Text()), ("reason", Schema.Text()))
                        )
                    )
                )
            ),
            (
                "RelatedNode",
                Schema.Object(
                    "An object in the graph.",
                    ("id", Schema.Text("resource/namespace/name; edges refer to it.")),
                    ("cluster", Schema.Text()),
                    ("resource", Schema.Text()),
                    ("namespace", Schema.Text()),
                    ("name", Schema.Text()),
                    ("uid", Schema.Text()),
                    ("kind", Schema.Text()),
                    ("health", Schema.OneOf(["ok", "warning", "bad"], "Including the objects that it depends on.")),
                    ("reason?", Schema.Text("Why it is unhealthy, in a line that ends with the root cause.")),
                    ("row", Schema.Ref("AnyRow"))
                )
            ),
        ];
}
