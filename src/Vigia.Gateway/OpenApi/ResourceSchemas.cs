using System.Text.Json.Nodes;
using Vigia.Catalog;

namespace Vigia.Gateway.OpenApi;

/// <summary>The schemas of a catalog entry, made of its columns; and of any, where there is none.</summary>
internal static class ResourceSchemas
{
    public static string Row(string name) => $"{name}Row";

    public static string Item(string name) => $"{name}Item";

    public static string Detail(string name) => $"{name}Detail";

    public static string List(string name) => $"{name}List";

    public static string Change(string name) => $"{name}Change";

    public static string StreamEvent(string name) => $"{name}StreamEvent";

    /// <summary>All schemas of an entry.</summary>
    public static IEnumerable<(string Name, JsonObject Schema)> Of(ApiNames names, ResourceEntry? entry)
    {
        var name = names.Of(entry);
        var kind = entry?.Kind ?? "object";
        return
        [
            (Row(name), RowSchema(entry)),
            (
                Item(name),
                Schema.Object(
                    $"A {kind} in a list: its identity and its table row.",
                    [.. Identity(entry), By, ("row", Schema.Ref(Row(name)))]
                )
            ),
            (
                Detail(name),
                Schema.Object(
                    $"A {kind} with the object as the API server returned it, without metadata.managedFields.",
                    [.. Identity(entry), By, ("row", Schema.Ref(Row(name))), ("object", Schema.Any(ObjectOf(entry)))]
                )
            ),
            (
                List(name),
                Schema.Object(
                    "A page of a list.",
                    ("items", Schema.List(Schema.Ref(Item(name)))),
                    ("page", Schema.Number()),
                    ("limit", Schema.Number()),
                    ("total", Schema.Number("Matching objects on all pages.")),
                    ("revision", Schema.Text("The clusters' revisions of the list, joined by commas.")),
                    ("clusters", Schema.List(Schema.Ref("ClusterShare"))),
                    ("freshness", Schema.Ref(SharedSchemas.Freshness))
                )
            ),
            (
                Change(name),
                Schema.Object($"A change of a {kind}: the data of the events added, updated and deleted.", [.. ChangeMembers(names, entry)])
            ),
            (StreamEvent(name), StreamSchemas.Event(Change(name))),
        ];
    }

    /// <summary>The members of a change.</summary>
    public static IEnumerable<(string, JsonObject)> ChangeMembers(ApiNames names, ResourceEntry? entry) =>
        [
            .. Identity(entry),
            ("at", Schema.Time("Time at which the gateway received it.")),
            By,
            ("row?", Schema.Ref(Row(names.Of(entry)))),
            ("object?", Schema.Any($"With shape=full. {ObjectOf(entry)}")),
            ("changes?", Schema.List(Schema.Ref("Difference"), "With shape=diff, on updates: the changed paths.")),
            ("folded?", Schema.Flag("True if steps in between were left out because the reader lagged.")),
            ("reason?", Schema.OneOf(["access"], "The caller may no longer see the object: it is removed, without its row.")),
        ];

    private static (string, JsonObject) By => ("by?", Schema.Text("The field manager of the last write."));

    private static IEnumerable<(string, JsonObject)> Identity(ResourceEntry? entry) =>
        [
            ("cluster", Schema.Text()),
            ("resource", entry is null ? Schema.Text("The name in the catalog, for example pods.") : Schema.Always(entry.Name)),
            ("namespace", Schema.Text("Empty for cluster-scoped objects.")),
            ("name", Schema.Text()),
            ("uid", Schema.Text()),
            ("resourceVersion", Schema.Text()),
        ];

    private static string ObjectOf(ResourceEntry? entry) =>
        entry is { MetadataOnly: true }
            ? $"The {entry.Kind}'s metadata; the rest is never fetched."
            : "The object as the API server returned it, without metadata.managedFields.";

    private static JsonObject RowSchema(ResourceEntry? entry)
    {
        var members = new List<(string, JsonObject)>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var column in (entry?.Columns ?? []).Where(column => known.Add(column.Key)))
        {
            var schema = CellSchema(column.Type);
            schema["description"] =
                $"{column.Name}{(column.IsWide ? " (wide)" : "")}{(column.Description.Length > 0 ? $": {column.Description}" : "")}";
            members.Add((column.Key, schema));
            if (column.Type == ColumnType.CountAgo && known.Add(column.Key + "At"))
            {
                members.Add((column.Key + "At?", Schema.Time($"Time of {column.Name}.")));
            }
        }

        // A column of the same name overrides these two, as the last member of a name does in JSON.
        foreach (
            var (name, schema) in new[]
            {
                ("health", Schema.OneOf(["warning", "bad"], "The object's health; absent if healthy.")),
                ("error", Schema.Text("Why the row could not be computed; absent if it could.")),
            }
        )
        {
            if (known.Add(name))
            {
                members.Add((name + "?", schema));
            }
        }

        var row = Schema.Object(
            entry is null
                ? "The table row of an object: a member per column of its resource (GET /api/v1/resources)."
                : $"The table row of a {entry.Kind}.",
            members
        );
        if (entry is null)
        {
            row["additionalProperties"] = new JsonObject();
        }

        return row;
    }

    /// <summary>
    /// The output of <see cref="Row.WriteJson"/> for a column. A word such as <c>&lt;none&gt;</c> may replace a missing
    /// number.
    /// </summary>
    private static JsonObject CellSchema(ColumnType type) =>
        type switch
        {
            ColumnType.Text or ColumnType.Quantity => Schema.Text(),
            ColumnType.Decimal => new JsonObject { ["type"] = new JsonArray("number", "string") },
            ColumnType.Age => Schema.OrNull(Schema.Time()),
            ColumnType.Duration => Schema.OrNull(
                Schema.Object(null, ("from", Schema.OrNull(Schema.Time())), ("to?", Schema.Time("Absent while it is running.")))
            ),
            _ => new JsonObject { ["type"] = new JsonArray("integer", "string") },
        };
}
