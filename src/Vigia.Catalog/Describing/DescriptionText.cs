namespace Vigia.Catalog.Describing;

/// <summary>A description as lines, set as kubectl sets them: names at the left, values at one column, sections indented. Each line is made of pieces, for those who colour them.</summary>
internal static class DescriptionText
{
    public const string None = "<none>";

    /// <summary>Calls with each line's pieces.</summary>
    public static IEnumerable<IReadOnlyList<DescriptionPiece>> Lines(IEnumerable<DescriptionItem> items) => items.SelectMany(Lines);

    /// <summary>The whole text; every line ends with a line feed.</summary>
    public static string Render(IEnumerable<DescriptionItem> items)
        => string.Concat(Lines(items).Select(line => string.Concat(line.Select(piece => piece.Text)).TrimEnd() + "\n"));

    private static IEnumerable<IReadOnlyList<DescriptionPiece>> Lines(DescriptionItem item)
    {
        var indent = new DescriptionPiece(new string(' ', item.Depth * 2), PiecePart.Value, Tone.Plain);
        switch (item)
        {
            case DescriptionField field:
                var width = Math.Max(field.Column, field.Name.Length + 2);
                yield return [indent, new((field.Name + ":").PadRight(width), PiecePart.Name, Tone.Plain), field.Values.Count == 0 ? new(None, PiecePart.Value, Tone.Muted) : new(field.Values[0], PiecePart.Value, field.Tone)];
                foreach (var value in field.Values.Skip(1))
                {
                    yield return [indent, new(new string(' ', width), PiecePart.Value, Tone.Plain), new(value, PiecePart.Value, field.Tone)];
                }

                break;
            case DescriptionSection section:
                yield return [indent, new(section.Name + ":", section.Depth == 0 ? PiecePart.Heading : PiecePart.Name, Tone.Plain), new(section.Note is { } note ? "  " + note : "", PiecePart.Value, Tone.Muted)];
                break;
            case DescriptionLine line:
                yield return [indent, new(line.Text, PiecePart.Value, line.Tone)];
                break;
            case DescriptionTable table:
                foreach (var line in Table(table, indent))
                {
                    yield return line;
                }

                break;
        }
    }

    private static IEnumerable<IReadOnlyList<DescriptionPiece>> Table(DescriptionTable table, DescriptionPiece indent)
    {
        var last = table.Columns.Count - 1;
        var widths = table.Columns.Select((name, i) => table.Rows.Select(row => row[i].Length).Append(name.Length).Max()).ToArray();
        string Set(IEnumerable<string> cells) => string.Join("  ", cells.Select((cell, i) => i == last ? cell : cell.PadRight(widths[i])));
        yield return [indent, new(Set(table.Columns), PiecePart.Name, Tone.Plain)];
        yield return [indent, new(Set(table.Columns.Select(name => new string('-', name.Length))), PiecePart.Value, Tone.Muted)];
        foreach (var (row, tone) in table.Rows.Zip(table.Tones))
        {
            yield return [indent, new(Set(row), PiecePart.Value, tone)];
        }
    }
}
