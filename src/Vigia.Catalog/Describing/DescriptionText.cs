using System.Text;
using Vigia.Catalog.Rows;

namespace Vigia.Catalog.Describing;

/// <summary>
/// A description as lines in kubectl's layout: names on the left, values in one column, sections indented. Each line
/// consists of pieces, for coloured output.
/// </summary>
internal static class DescriptionText
{
    public const string None = "<none>";

    // A longer name exceeds its column rather than widen it for all.
    private const int LongestName = 34;

    /// <summary>Each line's pieces.</summary>
    public static IEnumerable<IReadOnlyList<DescriptionPiece>> Lines(IReadOnlyList<DescriptionItem> items)
    {
        var widths = Widths(items);
        return items.SelectMany((item, index) => Lines(item, widths[index]));
    }

    /// <summary>The whole text, fit for a terminal; every line ends with a line feed.</summary>
    public static string Render(IReadOnlyList<DescriptionItem> items)
    {
        var text = new StringBuilder();
        foreach (var line in Lines(items))
        {
            var start = text.Length;
            foreach (var piece in line)
            {
                Append(text, piece.Text, text.Length - start);
            }

            while (text.Length > start && char.IsWhiteSpace(text[^1]))
            {
                text.Length--;
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>
    /// Appends a piece: its further lines are indented below its first one, so that a value never looks like a field.
    /// </summary>
    private static void Append(StringBuilder text, string piece, int column)
    {
        var lines = TextWidth.CleanLines(piece.ReplaceLineEndings("\n")).Split('\n');
        text.AppendJoin("\n" + new string(' ', Math.Max(column, 2)), lines);
    }

    /// <summary>The width of every field's name: that of the longest name in its section.</summary>
    private static int[] Widths(IReadOnlyList<DescriptionItem> items)
    {
        var widths = new int[items.Count];
        for (var i = 0; i < items.Count; i++)
        {
            if (widths[i] > 0 || items[i] is not DescriptionField first)
            {
                continue;
            }

            var section = Enumerable
                .Range(i, items.Count - i)
                .TakeWhile(at => items[at].Depth >= first.Depth)
                .Where(at => items[at].Depth == first.Depth && items[at] is DescriptionField)
                .ToArray();
            var width = section.Max(at =>
                ((DescriptionField)items[at]) is var field && field.Name.Length <= LongestName
                    ? Math.Max(field.Column, field.Name.Length + 3)
                    : field.Column
            );
            foreach (var at in section)
            {
                widths[at] = Math.Max(width, items[at].Name.Length + 2);
            }
        }

        return widths;
    }

    private static IEnumerable<IReadOnlyList<DescriptionPiece>> Lines(DescriptionItem item, int width)
    {
        var indent = new DescriptionPiece(new string(' ', item.Depth * 2), PiecePart.Value, Tone.Plain);
        switch (item)
        {
            case DescriptionField field:
                yield return
                [
                    indent,
                    new((field.Name + ":").PadRight(width), PiecePart.Name, Tone.Plain),
                    field.Values.Count == 0 ? new(None, PiecePart.Value, Tone.Muted) : new(field.Values[0], PiecePart.Value, field.Tone),
                ];
                foreach (var value in field.Values.Skip(1))
                {
                    yield return
                    [
                        indent,
                        new(new string(' ', width), PiecePart.Value, Tone.Plain),
                        new(value, PiecePart.Value, field.Tone),
                    ];
                }

                break;
            case DescriptionSection section:
                yield return
                [
                    indent,
                    new(section.Name + ":", section.Depth == 0 ? PiecePart.Heading : PiecePart.Name, Tone.Plain),
                    new(section.Note is { } note ? "  " + note : "", PiecePart.Value, Tone.Muted),
                ];
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
        // A row is a line, or its second line would look like a row.
        var rows = table.Rows.Select(row => Array.ConvertAll(row, TextWidth.CleanLine)).ToArray();
        var widths = table.Columns.Select((name, i) => rows.Select(row => row[i].Length).Append(name.Length).Max()).ToArray();
        string Set(IEnumerable<string> cells) => string.Join("  ", cells.Select((cell, i) => i == last ? cell : cell.PadRight(widths[i])));
        yield return [indent, new(Set(table.Columns), PiecePart.Name, Tone.Plain)];
        yield return [indent, new(Set(table.Columns.Select(name => new string('-', name.Length))), PiecePart.Value, Tone.Muted)];
        foreach (var (row, tone) in rows.Zip(table.Tones))
        {
            yield return [indent, new(Set(row), PiecePart.Value, tone)];
        }
    }
}
