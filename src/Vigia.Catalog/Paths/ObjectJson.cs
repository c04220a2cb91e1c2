using System.Text.Json;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Paths;

/// <summary>An object as a document. Use it for a single object that is displayed, never for tables.</summary>
internal static class ObjectJson
{
    public static JsonDocument Parse(RawObject obj)
    {
        using var json = obj.Open();
        return JsonDocument.Parse(json.Span.ToArray());
    }

    /// <summary>A member, by a path of names; undefined where one of them is absent.</summary>
    public static JsonElement At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return default;
            }
        }

        return element;
    }

    /// <summary>A scalar as text; null if there is none.</summary>
    public static string? Text(this JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => element.GetRawText(),
            _ => null,
        };

    public static string? Text(this JsonElement element, params ReadOnlySpan<string> path) => element.At(path).Text();

    public static JsonElement.ArrayEnumerator Items(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : default;

    public static JsonElement.ObjectEnumerator Members(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Object ? element.EnumerateObject() : default;

    public static DateTimeOffset? Time(this JsonElement element) =>
        element.ValueKind == JsonValueKind.String && element.TryGetDateTimeOffset(out var time) ? time : null;
}
