using System.Text.Json.Nodes;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.Describe;

/// <summary>An object described, and the events that are kept with it.</summary>
internal static class DescribeSchemas
{
    public static IEnumerable<(string Name, JsonObject Schema)> All =>
        [
            (
                "Description",
                Schema.Object(
                    "An object as one document, as far as the caller may see it.",
                    ("cluster", Schema.Text()),
                    ("resource", Schema.Text()),
                    ("namespace", Schema.Text()),
                    ("name", Schema.Text()),
                    ("uid", Schema.Text()),
                    ("kind", Schema.Text()),
                    ("health", Health()),
                    ("reason?", Reason()),
                    ("freshness", Schema.Ref(SharedSchemas.Freshness)),
                    (
                        "sections",
                        Schema.List(
                            Schema.Ref("DescriptionPart"),
                            "The fields of kubectl describe, with its names and in its order; without events."
                        )
                    ),
                    ("events", Schema.List(Schema.Ref("KeptEvent"), "The latest last.")),
                    (
                        "related",
                        Schema.List(
                            Schema.Object(
                                "A related object.",
                                ("relation", Schema.Text("Its relation to the described object: owns, owned by, mounts, selected by, …")),
                                ("resource", Schema.Text()),
                                ("kind", Schema.Text()),
                                ("namespace", Schema.Text()),
                                ("name", Schema.Text()),
                                ("uid", Schema.Text()),
                                ("health", Health()),
                                ("reason?", Reason())
                            )
                        )
                    ),
                    ("truncated", Schema.Flag("True if there are more related objects than listed.")),
                    (
                        "missing",
                        Schema.List(
                            Schema.Object(
                                "A resource that is left out, entirely or in part.",
                                ("resource", Schema.Text()),
                                ("right?", Schema.Text("The missing right, for example: list events in namespace a.")),
                                ("reason?", Schema.Text("Why it is not available."))
                            )
                        )
                    )
                )
            ),
            (
                "DescriptionPart",
                Schema.Object(
                    "A field (name and value, or name and values), a section (name and items), "
                        + "a table (columns and rows) or a line (text).",
                    ("name?", Schema.Text()),
                    ("value?", Schema.OrNull(Schema.Text("Null if there is none."))),
                    ("values?", Schema.List(Schema.Text())),
                    ("note?", Schema.Text("Text beside a section's name.")),
                    ("items?", Schema.List(Schema.Ref("DescriptionPart"))),
                    ("columns?", Schema.List(Schema.Text())),
                    ("rows?", Schema.List(Schema.List(Schema.Text()))),
                    ("text?", Schema.Text()),
                    ("state?", Schema.OneOf(["good", "warning", "bad"], "Set if it deserves attention."))
                )
            ),
            (
                "KeptEvents",
                Schema.Object(
                    "The Kubernetes events about one object, including those that its API server has already dropped.",
                    ("items", Schema.List(Schema.Ref("KeptEvent"), "The latest last.")),
                    ("total", Schema.Number()),
                    ("freshness?", Schema.Ref(SharedSchemas.Freshness))
                )
            ),
            (
                "KeptEvent",
                Schema.Object(
                    "An event.",
                    ("type", Schema.Text("Normal or Warning.")),
                    ("reason", Schema.Text()),
                    ("message", Schema.Text()),
                    ("source", Schema.Text("Who reported it.")),
                    ("count", Schema.Number("Number of occurrences.")),
                    ("first", Schema.Time("Time of the first occurrence.")),
                    ("last", Schema.Time("Time of the last occurrence."))
                )
            ),
        ];

    private static JsonObject Health() => Schema.OneOf(["ok", "warning", "bad"], "Including the objects that it depends on.");

    private static JsonObject Reason() => Schema.Text("Why it is unhealthy, in a line that ends with the root cause.");
}
