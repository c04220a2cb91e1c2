using System.Text.Json;

namespace Vigia.Kubernetes.Transport;

/// <summary>
/// Parts of a small response that is read as a document: a missing member, or one of another type, is empty.
/// </summary>
internal static class Answer
{
    /// <summary>A string; empty if there is none.</summary>
    public static string Text(JsonElement element, string name) =>
        Member(element, name, JsonValueKind.String) is { } value ? value.GetString()! : "";

    /// <summary>True if it says true.</summary>
    public static bool Flag(JsonElement element, string name) => Member(element, name, JsonValueKind.True) is not null;

    /// <summary>The items of a list; none if there is no list.</summary>
    public static JsonElement.ArrayEnumerator Items(JsonElement element, string name) =>
        Member(element, name, JsonValueKind.Array) is { } list ? list.EnumerateArray() : default;

    /// <summary>The strings of a list.</summary>
    public static string[] Texts(JsonElement element, string name) =>
        [.. Items(element, name).Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)];

    private static JsonElement? Member(JsonElement element, string name, JsonValueKind kind) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : null;
}
