using System.Text.Json.Nodes;
using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.OpenApi;

/// <summary>The data of stream events.</summary>
internal static class StreamSchemas
{
    /// <summary>The schemas of events other than changes, by the names of the events.</summary>
    public static readonly IReadOnlyList<(string Event, string Schema)> Others =
    [
        ("reset", "StreamReset"),
        ("synced", "StreamSynced"),
        ("degraded", "StreamFreshness"),
        ("live", "StreamFreshness"),
        ("bookmark", "StreamBookmark"),
    ];

    /// <summary>The names of the events that are changes.</summary>
    public static readonly string[] Changes = ["added", "updated", "deleted"];

    /// <summary>The words of a reset's reason.</summary>
    public static IEnumerable<string> Reasons => Enum.GetValues<ResetReason>().Select(EventMembers.Word).Distinct();

    public static IEnumerable<(string Name, JsonObject Schema)> All =>
        [
            (
                "Difference",
                Schema.Object(
                    "A path of an object with a changed value.",
                    ("path", Schema.Text()),
                    ("from?", Anything("The previous value; absent if there was none.")),
                    ("to?", Anything("The new value; absent if there is none."))
                )
            ),
            (
                "StreamReset",
                Schema.Object("Forget the known state: every existing object follows as added, then synced.", [.. Source, .. ResetMembers])
            ),
            ("StreamSynced", Schema.Object("All existing objects were sent.", [.. Source, ("objects", Schema.Number("How many."))])),
            (
                "StreamFreshness",
                Schema.Object("The data became stale (degraded), or is live again (live).", [.. Source, .. FreshnessMembers])
            ),
            ("StreamBookmark", Schema.Object("Nothing changed, but the event's id is a newer cursor.", ("at", Schema.Time()))),
        ];

    /// <summary>The members that name the resource of an event.</summary>
    public static IEnumerable<(string, JsonObject)> Source => [("cluster", Schema.Text()), ("resource", Schema.Text())];

    /// <summary>The members of a reset.</summary>
    public static IEnumerable<(string, JsonObject)> ResetMembers =>
        [("reason", Schema.OneOf(Reasons)), ("message", Schema.Text("The reason in a sentence."))];

    /// <summary>The members of <c>degraded</c> and <c>live</c>.</summary>
    public static IEnumerable<(string, JsonObject)> FreshnessMembers =>
        [
            ("since", Schema.Time()),
            ("reason", Schema.OrNull(Schema.Text("Why it is stale; null if it is live."))),
            ("nextTry?", Schema.Time("Time of the next try.")),
        ];

    /// <summary>The data of any event of a stream of one kind of change.</summary>
    public static JsonObject Event(string change) =>
        Schema.Either(
            "The JSON in the data of an event; the event's name selects the schema.",
            new[] { change }.Concat(Others.Select(other => other.Schema).Distinct()).Select(Schema.Ref)
        );

    /// <summary>
    /// The media type object of a stream: the schema is that of an event's data, and <c>x-events</c> gives it by the
    /// event's name.
    /// </summary>
    public static JsonObject Media(string streamEvent, string change)
    {
        var json = ApiAnswer.Media(Schema.Ref(streamEvent));
        json["x-events"] = new JsonObject(
            Changes
                .Select(name => (name, change))
                .Concat(Others)
                .Select(pair => KeyValuePair.Create(pair.Item1, (JsonNode?)Schema.Ref(pair.Item2)))
        );
        return json;
    }

    /// <summary>
    /// The schemas of a ready-made stream: a change with the kind of change and the stream's fields in front.
    /// </summary>
    public static IEnumerable<(string Name, JsonObject Schema)> Of(ApiNames names, PresetStream preset, ResourceEntry entry)
    {
        var fields = preset
            .Fields.Where(field => field.Key is not ("namespace" or "name"))
            .Select(field =>
                (
                    field.Key,
                    new JsonObject
                    {
                        ["type"] = new JsonArray("string", "integer", "null"),
                        ["description"] = $"{field.Value} of the object.",
                    }
                )
            );
        var (change, streamEvent) = Names(preset);
        yield return (
            change,
            Schema.Object(
                $"A change in the stream /events/{preset.Path}.",
                [
                    ("kind?", Schema.OneOf(Changes)),
                    .. fields.Select(field => (field.Key + "?", field.Item2)),
                    .. ResourceSchemas.ChangeMembers(names, entry),
                ]
            )
        );
        yield return (streamEvent, Event(change));
    }

    /// <summary>The names of a preset's schemas.</summary>
    public static (string Change, string StreamEvent) Names(PresetStream preset)
    {
        var name = "Preset" + char.ToUpperInvariant(preset.Path[0]) + preset.Path[1..];
        return ($"{name}Change", $"{name}StreamEvent");
    }

    private static JsonObject Anything(string description) => new() { ["description"] = description };
}
