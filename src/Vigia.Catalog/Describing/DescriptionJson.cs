using System.Text.Json;

namespace Vigia.Catalog.Describing;

/// <summary>
/// A description as JSON: an array of sections and fields as kubectl names them, in their order, for programs that do
/// not want to read text.
/// </summary>
/// <remarks>
/// A field is <c>{"name", "value"}</c> or <c>{"name", "values": []}</c>, a section <c>{"name", "note"?, "items":
/// []}</c>, a table <c>{"columns": [], "rows": [[]]}</c> and a line <c>{"text"}</c>; <c>state</c> (good, warning, bad)
/// where one deserves attention.
/// </remarks>
internal static class DescriptionJson
{
    /// <summary>Writes the array.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<DescriptionItem> items)
    {
        var at = 0;
        WriteItems(json, items, ref at, 0);
    }

    /// <summary>All items of a depth or deeper, up to the next one above it.</summary>
    private static void WriteItems(Utf8JsonWriter json, IReadOnlyList<DescriptionItem> items, ref int at, int depth)
    {
        json.WriteStartArray();
        while (at < items.Count && items[at].Depth >= depth)
        {
            var item = items[at++];
            json.WriteStartObject();
            switch (item)
            {
                case DescriptionField field:
                    json.WriteString("name"u8, field.Name);
                    WriteValues(json, field);
                    WriteState(json, field.Tone);
                    break;
                case DescriptionSection section:
                    json.WriteString("name"u8, section.Name);
                    if (section.Note is { } note)
                    {
                        json.WriteString("note"u8, note);
                    }

                    json.WritePropertyName("items"u8);
                    WriteItems(json, items, ref at, section.Depth + 1);
                    break;
                case DescriptionLine line:
                    json.WriteString("text"u8, line.Text);
                    WriteState(json, line.Tone);
                    break;
                case DescriptionTable table:
                    WriteTable(json, table);
                    break;
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteValues(Utf8JsonWriter json, DescriptionField field)
    {
        if (!field.IsList)
        {
            json.WriteString("value"u8, field.Values.Count == 0 ? null : field.Values[0]);
            return;
        }

        WriteTexts(json, "values"u8, field.Values);
    }

    private static void WriteTable(Utf8JsonWriter json, DescriptionTable table)
    {
        WriteTexts(json, "columns"u8, table.Columns);
        json.WriteStartArray("rows"u8);
        foreach (var row in table.Rows)
        {
            json.WriteStartArray();
            foreach (var cell in row)
            {
                json.WriteStringValue(cell);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteState(Utf8JsonWriter json, Tone tone)
    {
        if (tone is Tone.Good or Tone.Warning or Tone.Bad)
        {
            json.WriteString(
                "state"u8,
                tone switch
                {
                    Tone.Good => "good"u8,
                    Tone.Warning => "warning"u8,
                    _ => "bad"u8,
                }
            );
        }
    }
}
