using Vigia.Terminal.Commands;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Reducers;

/// <summary>What a key does to the state: pure, so that a session can be tested key by key.</summary>
internal static class Reducer
{
    /// <summary>The state after an input, and what is to be done beside it.</summary>
    public static (AppState State, IReadOnlyList<Effect> Effects) Reduce(AppState state, InputEvent input, ReducerContext context)
    {
        var effects = new List<Effect>();
        state = Settle(state, context);
        state = input.Kind switch
        {
            InputKind.HangUp => Quit(state, effects),
            InputKind.Background => state with { IsLight = input.Text == "light" },
            InputKind.Paste when state.Prompt is not null => PromptReducer.Insert(state, input.Text.ReplaceLineEndings(" "), context),
            InputKind.Wheel => Scroll(state, input.Text == "up" ? -3 : 3, context),
            InputKind.Click => Click(state, input.Y, context),
            InputKind.Key when state.Dialog is not null => DialogReducer.Key(state, input.Text, effects),
            InputKind.Key when state.Prompt is not null => PromptReducer.Key(state, input.Text, context, effects),
            InputKind.Key => Key(state, input.Text, context, effects),
            _ => state,
        };
        return (Settle(state, context), effects);
    }

    /// <summary>
    /// Keeps the cursor on its object wherever that has moved, and what is scrolled within what there is.
    /// </summary>
    public static AppState Settle(AppState state, ReducerContext context) =>
        state.View switch
        {
            TableState table => state with { View = SettleTable(table, state.RowsHeight, context.Rows) },
            TextState text => state with { View = SettleText(text, state.BodyHeight, context) },
            _ => state,
        };

    private static AppState Key(AppState state, string key, ReducerContext context, List<Effect> effects)
    {
        var scope = ScopeOf(state.View);
        var kind = (state.View as TableState)?.Entry.KnownKind;
        if (context.Keys.Find(key, scope, kind) is not { } binding)
        {
            return state;
        }

        if (binding.Writes && state.IsReadOnly)
        {
            return Toasts.Say(state, $"{binding.Text}: this session is read-only (--readonly)", context, isError: true);
        }

        return binding.Action switch
        {
            UiAction.RunCommand => CommandLine.Run(state, binding.Text[1..], context, effects),
            UiAction.Command => state with { Prompt = new(PromptKind.Command, "", 0) },
            UiAction.Help => state.View is TextState { Kind: TextKind.Help }
                ? state
                : Navigation.Open(state, id => new TextState(id, TextKind.Help, "help") { Wraps = true }),
            UiAction.Aliases => Navigation.Open(state, id => new TextState(id, TextKind.Aliases, "resources")),
            UiAction.Pulse => state.View is PulseState ? state : Navigation.Open(state, id => new PulseState(id)),
            UiAction.Back => Escape(state with { Toast = null }),
            UiAction.LastView => state.Back.IsEmpty && !state.Forward.IsEmpty ? GoForward(state)
            : state.Forward.IsEmpty ? GoBack(state)
            : GoForward(state),
            UiAction.HistoryBack => GoBack(state),
            UiAction.HistoryForward => GoForward(state),
            UiAction.Quit => Quit(state, effects),
            UiAction.ToggleHeader => state with { HidesHeader = !state.HidesHeader },
            UiAction.Redraw => Do(state, effects, new RedrawEffect()),
            UiAction.Save => Do(state, effects, new SaveEffect()),
            _ => state.View switch
            {
                TableState table => TableReducer.Act(state, table, binding, key, context, effects),
                TextState text => TextReducer.Act(state, text, binding.Action, context, effects),
                PulseState pulse => PulseReducer.Act(state, pulse, binding.Action, context),
                _ => state,
            },
        };
    }

    public static KeyScope ScopeOf(ViewState view) =>
        view switch
        {
            TableState => KeyScope.Table,
            TextState { Kind: TextKind.Logs } => KeyScope.Logs,
            TextState => KeyScope.Text,
            _ => KeyScope.Pulse,
        };

