using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vigia.Simulator.Documents;

/// <summary>Short forms for reading and building graphs.</summary>
internal static class Json
{
    public static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Adds a node as it is: the generic overload would need code that is made at run time.</summary>
    public static void AddNode(this JsonArray list, JsonNode? node) => list.Add(node);

    /// <summary>The bytes of a node, with only those characters escaped that JSON demands.</summary>
    public static byte[] ToUtf8(this JsonNode node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
        {
            node.WriteTo(writer);
        }

        return buffer.ToArray();
    }

    /// <summary>A node as an element, for code that only reads.</summary>
    public static JsonElement ToElement(this JsonNode node) => JsonElement.Parse(node.ToUtf8());

    /// <summary>An element as a node, which reads it when it is looked into; null for JSON's null.</summary>
    public static JsonNode? ToNode(this JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => null,
            JsonValueKind.Object => JsonObject.Create(element),
            JsonValueKind.Array => JsonArray.Create(element),
            _ => JsonValue.Create(element),
        };

    /// <summary>The value of a key; undefined where there is none, or the parent is not an object.</summary>
    public static JsonElement Get(this JsonElement parent, string key) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out var value) ? value : default;

    public static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static int Int(JsonNode? node, int otherwise = 0) =>
        node is JsonValue value && value.TryGetValue(out int number) ? number : otherwise;

    public static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    public static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary>The object under a key, made where it is missing.</summary>
    public static JsonObject Child(JsonObject parent, string key)
    {
        if (parent[key] is not JsonObject child)
        {
            parent[key] = child = [];
        }

        return child;
    }

    /// <summary>Sets a number, or removes the key for zero, as the real server omits empty counts.</summary>
    public static void Count(JsonObject parent, string key, int value)
    {
        if (value == 0)
        {
            parent.Remove(key);
        }
        else
        {
            parent[key] = value;
        }
    }

    /// <summary>Ten lower-case letters that identify a template, whatever the order of its keys.</summary>
    public static string Hash(JsonNode? node)
    {
        var hash = Mix(14695981039346656037UL, node);
        const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
        return string.Create(
            10,
            hash,
            static (span, value) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = Alphabet[(int)(value % 27)];
                    value /= 27;
                }
            }
        );
    }

    /// <summary>Sets a condition of a status; its transition time changes with its status alone.</summary>
    public static void Condition(
        JsonObject status,
        string type,
        bool holds,
        string reason,
        string message,
        DateTimeOffset now,
        bool withUpdateTime = true
    )
    {
        if (status["conditions"] is not JsonArray list)
        {
            status["conditions"] = list = [];
        }

        var text = holds ? "True" : "False";
        if (list.OfType<JsonObject>().FirstOrDefault(c => Text(c["type"]) == type) is not { } condition)
        {
            list.AddNode(condition = new JsonObject { ["type"] = type });
        }

        if (Text(condition["status"]) == text && Text(condition["reason"]) == reason && Text(condition["message"]) == message)
        {
            return;
        }

        if (Text(condition["status"]) != text)
        {
            condition["status"] = text;
            condition["lastTransitionTime"] = Time(now);
        }

        if (withUpdateTime)
        {
            condition["lastUpdateTime"] = Time(now);
        }

        condition["reason"] = reason;
        condition["message"] = message;
    }

    private static ulong Mix(ulong hash, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject obj:
                foreach (var (key, value) in obj.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    // creationTimestamp: null is written by some clients and left out by others.
                    if (value is not null)
                    {
                        hash = Mix(Mix(hash, key), value);
                    }
                }

                return Mix(hash, "}");
            case JsonArray list:
                return Mix(list.Aggregate(hash, Mix), "]");
            default:
                return Mix(hash, node?.ToJsonString() ?? "null");
        }
    }

    private static ulong Mix(ulong hash, string text)
    {
        foreach (var c in text)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return hash;
    }
}
