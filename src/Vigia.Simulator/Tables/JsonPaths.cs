using System.Text.Json.Nodes;
using Vigia.Catalog;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Tables;

/// <summary>The paths of a custom resource's scale subresource: names with dots between them.</summary>
internal static class JsonPaths
{
    /// <summary>The value at a path; null for none.</summary>
    public static JsonNode? Find(JsonNode? node, string path) =>
        node is not null && JsonPath.TryParse(path, out var parsed, out _) && parsed.ReadJson(node.ToUtf8()) is { } json
            ? JsonNode.Parse(json)
            : null;

    /// <summary>Sets a value, making the objects on the way.</summary>
    public static void Set(JsonObject obj, string path, JsonNode value)
    {
        var names = path.Split('.', StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names.SkipLast(1))
        {
            if (obj[name] is not JsonObject child)
            {
                obj[name] = child = [];
            }

            obj = child;
        }

        obj[names[^1]] = value;
    }
}
