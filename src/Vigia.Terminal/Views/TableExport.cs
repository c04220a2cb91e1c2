using Vigia.Catalog;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Views;

/// <summary>A table as text, all its rows, as kubectl prints it.</summary>
internal static class TableExport
{
    public static string Write(TableState table, ITableRows rows, bool withCluster, DateTimeOffset now)
    {
        var shown = TableText.Shown(table.Entry, table.IsWide);
        var withNamespace = table.Entry.Namespaced && table.Namespace is null;
        var lines = new List<string[]> { Line("CLUSTER", TableText.Header(table.Entry, shown, withNamespace)) };
        for (var i = 0; i < rows.Count; i++)
        {
            lines.Add(Line(rows[i].Cluster, TableText.Cells(table.Entry, rows[i].Object, shown, now, withNamespace)));
        }

        var widths = new int[lines[0].Length];
        lines.ForEach(line => TableText.Widen(widths, line));
        return string.Join('\n', lines.Select(line => TableText.Line(line, widths))) + "\n";

        string[] Line(string cluster, string[] cells) => withCluster ? [cluster, .. cells] : cells;
    }
}
