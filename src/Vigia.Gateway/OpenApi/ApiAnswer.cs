using System.Text.Json.Nodes;
using Vigia.Catalog;

namespace Vigia.Gateway.OpenApi;

/// <summary>An answer that a route gives where all is well.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Description">When, in a sentence.</param>
internal sealed record ApiAnswer(int Status, string Description)
{
    /// <summary>
    /// The schema of the body, by media type: for a catalog entry, or for any if there is none; null if there is no
    /// description for one.
    /// </summary>
    public IReadOnlyList<(string MediaType, Func<ApiNames, ResourceEntry?, JsonObject?> Content)> Content { get; init; } = [];

    /// <summary>Headers with their descriptions.</summary>
    public IReadOnlyList<(string Name, JsonObject Schema, string Description)> Headers { get; init; } = [];

    /// <summary>A JSON answer of a schema among the components.</summary>
    public static ApiAnswer Json(string schema, string description, int status = 200) =>
        new(status, description) { Content = [("application/json", (_, _) => Media(Schema.Ref(schema)))] };

    /// <summary>A JSON answer whose schema depends on the resource.</summary>
    public static ApiAnswer Json(Func<ApiNames, ResourceEntry?, string> schema, string description) =>
        new(200, description) { Content = [("application/json", (names, entry) => Media(Schema.Ref(schema(names, entry))))] };

    /// <summary>An answer in text.</summary>
    public static ApiAnswer Text(string mediaType, string description, string? example = null, int status = 200) =>
        new(status, description) { Content = [(mediaType, (_, _) => Media(Schema.Text(), example))] };

    /// <summary>An object <c>{"schema", "example"}</c>.</summary>
    public static JsonObject Media(JsonObject schema, JsonNode? example = null)
    {
        var json = new JsonObject { ["schema"] = schema };
        if (example is not null)
        {
            json["example"] = example;
        }

        return json;
    }

    /// <summary>Writes it.</summary>
    public JsonObject ToJson(ApiNames names, ResourceEntry? entry)
    {
        var json = new JsonObject { ["description"] = Description };
        if (Headers.Count > 0)
        {
            json["headers"] = new JsonObject(
                Headers.Select(header =>
                    KeyValuePair.Create(
                        header.Name,
                        (JsonNode?)new JsonObject { ["description"] = header.Description, ["schema"] = header.Schema.DeepClone() }
                    )
                )
            );
        }

        if (Content.Count > 0)
        {
            json["content"] = new JsonObject(
                Content
                    .Select(content => KeyValuePair.Create(content.MediaType, (JsonNode?)content.Content(names, entry)))
                    .Where(content => content.Value is not null)
            );
        }

        return json;
    }
}
