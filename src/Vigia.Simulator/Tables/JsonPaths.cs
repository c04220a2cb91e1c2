using System.Text.Json.Nodes;

namespace Vigia.Simulator.Tables;

/// <summary>The part of JSONPath that printer columns and scale paths use: <c>.a.b</c>, <c>.a[0].b</c>, <c>.a[?(@.type=="X")].b</c>, <c>.a['b.c']</c>.</summary>
internal static class JsonPaths
{
    public static JsonNode? Find(JsonNode? node, string path)
    {
        foreach (var step in Steps(path))
        {
            if (node is null)
            {
                return null;
            }

            node = step switch
            {
                { Filter: { } key } => node is JsonArray list ? list.FirstOrDefault(i => i is JsonObject o && o[key]?.ToString() == step.Value) : null,
                _ when int.TryParse(step.Value, out var index) && node is JsonArray array => index >= 0 && index < array.Count ? array[index] : null,
                _ => node is JsonObject obj ? obj[step.Value] : null,
            };
        }

        return node;
    }

    /// <summary>Sets a value at a dotted path, making the objects on the way.</summary>
    public static void Set(JsonObject obj, string path, JsonNode value)
    {
        var steps = Steps(path).ToList();
        foreach (var step in steps.SkipLast(1))
        {
            if (obj[step.Value] is not JsonObject child)
            {
                obj[step.Value] = child = [];
            }

            obj = child;
        }

        obj[steps[^1].Value] = value;
    }

    private static IEnumerable<(string Value, string? Filter)> Steps(string path)
    {
        path = path.Trim('{', '}');
        for (var i = 0; i < path.Length;)
        {
            if (path[i] is '.' or '$')
            {
                i++;
            }
            else if (path[i] == '[')
            {
                var end = path.IndexOf(']', i);
                var inside = path[(i + 1)..(end < 0 ? path.Length : end)];
                i = end < 0 ? path.Length : end + 1;
                if (inside.StartsWith("?(@.", StringComparison.Ordinal) && inside.IndexOf("==", StringComparison.Ordinal) is > 0 and var equals)
                {
                    yield return (inside[(equals + 2)..].TrimEnd(')').Trim().Trim('"', '\''), inside[4..equals].Trim());
                }
                else
                {
                    yield return (inside.Trim('\'', '"'), null);
                }
            }
            else
            {
                var start = i;
                while (i < path.Length && path[i] is not ('.' or '['))
                {
                    i += path[i] == '\\' ? 2 : 1;
                }

                yield return (path[start..Math.Min(i, path.Length)].Replace("\\", "", StringComparison.Ordinal), null);
            }
        }
    }
}