    public static AppState GoBack(AppState state) =>
        state.Back.IsEmpty
            ? state
            : state with
            {
                View = state.Back.Peek(),
                Back = state.Back.Pop(),
                Forward = state.Forward.Push(state.View),
            };

    private static AppState GoForward(AppState state) =>
        state.Forward.IsEmpty
            ? state
            : state with
            {
                View = state.Forward.Peek(),
                Forward = state.Forward.Pop(),
                Back = state.Back.Push(state.View),
            };

    /// <summary>Undoes the nearest thing: marks, then the filter or search, then the view.</summary>
    private static AppState Escape(AppState state) =>
        state.View switch
        {
            TableState { Marks.Count: > 0 } table => state with { View = table with { Marks = [], LastMark = null } },
            TableState { Filter.Text.Length: > 0 } table => state with { View = table.Filtered("") },
            TextState { Search.Length: > 0 } text => state with { View = text with { Search = "" } },
            _ => GoBack(state),
        };

    private static AppState Quit(AppState state, List<Effect> effects) => Do(state, effects, new QuitEffect());

    private static AppState Do(AppState state, List<Effect> effects, Effect effect)
    {
        effects.Add(effect);
        return state;
    }

    private static AppState Scroll(AppState state, int lines, ReducerContext context) =>
        state.View switch
        {
            TableState table => state with { View = TableReducer.Move(table, lines, context.Rows) },
            TextState text => state with { View = TextReducer.Move(text, lines, state.BodyHeight, context) },
            _ => state,
        };

    private static AppState Click(AppState state, int y, ReducerContext context)
    {
        var row = y - state.HeaderHeight;
        return state.View switch
        {
            TableState table when row >= 1 && table.Top + row - 1 < context.Rows.Count => state with
            {
                View = TableReducer.MoveTo(table, table.Top + row - 1, context.Rows),
            },
            TextState text when row >= 0 && text.Top + row < context.Document.Lines.Count => state with
            {
                View = text with { Cursor = text.Top + row },
            },
            _ => state,
        };
    }

    private static TableState SettleTable(TableState table, int height, ITableRows rows)
    {
        var cursor = table.Cursor;
        var selected = table.Selected;
        if (selected is { } key)
        {
            var index = rows.IndexOf(key);
            if (index >= 0)
            {
                cursor = index;
            }
            else if (rows.Count > 0)
            {
                // Gone: the one that has taken its place.
                cursor = Math.Clamp(cursor, 0, rows.Count - 1);
                selected = rows.Total > 0 && cursor > 0 ? rows[cursor].Key : selected;
            }
        }

        cursor = Math.Clamp(cursor, 0, Math.Max(rows.Count - 1, 0));
        var top = Math.Clamp(table.Top, Math.Max(cursor - height + 1, 0), cursor);
        top = Math.Clamp(top, 0, Math.Max(rows.Count - height, 0));
        return table.Cursor == cursor && table.Top == top && table.Selected == selected
            ? table
            : table with
            {
                Cursor = cursor,
                Top = top,
                Selected = selected,
            };
    }

    private static TextState SettleText(TextState text, int height, ReducerContext context)
    {
        var lines = context.Document.Lines.Count;
        if (lines == 0)
        {
            return text;
        }

        var most = Math.Max(lines - height, 0);
        var cursor = Math.Clamp(text.Cursor, 0, lines - 1);
        var top = text.Follows ? most : Math.Clamp(text.Top, 0, text.Wraps ? lines - 1 : most);
        if (context.Document.HasChoices)
        {
            top = Math.Clamp(top, Math.Max(cursor - height + 1, 0), cursor);
        }

        return text.Top == top && text.Cursor == cursor ? text : text with { Top = top, Cursor = cursor };
    }
}
