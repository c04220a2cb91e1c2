using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Ownership;

/// <summary>
/// Maintains <c>metadata.managedFields</c>: which manager set which field last, one entry per manager, operation and
/// subresource.
/// </summary>
internal static class ManagedFields
{
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
    /// <returns>False if they differ in no field that anybody can own.</returns>
    public static bool Track(ResourceType type, JsonObject? before, JsonObject after, string manager, string? subresource, string now)
    {
        var entries = Read(before);
        var (changed, removed) = (new FieldSet(), new FieldSet());
        FieldSet.Compare(before ?? [], after, "", type.IsCustom, changed, removed, UnownedAndMetadata);
        var (changedMetadata, removedMetadata) = (new FieldSet(), new FieldSet());
        FieldSet.Compare(
            before?["metadata"] ?? new JsonObject(),
            after["metadata"],
            "metadata",
            type.IsCustom,
            changedMetadata,
            removedMetadata,
            UnownedMetadata
        );
        changed.Put("f:metadata", changedMetadata);
        removed.Put("f:metadata", removedMetadata);
        var differs = !changed.IsEmpty || !removed.IsEmpty;
        if (differs)
        {
            var gone = new FieldSet();
            gone.Add(changed);
            gone.Add(removed);
            var mine = entries.Find(e => e.Manager == manager && e.Operation == "Update" && e.Subresource == (subresource ?? ""));
            foreach (var entry in entries)
            {
                if (entry == mine)
                {
                    entry.Fields.Subtract(removed);
                }
                else
                {
                    entry.Fields.Subtract(gone);
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
        }

        Write(after, entries);
        return differs;
    }

    /// <summary>The entries of an object; none if it has none.</summary>
    public static List<Entry> Read(JsonObject? obj)
    {
        var entries = new List<Entry>();
        foreach (var item in obj?["metadata"]?["managedFields"] as JsonArray ?? [])
        {
            if (item is JsonObject entry)
            {
                entries.Add(
                    new Entry((string?)entry["manager"] ?? "", (string?)entry["operation"] ?? "Update", (string?)entry["subresource"] ?? "")
                    {
                        ApiVersion = (string?)entry["apiVersion"] ?? "",
                        Time = (string?)entry["time"] ?? "",
                        Fields = FieldSet.Read(entry["fieldsV1"]),
                    }
                );
            }
        }

        return entries;
    }

    /// <summary>
    /// Writes the entries with fields, those of apply first, as the real server orders them; then by time.
    /// </summary>
    public static void Write(JsonObject obj, List<Entry> entries)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        var list = new JsonArray();
        foreach (
            var entry in entries
                .Where(e => !e.Fields.IsEmpty)
                .OrderBy(e => e.Operation == "Apply" ? 0 : 1)
                .ThenBy(e => e.Time, StringComparer.Ordinal)
        )
        {
            var json = new JsonObject
            {
                ["manager"] = entry.Manager,
                ["operation"] = entry.Operation,
                ["apiVersion"] = entry.ApiVersion,
                ["time"] = entry.Time,
                ["fieldsType"] = "FieldsV1",
                ["fieldsV1"] = entry.Fields.ToJson(),
            };
            if (entry.Subresource.Length > 0)
            {
                json["subresource"] = entry.Subresource;
            }

            list.AddNode(json);
        }

        metadata.Remove("managedFields");
        if (list.Count > 0)
        {
            metadata["managedFields"] = list;
        }
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
