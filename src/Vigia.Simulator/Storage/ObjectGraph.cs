using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Ownership;

namespace Vigia.Simulator.Storage;

/// <summary>The parts of an object's graph that every write reads or sets.</summary>
internal static class ObjectGraph
{
    public static JsonObject Metadata(JsonObject obj) => Json.Child(obj, "metadata");

    public static string Text(JsonObject obj, string key) => Json.Text(obj[key]);

    /// <summary>Sets a key, or removes it for null.</summary>
    public static void Set(JsonObject obj, string key, JsonNode? value)
    {
        if (value is null)
        {
            obj.Remove(key);
        }
        else
        {
            obj[key] = value;
        }
    }

    /// <summary>Kind and apiVersion in front, as the real server writes objects.</summary>
    public static void Front(ResourceType type, JsonObject obj)
    {
        if (
            obj.Count > 1
            && obj.GetAt(0) is { Key: "kind" } kind
            && obj.GetAt(1).Key == "apiVersion"
            && (string?)kind.Value == type.Kind
            && (string?)obj["apiVersion"] == type.ApiVersion
        )
        {
            return;
        }

        obj.Remove("kind");
        obj.Remove("apiVersion");
        obj.Insert(0, "kind", type.Kind);
        obj.Insert(1, "apiVersion", type.ApiVersion);
    }

    /// <summary>Two lists may differ in order only: the whole is compared only if nothing else differs.</summary>
    public static bool SameButManagedFields(JsonElement before, JsonElement after) =>
        SameBut("metadata", before, after) && SameBut("managedFields", before.Get("metadata"), after.Get("metadata"));

    /// <summary>True if anything but metadata and status differs: the generation counts that.</summary>
    public static bool ContentChanged(JsonElement before, JsonElement after) => Differs(before, after) || Differs(after, before);

    public static void WithoutOwner(JsonObject obj, string uid)
    {
        if (Metadata(obj)["ownerReferences"] is JsonArray owners)
        {
            for (var i = owners.Count - 1; i >= 0; i--)
            {
                if ((string?)owners[i]?["uid"] == uid)
                {
                    owners.RemoveAt(i);
                }
            }

            if (owners.Count == 0)
            {
                Metadata(obj).Remove("ownerReferences");
            }
        }
    }

    private static bool SameBut(string key, JsonElement left, JsonElement right) =>
        left.EnumerateObject().All(p => p.NameEquals(key) || SameValue(p.Value, right.Get(p.Name)))
        && right.EnumerateObject().All(p => p.NameEquals(key) || left.TryGetProperty(p.Name, out _));

    /// <summary>A key that is null is as good as none here.</summary>
    private static bool Differs(JsonElement left, JsonElement right) =>
        left.EnumerateObject()
            .Any(p =>
                p.Name is not ("metadata" or "status")
                && !(IsNull(p.Value) && IsNull(right.Get(p.Name)))
                && !SameValue(p.Value, right.Get(p.Name))
            );

    private static bool SameValue(JsonElement left, JsonElement right) =>
        right.ValueKind != JsonValueKind.Undefined && FieldComparison.AreSame(left, right);

    private static bool IsNull(JsonElement value) => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
}
