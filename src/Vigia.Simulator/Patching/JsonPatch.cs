using System.Globalization;
using System.Text.Json.Nodes;

namespace Vigia.Simulator.Patching;

/// <summary>RFC 6902.</summary>
internal static class JsonPatch
{
    // What can be read back: the depth at which System.Text.Json stops.
    private const int MostDepth = 64;

    public static JsonObject Apply(JsonObject target, JsonArray patch)
    {
        JsonNode root = target;
        foreach (var step in patch)
        {
            if (step is not JsonObject operation)
            {
                throw StatusException.BadRequest("a JSON patch is a list of objects with op and path");
            }

            var path = (string?)operation["path"] ?? throw StatusException.BadRequest("a JSON patch operation needs a path");
            root = (string?)operation["op"] switch
            {
                "add" => Add(root, path, operation["value"]?.DeepClone()),
                "remove" => Remove(root, path, out _),
                "replace" => Replace(root, path, operation["value"]?.DeepClone()),
                "move" => Add(Remove(root, From(operation), out var moved), path, moved),
                "copy" => Add(root, path, Find(root, From(operation))?.DeepClone()),
                "test" => JsonNode.DeepEquals(Find(root, path), operation["value"]) ? root : throw Refuse($"testing value {path} failed"),
                var op => throw StatusException.BadRequest($"unexpected JSON patch operation: {op}"),
            };

            // After each, so that steps which nest copies of the whole never get far.
            if (!IsWithin(MostDepth, root))
            {
                throw Refuse($"the patched object is nested deeper than {MostDepth} levels");
            }
        }

        return root as JsonObject ?? throw Refuse("the patch changes the identity of the object");
    }

    private static bool IsWithin(int levels, JsonNode? node) =>
        node switch
        {
            JsonObject obj => levels > 0 && obj.All(property => IsWithin(levels - 1, property.Value)),
            JsonArray list => levels > 0 && list.All(item => IsWithin(levels - 1, item)),
            _ => true,
        };

    private static string From(JsonObject operation) =>
        (string?)operation["from"] ?? throw StatusException.BadRequest("move and copy need a from");

    private static JsonNode? Find(JsonNode root, string path)
    {
        JsonNode? node = root;
        foreach (var part in Parts(path))
        {
            node = node switch
            {
                JsonObject obj when obj.TryGetPropertyValue(part, out var child) => child,
                JsonArray list when Index(list, part) < list.Count => list[Index(list, part)],
                _ => throw Missing(path),
            };
        }

        return node;
    }

    private static JsonNode Add(JsonNode root, string path, JsonNode? value)
    {
        var (parent, last) = Parent(root, path);
        switch (parent)
        {
            case null:
                return value ?? throw Refuse("the patch removes the whole object");
            case JsonObject obj:
                obj[last] = value;
                break;
            case JsonArray list:
                list.Insert(last == "-" ? list.Count : Index(list, last), value);
                break;
        }

        return root;
    }

    private static JsonNode Replace(JsonNode root, string path, JsonNode? value)
    {
        var (parent, last) = Parent(root, path);
        switch (parent)
        {
            case null:
                return value ?? throw Refuse("the patch removes the whole object");
            case JsonObject obj when obj.ContainsKey(last):
                obj[last] = value;
                return root;
            case JsonArray list when Index(list, last) < list.Count:
                list[Index(list, last)] = value;
                return root;
            default:
                throw Missing(path);
        }
    }

    private static JsonNode Remove(JsonNode root, string path, out JsonNode? removed)
    {
        var (parent, last) = Parent(root, path);
        switch (parent)
        {
            case JsonObject obj when obj.TryGetPropertyValue(last, out removed):
                obj.Remove(last);
                return root;
            case JsonArray list when Index(list, last) < list.Count:
                removed = list[Index(list, last)];
                list.RemoveAt(Index(list, last));
                return root;
            default:
                throw Missing(path);
        }
    }

    private static (JsonNode? Parent, string Last) Parent(JsonNode root, string path)
    {
        var parts = Parts(path);
        return parts.Length == 0
            ? (null, "")
            : (
                Find(
                    root,
                    "/" + string.Join('/', parts[..^1].Select(Escape)) is "/" ? "" : "/" + string.Join('/', parts[..^1].Select(Escape))
                ),
                parts[^1]
            );
    }

    private static string[] Parts(string path)
    {
        if (path.Length == 0)
        {
            return [];
        }

        return path[0] == '/'
            ?
            [
                .. path[1..]
                    .Split('/')
                    .Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)),
            ]
            : throw StatusException.BadRequest($"a JSON pointer starts with '/': {path}");
    }

    private static string Escape(string part) =>
        part.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static int Index(JsonArray list, string part) =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= list.Count
            ? index
            : throw Missing(part);

    private static StatusException Missing(string path) => Refuse($"the path {path} does not exist");

    private static StatusException Refuse(string why) =>
        new(422, "Invalid", $"the server rejected our request due to an error in our request: {why}");
}
