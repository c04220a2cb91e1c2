using Vigia.Terminal.Actions;
using Vigia.Terminal.Keys;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Reducers;

/// <summary>What keys do with the object under the cursor, or with the marked ones.</summary>
internal static class ObjectReducer
{
    public static AppState Act(
        AppState state,
        TableState table,
        TableRow row,
        KeyBinding binding,
        ReducerContext context,
        List<Effect> effects
    )
    {
        switch (binding.Action)
        {
            case UiAction.Open:
                return DrillDown.Open(state, table, row, context, effects);
            case UiAction.Describe:
                return Navigation.OpenText(state, table, row, TextKind.Describe);
            case UiAction.Yaml:
                return Navigation.OpenText(state, table, row, TextKind.Yaml);
            case UiAction.Changes:
                return Navigation.OpenText(state, table, row, TextKind.Changes);
            case UiAction.Tree:
                return Navigation.OpenText(state, table, row, TextKind.Tree);
            case UiAction.Logs:
                return Navigation.OpenText(state, table, row, TextKind.Logs);
            case UiAction.PreviousLogs:
                return Navigation.OpenText(state, table, row, TextKind.Logs, new LogSettings { Previous = true });
            case UiAction.Owner:
                return DrillDown.Owner(state, row, context, effects);
            case UiAction.ShowNode:
                return DrillDown.Node(state, row, context);
            case UiAction.UsedBy:
                return DrillDown.UsedBy(state, table, row, context);
            case UiAction.CopyName:
                effects.Add(new CopyEffect(row.Object.Name, "the name"));
                return state;
            case UiAction.CopyNamespace:
                effects.Add(new CopyEffect(row.Object.Namespace, "the namespace"));
                return state;
            case UiAction.Mark:
                return state with
                {
                    View = TableReducer.Move(
                        table with
                        {
                            Marks = table.Marks.Contains(row.Key) ? table.Marks.Remove(row.Key) : table.Marks.Add(row.Key),
                            LastMark = row.Key,
                        },
                        1,
                        context.Rows
                    ),
                };
            case UiAction.MarkRange:
                return state with { View = MarkRange(table, context.Rows) };
            case UiAction.Edit:
                effects.Add(new ObjectEffect(binding.Action, table.Entry, [row.Key]));
                return state;
            default:
                return binding.Writes
                    ? state with
                    {
                        Dialog = ActionDialogs.Ask(binding.Action, table, Chosen(table, row, context.Rows)),
                    }
                    : state;
        }
    }

    /// <summary>The marked rows; where there are none, the one under the cursor.</summary>
    private static List<TableRow> Chosen(TableState table, TableRow row, ITableRows rows)
    {
        var marked = new List<TableRow>();
        for (var i = 0; i < rows.Count && marked.Count < table.Marks.Count; i++)
        {
            if (table.Marks.Contains(rows[i].Key))
            {
                marked.Add(rows[i]);
            }
        }

        return marked.Count > 0 ? marked : [row];
    }

    private static TableState MarkRange(TableState table, ITableRows rows)
    {
        var from = table.LastMark is { } last && rows.IndexOf(last) is >= 0 and var index ? index : table.Cursor;
        var marks = table.Marks.ToBuilder();
        for (var i = Math.Min(from, table.Cursor); i <= Math.Max(from, table.Cursor); i++)
        {
            marks.Add(rows[i].Key);
        }

        return table with
        {
            Marks = marks.ToImmutable(),
            LastMark = rows[table.Cursor].Key,
        };
    }
}
