using System.Text.Json.Nodes;

namespace Vigia.Simulator.Patching;

/// <summary>RFC 7386: objects merge, null removes, everything else replaces.</summary>
internal static class MergePatch
{
    public static JsonObject Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            switch (value)
            {
                case null:
                    target.Remove(key);
                    break;
                case JsonObject change:
                    target[key] = Apply(target[key] is JsonObject old ? Detach(target, key, old) : [], change);
                    break;
                default:
                    target[key] = value.DeepClone();
                    break;
            }
        }

        return target;
    }

    private static JsonObject Detach(JsonObject parent, string key, JsonObject child)
    {
        parent[key] = null;
        return child;
    }
}
