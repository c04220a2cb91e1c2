using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Ownership;

/// <summary>
/// Maintains <c>metadata.managedFields</c>: which manager set which field last, one entry per manager, operation and
/// subresource.
/// </summary>
internal static class ManagedFields
{
    private static readonly JsonElement Empty = JsonElement.Parse("{}");

    // Fields that the server sets, which have no manager.
    private static readonly string[] Unowned = ["apiVersion", "kind"];
    private static readonly string[] UnownedAndMetadata = [.. Unowned, "metadata"];
    private static readonly string[] UnownedMetadata =
    [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "selfLink",
        "generateName",
    ];

    /// <summary>
    /// Notes that <paramref name="manager"/> turned <paramref name="before"/> into <paramref name="after"/>, whose
    /// managedFields are replaced.
    /// </summary>
    public static void Track(ResourceType type, JsonObject? before, JsonObject after, string manager, string? subresource, string now)
    {
        var was = before?.ToElement() ?? default;
        var entries = Read(was, areSorted: false);
        Track(entries, type, was, after.ToElement(), manager, subresource, now);
        Write(after, entries);
    }

    /// <summary>
    /// Notes in the entries of <paramref name="before"/> that <paramref name="manager"/> turned it into
    /// <paramref name="after"/>.
    /// </summary>
    /// <param name="entries">The entries of <paramref name="before"/>.</param>
    /// <param name="type">The object's type.</param>
    /// <param name="before">The old state; undefined for a new object.</param>
    /// <param name="after">The new state; its managedFields are not looked at.</param>
    /// <param name="manager">The field manager.</param>
    /// <param name="subresource">The subresource; null for the object itself.</param>
    /// <param name="now">The time to note.</param>
    /// <returns>False if they differ in no field that anybody can own.</returns>
    public static bool Track(
        List<Entry> entries,
        ResourceType type,
        JsonElement before,
        JsonElement after,
        string manager,
        string? subresource,
        string now
    )
    {
        var (changed, removed) = (new FieldSet(), new FieldSet());
        FieldComparison.Compare(OrEmpty(before), after, "", type.IsCustom, changed, removed, UnownedAndMetadata);
        var (changedMetadata, removedMetadata) = (new FieldSet(), new FieldSet());
        FieldComparison.Compare(
            OrEmpty(before.Get("metadata")),
            after.Get("metadata"),
            "metadata",
            type.IsCustom,
            changedMetadata,
            removedMetadata,
            UnownedMetadata
        );
        changed.Put("f:metadata", changedMetadata);
        removed.Put("f:metadata", removedMetadata);
        if (changed.IsEmpty && removed.IsEmpty)
        {
            return false;
        }

        var mine = entries.Find(e => e.Manager == manager && e.Operation == "Update" && e.Subresource == (subresource ?? ""));
        foreach (var entry in entries)
        {
            entry.Fields.Subtract(removed);
            if (entry != mine)
            {
                entry.Fields.Subtract(changed);
            }
        }

        if (!changed.IsEmpty)
        {
            if (mine is null)
            {
                mine = new Entry(manager, "Update", subresource ?? "") { ApiVersion = type.ApiVersion };
                entries.Add(mine);
            }

            mine.Fields.Add(changed);
        }

        if (mine is not null)
        {
            mine.Time = now;
        }

        return true;
    }

    /// <summary>The entries of an object; none if it has none.</summary>
    public static List<Entry> Read(JsonObject obj) => Read(obj.ToElement(), areSorted: false);

    /// <summary>The entries of an object; none if it has none. They read its element while in use.</summary>
    /// <param name="obj">The object; undefined for none.</param>
    /// <param name="areSorted">True if <see cref="WriteTo"/> wrote them.</param>
    public static List<Entry> Read(JsonElement obj, bool areSorted)
    {
        var entries = new List<Entry>();
        var list = obj.Get("metadata").Get("managedFields");
        if (list.ValueKind != JsonValueKind.Array)
        {
            return entries;
        }

        foreach (var entry in list.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.Object)
            {
                var operation = entry.Get("operation");
                entries.Add(
                    new Entry(
                        Json.Text(entry.Get("manager")),
                        operation.ValueKind == JsonValueKind.String ? operation.GetString()! : "Update",
                        Json.Text(entry.Get("subresource"))
                    )
                    {
                        ApiVersion = Json.Text(entry.Get("apiVersion")),
                        Time = Json.Text(entry.Get("time")),
                        Fields = FieldSet.Read(entry.Get("fieldsV1"), areSorted),
                    }
                );
            }
        }

        return entries;
    }

    /// <summary>Puts the entries into a graph.</summary>
    public static void Write(JsonObject obj, List<Entry> entries)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        metadata.Remove("managedFields");
        if (entries.Exists(e => !e.Fields.IsEmpty))
        {
            var buffer = new ArrayBufferWriter<byte>();
            WriteTo(buffer, entries);
            metadata["managedFields"] = JsonNode.Parse(buffer.WrittenSpan);
        }
    }

    /// <summary>
    /// Writes the entries with fields as a JSON array, those of apply first, as the real server orders them; then by
    /// time.
    /// </summary>
    public static void WriteTo(IBufferWriter<byte> buffer, List<Entry> entries)
    {
        using var writer = new Utf8JsonWriter(buffer, Json.Relaxed);
        writer.WriteStartArray();
        foreach (
            var entry in entries
                .Where(e => !e.Fields.IsEmpty)
                .OrderBy(e => e.Operation == "Apply" ? 0 : 1)
                .ThenBy(e => e.Time, StringComparer.Ordinal)
        )
        {
            writer.WriteStartObject();
            writer.WriteString("manager"u8, entry.Manager);
            writer.WriteString("operation"u8, entry.Operation);
            writer.WriteString("apiVersion"u8, entry.ApiVersion);
            writer.WriteString("time"u8, entry.Time);
            writer.WriteString("fieldsType"u8, "FieldsV1"u8);
            writer.WritePropertyName("fieldsV1"u8);
            entry.Fields.WriteTo(writer);
            if (entry.Subresource.Length > 0)
            {
                writer.WriteString("subresource"u8, entry.Subresource);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>The object without fields that have no manager.</summary>
    public static JsonObject Owned(JsonObject? obj)
    {
        var owned = obj?.DeepClone().AsObject() ?? [];
        foreach (var key in Unowned)
        {
            owned.Remove(key);
        }

        if (owned["metadata"] is JsonObject metadata)
        {
            foreach (var key in UnownedMetadata)
            {
                metadata.Remove(key);
            }

            if (metadata.Count == 0)
            {
                owned.Remove("metadata");
            }
        }

        return owned;
    }

    private static JsonElement OrEmpty(JsonElement value) =>
        value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? Empty : value;

    /// <summary>One manager's share.</summary>
    internal sealed class Entry(string manager, string operation, string subresource)
    {
        public string Manager { get; } = manager;

        public string Operation { get; } = operation;

        public string Subresource { get; } = subresource;

        public string ApiVersion { get; set; } = "";

        public string Time { get; set; } = "";

        public FieldSet Fields { get; set; } = new();
    }
}
