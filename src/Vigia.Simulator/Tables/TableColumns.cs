using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Simulator.Tables;

/// <summary>
/// The columns of one type and how their cells are filled: the catalog's for the kinds it has, else a custom resource's
/// printer columns, else name and age.
/// </summary>
internal sealed class TableColumns
{
    private static readonly ConditionalWeakTable<ResourceType, TableColumns> Known = [];
    private readonly PrinterColumn[] _columns = [];
    private readonly JsonPath?[] _paths = [];
    private readonly ResourceEntry? _entry;

    private TableColumns(ResourceType type)
    {
        _entry =
            type.PrinterColumns.Count > 0
                ? null
                : ResourceCatalog.BuiltIn.Entries.FirstOrDefault(entry => !entry.MetadataOnly && entry.Versions.Contains(type.Gvr));
        if (_entry is not null)
        {
            Definitions = new JsonArray([
                .. _entry.Columns.Select(c =>
                    Definition(
                        Title(c.Name),
                        c.Type == ColumnType.Number ? "integer" : "string",
                        c.Key == "name" ? "name" : "",
                        c.Description,
                        c.IsWide ? 1 : 0
                    )
                ),
            ]);
            return;
        }

        _columns = type.PrinterColumns.Count > 0 ? [.. type.PrinterColumns] : [new("Age", "date", ".metadata.creationTimestamp")];
        _paths = [.. _columns.Select(column => JsonPath.TryParseColumn(column.JsonPath, out var path, out _) ? path : null)];
        Definitions = new JsonArray([
            Definition("Name", "string", "name", "Name must be unique within a namespace.", 0),
            .. _columns.Select(c => Definition(c.Name, c.Type, c.Type == "date" ? "date" : "", c.Description, c.Priority)),
        ]);
    }

    public JsonArray Definitions { get; }

    public static TableColumns For(ResourceType type) => Known.GetValue(type, static t => new TableColumns(t));

    public void WriteCells(Utf8JsonWriter writer, StoredObject item, DateTimeOffset now)
    {
        if (_entry is not null)
        {
            WriteCatalogCells(writer, item, now);
            return;
        }

        writer.WriteStartArray();
        writer.WriteStringValue(item.Key.Name);
        for (var i = 0; i < _columns.Length; i++)
        {
            WriteCell(
                writer,
                _columns[i].Type,
                _paths[i] is { } path ? PrinterCell.Read(path, _columns[i].Type, item.Utf8.Span) : null,
                now
            );
        }

        writer.WriteEndArray();
    }

    private static void WriteCell(Utf8JsonWriter writer, string type, Cell? cell, DateTimeOffset now)
    {
        switch (cell)
        {
            case null:
                writer.WriteNullValue();
                break;
            case { Text: null } number when type == "integer":
                writer.WriteNumberValue(number.Number);
                break;
            case { Text: null } number when type == "number":
                writer.WriteNumberValue(number.Fraction);
                break;
            case { Text: { } word } when type == "boolean":
                writer.WriteBooleanValue(word == "true");
                break;
            case { } other:
                writer.WriteStringValue(other.Print(PrinterCell.ColumnTypeOf(type), now));
                break;
        }
    }

    /// <summary>The words of a table's cells: ages and counts as the server prints them at this moment.</summary>
    private void WriteCatalogCells(Utf8JsonWriter writer, StoredObject item, DateTimeOffset now)
    {
        var row = _entry!.Project(RawObject.Parse(item.Utf8.Span));
        writer.WriteStartArray();
        for (var i = 0; i < _entry.Columns.Count; i++)
        {
            if (_entry.Columns[i].Type == ColumnType.Number && row[i].Text is null)
            {
                writer.WriteNumberValue(row[i].Number);
            }
            else
            {
                writer.WriteStringValue(row.Text(i, now));
            }
        }

        writer.WriteEndArray();
    }

    /// <summary><c>UP-TO-DATE</c> as a server names it: <c>Up-To-Date</c>.</summary>
    private static string Title(string name) =>
        System.Globalization.CultureInfo.InvariantCulture.TextInfo.ToTitleCase(name.ToLowerInvariant());

    private static JsonObject Definition(string name, string type, string format, string description, int priority) =>
        new()
        {
            ["name"] = name,
            ["type"] = type == "date" ? "string" : type,
            ["format"] = format == "date" ? "" : format,
            ["description"] = description,
            ["priority"] = priority,
        };
}
