using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator.Tables;

/// <summary>The columns of one type and how their cells are filled: a custom resource's printer columns, else name and age.</summary>
internal sealed class TableColumns
{
    private static readonly ConditionalWeakTable<ResourceType, TableColumns> Known = [];
    private readonly PrinterColumn[] _columns;

    private TableColumns(ResourceType type)
    {
        _columns = type.PrinterColumns.Count > 0 ? [.. type.PrinterColumns] : [new("Age", "date", ".metadata.creationTimestamp")];
        Definitions = new JsonArray(
        [
            Definition("Name", "string", "name", "Name must be unique within a namespace.", 0),
            .. _columns.Select(c => Definition(c.Name, c.Type, c.Type == "date" ? "date" : "", c.Description, c.Priority)),
        ]);
    }

    public JsonArray Definitions { get; }

    public static TableColumns For(ResourceType type) => Known.GetValue(type, static t => new TableColumns(t));

    public void WriteCells(Utf8JsonWriter writer, StoredObject item, DateTimeOffset now)
    {
        var obj = item.ToJson();
        writer.WriteStartArray();
        writer.WriteStringValue(item.Key.Name);
        foreach (var column in _columns)
        {
            var value = JsonPaths.Find(obj, column.JsonPath);
            if (column.Type == "date")
            {
                writer.WriteStringValue(HumanDuration.Since((string?)value, now));
            }
            else if (value is null)
            {
                writer.WriteNullValue();
            }
            else if (column.Type == "string" && value.GetValueKind() is not JsonValueKind.String)
            {
                writer.WriteStringValue(value.ToJsonString());
            }
            else
            {
                value.WriteTo(writer);
            }
        }

        writer.WriteEndArray();
    }

    private static JsonObject Definition(string name, string type, string format, string description, int priority)
        => new() { ["name"] = name, ["type"] = type == "date" ? "string" : type, ["format"] = format == "date" ? "" : format, ["description"] = description, ["priority"] = priority };
}
