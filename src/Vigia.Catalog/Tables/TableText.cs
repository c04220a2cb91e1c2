using System.Text;
using Vigia.Catalog.Rows;
using Vigia.Kubernetes;

namespace Vigia.Catalog;

/// <summary>Tables as kubectl prints them: columns three spaces apart, as wide as their widest cell.</summary>
public static class TableText
{
    private const int Gap = 3;

    /// <summary>The indexes of an entry's columns that are shown.</summary>
    public static int[] Shown(ResourceEntry entry, bool wide)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return [.. entry.Columns.Index().Where(column => wide || !column.Item.IsWide).Select(column => column.Index)];
    }

    /// <summary>A whole table with its header.</summary>
    /// <param name="entry">The resource.</param>
    /// <param name="objects">The objects, in this order.</param>
    /// <param name="now">The moment ages are printed at.</param>
    /// <param name="wide">With the wide columns.</param>
    /// <param name="withNamespace">With a NAMESPACE column in front.</param>
    /// <param name="clusters">Each object's cluster, for a CLUSTER column before all others; null for none.</param>
    public static string Render(
        ResourceEntry entry,
        IEnumerable<RawObject> objects,
        DateTimeOffset now,
        bool wide = false,
        bool withNamespace = false,
        IEnumerable<string>? clusters = null
    )
    {
        ArgumentNullException.ThrowIfNull(objects);
        var shown = Shown(entry, wide);
        var lines = new List<string[]> { Header(entry, shown, withNamespace) };
        lines.AddRange(objects.Select(o => Cells(entry, o, shown, now, withNamespace)));
        if (clusters is not null)
        {
            lines = [.. lines.Zip(clusters.Prepend("CLUSTER"), static (line, cluster) => (string[])[OneLine(cluster), .. line])];
        }

        var widths = new int[lines[0].Length];
        foreach (var line in lines)
        {
            Widen(widths, line);
        }

        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.Append(Line(line, widths)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The header's cells.</summary>
    public static string[] Header(ResourceEntry entry, int[] shown, bool withNamespace) =>
        [.. withNamespace ? ["NAMESPACE"] : Array.Empty<string>(), .. shown.Select(i => OneLine(entry.Columns[i].Name))];

    /// <summary>An object's cells.</summary>
    public static string[] Cells(ResourceEntry entry, RawObject o, int[] shown, DateTimeOffset now, bool withNamespace)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var row = entry.RowOf(o);
        return [.. withNamespace ? [OneLine(o.Namespace)] : Array.Empty<string>(), .. shown.Select(i => OneLine(row.Text(i, now)))];
    }

    /// <summary>
    /// A cell is one line of printable text: the part after a line end is cut, as kubectl does, and no control
    /// character reaches a terminal.
    /// </summary>
    private static string OneLine(string text)
    {
        var end = text.AsSpan().IndexOfAny('\n', '\r', '\f');
        text = end < 0 ? text : text[..end] + "...";
        return TextWidth.Clean(text);
    }

    /// <summary>Makes room for a line: for tables that grow, as a watch's.</summary>
    public static void Widen(int[] widths, string[] line)
    {
        ArgumentNullException.ThrowIfNull(widths);
        ArgumentNullException.ThrowIfNull(line);
        for (var i = 0; i < widths.Length; i++)
        {
            widths[i] = Math.Max(widths[i], TextWidth.Of(line[i]));
        }
    }

    /// <summary>A line with its cells in place; the last is not padded.</summary>
    public static string Line(string[] cells, int[] widths)
    {
        ArgumentNullException.ThrowIfNull(cells);
        ArgumentNullException.ThrowIfNull(widths);
        var text = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            text.Append(cells[i]);
            if (i < cells.Length - 1)
            {
                // Terminal columns: a Chinese character takes two.
                text.Append(' ', Math.Max(widths[i] + Gap - TextWidth.Of(cells[i]), 1));
            }
        }

        return text.ToString();
    }
}
