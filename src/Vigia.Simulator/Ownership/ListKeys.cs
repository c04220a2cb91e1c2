using System.Text.Json.Nodes;

namespace Vigia.Simulator.Ownership;

/// <summary>
/// The lists that merge item by item, and their keys: the <c>patchMergeKey</c> and <c>listMapKey</c> tags of
/// k8s.io/api, by the list's field name. Any other list is replaced as a whole (tolerations and taints among them).
/// </summary>
internal static class ListKeys
{
    private static readonly Dictionary<string, string[]> BuiltIn = new(StringComparer.Ordinal)
    {
        ["containers"] = ["name"],
        ["initContainers"] = ["name"],
        ["ephemeralContainers"] = ["name"],
        ["env"] = ["name"],
        ["volumes"] = ["name"],
        ["volumeMounts"] = ["mountPath"],
        ["volumeDevices"] = ["devicePath"],
        ["imagePullSecrets"] = ["name"],
        ["secrets"] = ["name"],
        ["resourceClaims"] = ["name"],
        ["hostAliases"] = ["ip"],
        ["podIPs"] = ["ip"],
        ["hostIPs"] = ["ip"],
        ["conditions"] = ["type"],
        ["addresses"] = ["type"],
        ["topologySpreadConstraints"] = ["topologyKey", "whenUnsatisfiable"],
        ["ownerReferences"] = ["uid"],
        ["ports"] = ["containerPort", "protocol"],
    };

    /// <summary>The keys of a list of objects; null if it is atomic.</summary>
    /// <param name="field">The list's field name.</param>
    /// <param name="items">The list; it distinguishes a container's ports from a service's.</param>
    /// <param name="custom">True for a custom resource, whose lists are atomic but for metadata's.</param>
    public static string[]? Of(string field, JsonArray items, bool custom)
    {
        if ((custom && field != "ownerReferences") || !BuiltIn.TryGetValue(field, out var keys))
        {
            return null;
        }

        if (field == "ports")
        {
            keys =
                items.Any(i => i is JsonObject o && o.ContainsKey("containerPort")) ? keys
                : items.Any(i => i is JsonObject o && o.ContainsKey("port")) ? ["port", "protocol"]
                : null;
        }

        // An address or condition of a foreign shape lacks the key: then the list is atomic.
        return keys is not null && items.All(i => i is JsonObject o && (o.ContainsKey(keys[0]) || o.ContainsKey("$patch"))) ? keys : null;
    }

    /// <summary>True for a list of texts that merges as a set.</summary>
    public static bool IsSet(string field) => field is "finalizers";

    /// <summary>The value of a key, with the default that the API gives it.</summary>
    public static JsonNode? Value(JsonObject item, string key) => item[key] ?? (key == "protocol" ? JsonValue.Create("TCP") : null);

    /// <summary>The item with the same keys; null if there is none.</summary>
    public static JsonObject? Find(JsonArray list, JsonObject like, IEnumerable<string> keys)
    {
        foreach (var item in list)
        {
            if (
                item is JsonObject obj
                && keys.All(key => !like.ContainsKey(key) && key != keys.First() || JsonNode.DeepEquals(Value(obj, key), Value(like, key)))
            )
            {
                return obj;
            }
        }

        return null;
    }
}
