using System.Text.Json;
using Vigia.Kubernetes.Objects;
using Vigia.Terminal.Objects;

namespace Vigia.Terminal.Texts;

/// <summary>What differs between two versions of an object, leaf by leaf; lists of named things are compared by name.</summary>
internal static class ObjectDiff
{
    private const int Most = 200;

    public static IReadOnlyList<(string Path, string? From, string? To)> Between(RawObject old, RawObject next)
    {
        using var left = ObjectJson.Parse(old);
        using var right = ObjectJson.Parse(next);
        var found = new List<(string, string?, string?)>();
        Compare("", left.RootElement, right.RootElement, found);
        return found;
    }

    private static void Compare(string path, JsonElement from, JsonElement to, List<(string, string?, string?)> found)
    {
        if (found.Count >= Most || path is "metadata.resourceVersion" or "metadata.generation" || JsonElement.DeepEquals(from, to))
        {
            return;
        }

        if (from.ValueKind == JsonValueKind.Object && to.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in from.EnumerateObject())
            {
                Step(path, member.Name, member.Value, to.At(member.Name), found);
            }

            foreach (var member in to.EnumerateObject().Where(member => from.At(member.Name).ValueKind == JsonValueKind.Undefined))
            {
                Step(path, member.Name, default, member.Value, found);
            }
        }
        else if (from.ValueKind == JsonValueKind.Array && to.ValueKind == JsonValueKind.Array)
        {
            var (left, right) = (Keyed(from), Keyed(to));
            foreach (var (key, value) in left)
            {
                Item(path, key, value, right.GetValueOrDefault(key), found);
            }

            foreach (var (key, value) in right.Where(item => !left.ContainsKey(item.Key)))
            {
                Item(path, key, default, value, found);
            }
        }
        else
        {
            found.Add((path, Show(from), Show(to)));
        }
    }

    private static void Step(string path, string name, JsonElement from, JsonElement to, List<(string, string?, string?)> found)
        => Either(path.Length == 0 ? name : name.AsSpan().ContainsAny('.', '/') ? $"{path}[{name}]" : $"{path}.{name}", from, to, found);

    private static void Item(string path, string key, JsonElement from, JsonElement to, List<(string, string?, string?)> found) => Either($"{path}[{key}]", from, to, found);

    private static void Either(string path, JsonElement from, JsonElement to, List<(string, string?, string?)> found)
    {
        if (from.ValueKind == JsonValueKind.Undefined || to.ValueKind == JsonValueKind.Undefined)
        {
            found.Add((path, Show(from), Show(to)));
            return;
        }

        Compare(path, from, to, found);
    }

    private static Dictionary<string, JsonElement> Keyed(JsonElement list)
    {
        var items = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (index, item) in list.EnumerateArray().Index())
        {
            var key = item.Text("name") ?? item.Text("type") ?? index.ToString(System.Globalization.CultureInfo.InvariantCulture);
            items[items.ContainsKey(key) ? $"{key}#{index}" : key] = item;
        }

        return items;
    }

    private static string? Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined => null,
        JsonValueKind.String => value.GetString() is { Length: <= 200 } text ? text : value.GetString()![..200] + "…",
        _ => value.GetRawText() is { Length: <= 200 } raw ? raw : value.GetRawText()[..200] + "…",
    };
}
