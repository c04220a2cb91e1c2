using Vigia.Catalog;
using Vigia.Catalog.Rows;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Reducers;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Views;

/// <summary>A table: the line of column names, and the rows that are in sight. No other row is looked at.</summary>
internal static class TableView
{
    public static void Draw(Canvas canvas, int top, int height, AppState state, TableState table, ScreenContent content)
    {
        var columns = Layout(table, content, canvas.Width - 3);
        DrawNames(canvas, top, columns, table, content.Theme);
        var rows = content.Rows;
        var shown = Math.Min(height - 1, rows.Count - table.Top);
        var stale = content
            .Clusters.Where(cluster =>
                cluster.Kinds.Any(kind =>
                    kind.Name == table.Entry.Name && kind.Word is LoadWord.Stale or LoadWord.Failed or LoadWord.Denied
                )
            )
            .Select(cluster => cluster.Name)
            .ToArray();
        for (var i = 0; i < shown; i++)
        {
            DrawRow(canvas, top + 1 + i, columns, table, rows[table.Top + i], table.Top + i == table.Cursor, stale, content);
        }

        if (rows.Count == 0)
        {
            foreach (
                var (line, i) in TextWidth.Wrap(Empty(table, content), canvas.Width - 4).Take(height - 2).Select((line, i) => (line, i))
            )
            {
                canvas.Write(2, top + 2 + i, line, content.Theme.Muted);
            }
        }

        DrawBar(canvas, top + 1, height - 1, table, rows.Count, content.Theme);
    }

    /// <summary>
    /// The columns in sight, with their places: those that do not fit are reached with the arrow keys, NAME stays.
    /// </summary>
    public static List<PlacedColumn> Layout(TableState table, ScreenContent content, int width)
    {
        var all = new List<PlacedColumn>();
        if (content.Clusters.Count > 1)
        {
            all.Add(new(RowOrder.ByCluster, "CLUSTER", 0, 0, false));
        }

        if (table.Entry.Namespaced && table.Namespace is null)
        {
            all.Add(new(RowOrder.ByNamespace, "NAMESPACE", 0, 0, false));
        }

        foreach (var index in TableReducer.Shown(table))
        {
            all.Add(
                new(
                    index,
                    table.Entry.Columns[index].Name,
                    0,
                    0,
                    table.Entry.Columns[index].Type is ColumnType.Number or ColumnType.Decimal
                )
            );
        }

        var pinned = all.FindIndex(column => column.Name == "NAME") + 1;
        if (table.Left > 0 && pinned > 0)
        {
            all.RemoveRange(pinned, Math.Min(table.Left, all.Count - pinned - 1));
        }

        return Place(all, content.Rows, table, width);
    }

    private static List<PlacedColumn> Place(List<PlacedColumn> columns, ITableRows rows, TableState table, int width)
    {
        var widths = columns
            .Select(column => Math.Max(rows.WidthOf(column.Index), column.Name.Length + (table.Order.Column == column.Index ? 1 : 0)))
            .ToArray();

        // What is too wide gives: the widest first, down to what a name needs to be told apart; on a narrow screen a
        // little more.
        var narrow = width < 77;
        var gap = narrow ? 1 : 2;
        var least = columns
            .Select(
                (column, i) =>
                    Math.Min(
                        widths[i],
                        column.Index < 0 ? (narrow ? 8 : 12)
                            : column.Name == "NAME" ? (narrow ? 16 : 24)
                            : Math.Max(narrow || column.Name != "STATUS" ? 8 : 12, column.Name.Length + (narrow ? 0 : 1))
                    )
            )
            .ToArray();
        var excess = widths.Sum() + (gap * (columns.Count - 1)) - width;
        excess = Shrink(columns, widths, least, excess, name: false);
        excess = Shrink(columns, widths, least, excess, name: true);

        // The namespace goes before the name does: a name that is cut short is any name.
        var ns = columns.FindIndex(column => column.Index == RowOrder.ByNamespace);
        if (excess > 0 && ns >= 0 && columns.Exists(column => column.Name == "NAME"))
        {
            columns.RemoveAt(ns);
            return Place(columns, rows, table, width);
        }

        var placed = new List<PlacedColumn>();
        var x = 0;
        for (var i = 0; i < columns.Count && x < width; i++)
        {
            placed.Add(columns[i] with { X = x + 2, Width = Math.Min(widths[i], width - x) });
            x += widths[i] + gap;
        }

        return placed;
    }

    /// <summary>Takes columns away from the widest, NAME last of all; returns how many are still too many.</summary>
    private static int Shrink(List<PlacedColumn> columns, int[] widths, int[] least, int excess, bool name)
    {
        for (; excess > 0; excess--)
        {
            var widest = -1;
            for (var i = 0; i < widths.Length; i++)
            {
                if (columns[i].Name == "NAME" == name && widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]))
                {
                    widest = i;
                }
            }

            if (widest < 0)
            {
                return excess;
            }

