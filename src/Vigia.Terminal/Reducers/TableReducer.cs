using Vigia.Catalog;
using Vigia.Terminal.Keys;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Reducers;

/// <summary>What keys do in a table.</summary>
internal static class TableReducer
{
    public static AppState Act(
        AppState state,
        TableState table,
        KeyBinding binding,
        string key,
        ReducerContext context,
        List<Effect> effects
    )
    {
        var rows = context.Rows;
        var page = Math.Max(state.RowsHeight - 1, 1);
        switch (binding.Action)
        {
            case UiAction.Up:
                return state with { View = Move(table, -1, rows) };
            case UiAction.Down:
                return state with { View = Move(table, 1, rows) };
            case UiAction.PageUp:
                return state with { View = Move(table, -page, rows) };
            case UiAction.PageDown:
                return state with { View = Move(table, page, rows) };
            case UiAction.Top:
                return state with { View = table with { Cursor = 0, Top = 0, Selected = null } };
            case UiAction.Bottom:
                return state with { View = MoveTo(table, rows.Count - 1, rows) };
            case UiAction.ScrollLeft:
                return state with { View = table with { Left = Math.Max(table.Left - 1, 0) } };
            case UiAction.ScrollRight:
                return state with { View = table with { Left = Math.Min(table.Left + 1, Math.Max(Shown(table).Length - 2, 0)) } };
            case UiAction.Filter:
                return state with { Prompt = new(PromptKind.Filter, table.Filter.Text, table.Filter.Text.Length, table.Filter.Text) };
            case UiAction.ClearFilter:
                return state with { View = table.Filtered("") };
            case UiAction.Faults:
                return state with { View = table.Filtered(faults: !table.Filter.FaultsOnly) with { Cursor = 0, Top = 0, Selected = null } };
            case UiAction.Wide:
                return state with { View = table with { IsWide = !table.IsWide, Left = 0 } };
            case UiAction.Namespace:
                return Namespace(state, table, key[0] - '0', context);
            case UiAction.SortName:
                return Sort(state, table, "name");
            case UiAction.SortAge:
                return Sort(state, table, "age", "lastSeen");
            case UiAction.SortStatus:
                return Sort(state, table, "status", "ready", "reason", "type");
            case UiAction.SortNamespace:
                return SortBy(state, table, RowOrder.ByNamespace);
            case UiAction.SortReverse:
                return state with { View = table with { Order = table.Order with { Descending = !table.Order.Descending } } };
            case UiAction.SortNext:
                return SortBeside(state, table, 1);
            case UiAction.SortPrevious:
                return SortBeside(state, table, -1);
            case UiAction.ClearMarks:
                return state with { View = table with { Marks = [], LastMark = null } };
            default:
                return rows.Count == 0 || table.Cursor >= rows.Count
                    ? Toasts.Say(state, "nothing is selected", context)
                    : ObjectReducer.Act(state, table, rows[table.Cursor], binding, context, effects);
        }
    }

    /// <summary>The entry's columns that are shown.</summary>
    public static int[] Shown(TableState table) => TableText.Shown(table.Entry, table.IsWide);

    public static TableState Move(TableState table, int lines, ITableRows rows) => MoveTo(table, table.Cursor + lines, rows);

    public static TableState MoveTo(TableState table, int index, ITableRows rows)
    {
        if (rows.Count == 0)
        {
            return table;
        }

        index = Math.Clamp(index, 0, rows.Count - 1);
        return table with { Cursor = index, Selected = rows[index].Key };
    }

    private static AppState Namespace(AppState state, TableState table, int number, ReducerContext context)
    {
        if (number > state.Favourites.Count)
        {
            return state;
        }

        if (!table.Entry.Namespaced)
        {
            return Toasts.Say(state, $"{table.Entry.Name} live in no namespace", context);
        }

        var ns = number == 0 ? null : state.Favourites[number - 1];
        return state with { View = table.In(ns) with { Cursor = 0, Top = 0, Selected = null } };
    }

    private static AppState Sort(AppState state, TableState table, params string[] keys)
    {
        foreach (var key in keys)
        {
            for (var i = 0; i < table.Entry.Columns.Count; i++)
            {
                if (table.Entry.Columns[i].Key == key)
                {
                    return SortBy(state, table, i);
                }
            }
        }

        return state;
    }

    /// <summary>
    /// By a column; the same again turns it round. Numbers begin with the largest: that is what one looks for.
    /// </summary>
    private static AppState SortBy(AppState state, TableState table, int column)
    {
        var descending =
            table.Order.Column == column
                ? !table.Order.Descending
                : column >= 0
                    && table.Entry.Columns[column].Type
                        is ColumnType.Number
                            or ColumnType.Decimal
                            or ColumnType.Quantity
                            or ColumnType.CountAgo;
        return state with { View = table with { Order = new RowOrder(column, descending), Selected = null, Cursor = 0, Top = 0 } };
    }

    private static AppState SortBeside(AppState state, TableState table, int step)
    {
        int[] columns =
        [
            .. table.Entry.Namespaced && table.Namespace is null ? [RowOrder.ByNamespace] : Array.Empty<int>(),
            .. Shown(table),
        ];
        var at = Array.IndexOf(columns, table.Order.Column);
        return SortBy(state, table, columns[(Math.Max(at, 0) + step + columns.Length) % columns.Length]);
    }
}
