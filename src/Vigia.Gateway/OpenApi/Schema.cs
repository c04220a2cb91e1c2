using System.Text.Json.Nodes;

namespace Vigia.Gateway.OpenApi;

/// <summary>
/// Short constructors of schemas (JSON Schema 2020-12, which OpenAPI 3.1 uses). Each call creates a new one.
/// </summary>
internal static class Schema
{
    /// <summary>A text.</summary>
    public static JsonObject Text(string? description = null) => Described(new JsonObject { ["type"] = "string" }, description);

    /// <summary>A text that is one of some.</summary>
    public static JsonObject OneOf(IEnumerable<string> words, string? description = null) =>
        Described(new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) }, description);

    /// <summary>A text that is always the same.</summary>
    public static JsonObject Always(string word) => new() { ["type"] = "string", ["const"] = word };

    /// <summary>A moment (RFC 3339).</summary>
    public static JsonObject Time(string? description = null) =>
        Described(new JsonObject { ["type"] = "string", ["format"] = "date-time" }, description);

    /// <summary>A whole number.</summary>
    public static JsonObject Number(string? description = null) =>
        Described(new JsonObject { ["type"] = "integer", ["format"] = "int64" }, description);

    /// <summary>An integer within bounds, with its default.</summary>
    public static JsonObject Number(int least, int? most, int absent)
    {
        var schema = new JsonObject { ["type"] = "integer", ["minimum"] = least };
        if (most is { } bound)
        {
            schema["maximum"] = bound;
        }

        schema["default"] = absent;
        return schema;
    }

    /// <summary>A number with a fraction.</summary>
    public static JsonObject Fraction(string? description = null) => Described(new JsonObject { ["type"] = "number" }, description);

    /// <summary>True or false.</summary>
    public static JsonObject Flag(string? description = null) => Described(new JsonObject { ["type"] = "boolean" }, description);

    /// <summary>A list.</summary>
    public static JsonObject List(JsonObject of, string? description = null) =>
        Described(new JsonObject { ["type"] = "array", ["items"] = of }, description);

    /// <summary>An object whose members' names are not known beforehand.</summary>
    public static JsonObject Map(JsonObject of, string? description = null) =>
        Described(new JsonObject { ["type"] = "object", ["additionalProperties"] = of }, description);

    /// <summary>Any object.</summary>
    public static JsonObject Any(string? description = null) => Map([], description);

    /// <summary>A schema of the document's components.</summary>
    public static JsonObject Ref(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    /// <summary>One of several.</summary>
    public static JsonObject Either(string? description, params IEnumerable<JsonObject> schemas) =>
        Described(new JsonObject { ["oneOf"] = new JsonArray([.. schemas]) }, description);

    /// <summary>The schema, or null in its place.</summary>
    public static JsonObject OrNull(JsonObject schema)
    {
        schema["type"] = new JsonArray((string)schema["type"]!, "null");
        return schema;
    }

    /// <summary>An object. A name with a question mark behind it is a member that may be absent.</summary>
    public static JsonObject Object(string? description, params IEnumerable<(string Name, JsonObject Schema)> members)
    {
        var (properties, required) = (new JsonObject(), new JsonArray());
        foreach (var (name, schema) in members)
        {
            properties[name.TrimEnd('?')] = schema;
            if (!name.EndsWith('?'))
            {
                required.Add((JsonNode)name);
            }
        }

        var json = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (required.Count > 0)
        {
            json["required"] = required;
        }

        return Described(json, description);
    }

    private static JsonObject Described(JsonObject schema, string? description)
    {
        if (description is not null)
        {
            schema["description"] = description;
        }

        return schema;
    }
}