            widths[widest]--;
        }

        return excess;
    }

    private static void DrawNames(Canvas canvas, int y, List<PlacedColumn> columns, TableState table, Theme theme)
    {
        foreach (var column in columns)
        {
            var isOrder = table.Order.Column == column.Index && !table.Filter.Ranks;
            var name =
                TextWidth.Fit(column.Name, column.Width - (isOrder ? 1 : 0))
                + (
                    isOrder
                        ? table.Order.Descending
                            ? "↓"
                            : "↑"
                        : ""
                );
            canvas.Write(
                column.X + (column.IsRight ? column.Width - TextWidth.Of(name) : 0),
                y,
                name,
                isOrder ? theme.Accent : theme.Columns
            );
        }
    }

    private static void DrawRow(
        Canvas canvas,
        int y,
        List<PlacedColumn> columns,
        TableState table,
        TableRow row,
        bool isSelected,
        string[] stale,
        ScreenContent content
    )
    {
        var theme = content.Theme;
        var isMarked = table.Marks.Contains(row.Key);
        var isLit = row.ChangedAt != 0 && content.Now.UtcTicks - row.ChangedAt < ScreenContent.LightTime.Ticks;
        var basis = row.Row.Health switch
        {
            RowHealth.Bad => theme.Bad,
            RowHealth.Warning => theme.Warning,
            _ => theme.Plain,
        };
        if (row.Row.Entry.KnownKind == "Pod" && row.Row.Health == RowHealth.Ok && IsDone(row))
        {
            basis = theme.Muted;
        }

        // What is no longer known to be so is dim.
        if (Array.IndexOf(stale, row.Cluster) >= 0)
        {
            basis = basis.With(Attributes.Dim);
        }

        if (isMarked)
        {
            basis = theme.Mark;
        }

        if (isLit && row.Change == RowChange.Added)
        {
            basis = theme.Added;
        }

        if (isLit && row.Change == RowChange.Deleted)
        {
            basis = theme.Removed.With(Attributes.Dim);
        }

        if (isSelected)
        {
            canvas.Fill(0, y, canvas.Width - 1, theme.Selected(theme.Plain, content.Depth));
            basis = theme.Selected(basis, content.Depth);
        }

        canvas.Write(
            0,
            y,
            isMarked ? "*"
                : isSelected ? "›"
                : isLit && row.Change == RowChange.Added ? "+"
                : isLit && row.Change == RowChange.Deleted ? "-"
                : " ",
            basis
        );
        foreach (var column in columns)
        {
            var text = CellText(column, row, content.Now);
            var fitted = column.Name == "NAME" ? TextWidth.FitMiddle(text, column.Width) : TextWidth.Fit(text, column.Width);
            var isChanged =
                isLit && row.Change == RowChange.Updated && column.Index is >= 0 and < 64 && (row.Changed & (1UL << column.Index)) != 0;
            var style = isChanged ? theme.Updated.With(Attributes.Bold) : basis;
            if (isChanged && content.Depth == ColourDepth.None)
            {
                style = basis.With(Attributes.Bold | Attributes.Underline);
            }

            canvas.Write(column.X + (column.IsRight ? column.Width - TextWidth.Of(fitted) : 0), y, fitted, style, column.Width);
        }
    }

    /// <summary>A cell as kubectl prints it, on one line.</summary>
    public static string CellText(PlacedColumn column, TableRow row, DateTimeOffset now)
    {
        var text = column.Index switch
        {
            RowOrder.ByCluster => row.Cluster,
            RowOrder.ByNamespace => row.Object.Namespace,
            _ => row.Row.Text(column.Index, now),
        };
        var end = text.AsSpan().IndexOfAny('\n', '\r', '\f');
        return end < 0 ? text : text[..end] + "...";
    }

    private static bool IsDone(TableRow row)
    {
        for (var i = 0; i < row.Row.Entry.Columns.Count; i++)
        {
            if (row.Row.Entry.Columns[i].Key == "status")
            {
                return row.Row[i].Text is "Completed" or "Succeeded";
            }
        }

        return false;
    }

    /// <summary>Why there is no row, in whole sentences, with what one may do.</summary>
    private static string Empty(TableState table, ScreenContent content)
    {
        var name = table.Entry.Name;
        var kinds = content.Clusters.Select(cluster => cluster.Kinds.FirstOrDefault(kind => kind.Name == name)).ToArray();
        if (content.Rows.Total > 0 && (table.Filter.Text.Length > 0 || table.Filter.FaultsOnly))
        {
            return $"none of {content.Rows.Total:N0} {name} match";
        }

        if (
            (!content.Rows.IsCaughtUp && kinds.All(kind => kind is null or { Word: LoadWord.Live }))
            || kinds.Any(kind => kind is null or { Word: LoadWord.Loading or LoadWord.Waiting })
        )
        {
            return "loading…";
        }

        if (kinds.FirstOrDefault(kind => kind is { Word: not LoadWord.Live }) is not { } trouble)
        {
            return $"no {name} here";
        }

        var next = trouble.Word switch
        {
            LoadWord.Denied when table.Entry.Namespaced && trouble.OnlyNamespace is null =>
                $" A namespace that you may read is gone to by :{name} NAMESPACE.",
            LoadWord.Denied or LoadWord.Failed or LoadWord.Stale => " This is tried again by itself.",
            _ => "",
        };
        var reason = trouble.Reason ?? "not loaded";
        return reason + (next.Length > 0 && !reason.EndsWith('.') && !reason.EndsWith('?') && !reason.EndsWith('!') ? "." : "") + next;
    }

    /// <summary>Where in the whole one is.</summary>
    private static void DrawBar(Canvas canvas, int y, int height, TableState table, int count, Theme theme)
    {
        if (count <= height)
        {
            return;
        }

        var size = Math.Max(height * height / count, 1);
        var at = (int)((long)table.Top * (height - size) / Math.Max(count - height, 1));
        for (var i = 0; i < size; i++)
        {
            canvas.Write(canvas.Width - 1, y + at + i, "▐", theme.Muted);
        }
    }
}

/// <summary>A column and its place.</summary>
/// <param name="Index">The entry's column, or one in front of it (<see cref="RowOrder"/>).</param>
/// <param name="Name">Its name.</param>
/// <param name="X">Its first column on the screen.</param>
/// <param name="Width">Its columns.</param>
/// <param name="IsRight">Whether its cells stand at the right.</param>
internal readonly record struct PlacedColumn(int Index, string Name, int X, int Width, bool IsRight);
