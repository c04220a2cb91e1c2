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
                            "What kubectl's describe tells, by its names and in its order; without events."
                        )
                    ),
                    ("events", Schema.List(Schema.Ref("KeptEvent"), "The latest last.")),
                    (
                        "related",
                        Schema.List(
                            Schema.Object(
                                "An object that is related to it.",
                                ("relation", Schema.Text("What it is to the object described: owns, owned by, mounts, selected by, …")),
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
                    ("truncated", Schema.Flag("True where more is related than is told.")),
                    (
                        "missing",
                        Schema.List(
                            Schema.Object(
                                "A resource that is not shown, or not all of it.",
                                ("resource", Schema.Text()),
                                ("right?", Schema.Text("The right that the caller lacks, as: list events in namespace a.")),
                                ("reason?", Schema.Text("Why it is not known."))
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
                    ("value?", Schema.OrNull(Schema.Text("Null where there is none."))),
                    ("values?", Schema.List(Schema.Text())),
                    ("note?", Schema.Text("What is said beside a section's name.")),
                    ("items?", Schema.List(Schema.Ref("DescriptionPart"))),
                    ("columns?", Schema.List(Schema.Text())),
                    ("rows?", Schema.List(Schema.List(Schema.Text()))),
                    ("text?", Schema.Text()),
                    ("state?", Schema.OneOf(["good", "warning", "bad"], "Where it deserves attention."))
                )
            ),
            (
                "KeptEvents",
                Schema.Object(
                    "The Kubernetes events about one object, those among them that its API server has forgotten.",
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
                    ("count", Schema.Number("How often it was seen.")),
                    ("first", Schema.Time("When it was first seen.")),
                    ("last", Schema.Time("When it was last seen."))
                )
            ),
        ];

    private static JsonObject Health() => Schema.OneOf(["ok", "warning", "bad"], "With what it stands on taken into account.");

    private static JsonObject Reason() => Schema.Text("Why it is not well, in a line that ends with the root of it.");
}
