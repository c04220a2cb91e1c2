using System.Text.Json.Nodes;

namespace Vigia.Gateway.OpenApi;

/// <summary>A parameter of a route, as the API's document describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Place"><c>query</c>, <c>path</c> or <c>header</c>.</param>
/// <param name="Schema">The schema of its values.</param>
/// <param name="Description">Its effect, in a sentence or two.</param>
/// <param name="Example">A value that works; null for none.</param>
/// <param name="IsRequired">True if the route is nothing without it; always so in a path.</param>
internal sealed record ApiParameter(
    string Name,
    string Place,
    JsonObject Schema,
    string Description,
    JsonNode? Example = null,
    bool IsRequired = false
)
{
    /// <summary>A parameter behind the question mark.</summary>
    public static ApiParameter Query(string name, JsonObject schema, string description, JsonNode? example = null, bool required = false) =>
        new(name, "query", schema, description, example, required);

    /// <summary>A part of the path.</summary>
    public static ApiParameter InPath(string name, JsonObject schema, string description, string example) =>
        new(name, "path", schema, description, example, true);

    /// <summary>A request header.</summary>
    public static ApiParameter Header(string name, JsonObject schema, string description) => new(name, "header", schema, description);

    /// <summary>
    /// True if each value of a list needs the name again; else one parameter has them joined by commas.
    /// </summary>
    public bool IsRepeated { get; init; }

    /// <summary>Writes it.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["name"] = Name, ["in"] = Place };
        if (IsRequired)
        {
            json["required"] = true;
        }

        json["description"] = Description;
        if ((string?)Schema["type"] == "array")
        {
            json["style"] = "form";
            json["explode"] = IsRepeated;
        }

        json["schema"] = Schema.DeepClone();
        if (Example is not null)
        {
            json["example"] = Example.DeepClone();
        }

        return json;
    }
}
