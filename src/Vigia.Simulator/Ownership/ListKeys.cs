using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Ownership;

/// <summary>
/// The lists that merge item by item, and their keys: the <c>patchMergeKey</c> and <c>listMapKey</c> tags of
/// k8s.io/api, by the list's field name. Any other list is replaced as a whole (tolerations and taints among them).
/// </summary>
internal static class ListKeys
{
    private const string DefaultProtocol = "TCP";

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
    public static string[]? Of(string field, JsonArray items, bool custom) =>
        Known(field, custom) is null ? null : Of(field, items.ToElement(), custom);

    /// <summary>The items of a list by their steps, as a field set has them; null if the list is atomic.</summary>
    public static Dictionary<string, JsonElement>? Items(JsonElement list, string field, bool custom)
    {
        if (Steps(list, field, custom) is not { } steps)
        {
            return null;
        }

        var (items, i) = (new Dictionary<string, JsonElement>(steps.Count, StringComparer.Ordinal), 0);
        foreach (var item in list.EnumerateArray())
        {
            items[steps[i++]] = item;
        }

        return items;
    }

    /// <summary>As the other, for a graph that is to be changed.</summary>
    public static Dictionary<string, JsonNode?>? Items(JsonArray list, string field, bool custom)
    {
        if ((!IsSet(field) && Known(field, custom) is null) || Steps(list.ToElement(), field, custom) is not { } steps)
        {
            return null;
        }

        var items = new Dictionary<string, JsonNode?>(steps.Count, StringComparer.Ordinal);
        for (var i = 0; i < steps.Count; i++)
        {
            items[steps[i]] = list[i];
        }

        return items;
    }

    /// <summary>True for a list of texts that merges as a set.</summary>
    public static bool IsSet(string field) => field is "finalizers";

    /// <summary>The value of a key, with the default that the API gives it.</summary>
    public static JsonNode? Value(JsonObject item, string key) =>
        item[key] ?? (key == "protocol" ? JsonValue.Create(DefaultProtocol) : null);

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

    private static string[]? Known(string field, bool custom) =>
        !custom || field == "ownerReferences" ? BuiltIn.GetValueOrDefault(field) : null;

    private static string[]? Of(string field, JsonElement items, bool custom)
    {
        var keys = Known(field, custom);
        if (keys is not null && field == "ports")
        {
            keys =
                Any(items, "containerPort") ? keys
                : Any(items, "port") ? ["port", "protocol"]
                : null;
        }

        // An address or condition of a foreign shape lacks the key: then the list is atomic.
        return keys is not null && HaveAll(items, keys[0]) ? keys : null;
    }

    private static List<string>? Steps(JsonElement list, string field, bool custom)
    {
        if (IsSet(field))
        {
            return [.. list.EnumerateArray().Select(item => "v:" + (item.ValueKind == JsonValueKind.Null ? "" : Encoded(item.WriteTo)))];
        }

        if (list.GetArrayLength() == 0 || Of(field, list, custom) is not { } keys)
        {
            return null;
        }

        var sorted = keys.Order(StringComparer.Ordinal).ToArray();
        return [.. list.EnumerateArray().Select(item => "k:" + Encoded(writer => WriteKeys(writer, item, sorted)))];
    }

    private static void WriteKeys(Utf8JsonWriter writer, JsonElement item, string[] keys)
    {
        writer.WriteStartObject();
        foreach (var key in keys)
        {
            var value = item.Get(key);
            if (value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
            {
                writer.WritePropertyName(key);
                value.WriteTo(writer);
            }
            else if (key == "protocol")
            {
                writer.WriteString(key, DefaultProtocol);
            }
        }

        writer.WriteEndObject();
    }

    private static string Encoded(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static bool Any(JsonElement list, string key)
    {
        foreach (var item in list.EnumerateArray())
        {
            if (item.Get(key).ValueKind != JsonValueKind.Undefined)
            {
                return true;
            }
        }

        return false;
    }

    private static bool HaveAll(JsonElement list, string key)
    {
        foreach (var item in list.EnumerateArray())
        {
            if (item.Get(key).ValueKind == JsonValueKind.Undefined && item.Get("$patch").ValueKind == JsonValueKind.Undefined)
            {
                return false;
            }
        }

        return true;
    }
}
