using Vigia.Terminal.Commands;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Reducers;

/// <summary>What keys do while one types a command, a filter or a search.</summary>
internal static class PromptReducer
{
    public static AppState Key(AppState state, string key, ReducerContext context, List<Effect> effects)
    {
        var prompt = state.Prompt!;
        switch (key)
        {
            case "esc" or "ctrl-c":
                return Cancel(state, prompt, context);
            case "enter":
                return Accept(state, prompt, context, effects);
            case "backspace" when prompt.Text.Length == 0:
                return Cancel(state, prompt, context);
            case "backspace" when prompt.Caret > 0:
                return Edit(state, prompt.Text.Remove(prompt.Caret - 1, 1), prompt.Caret - 1, context);
            case "delete" when prompt.Caret < prompt.Text.Length:
                return Edit(state, prompt.Text.Remove(prompt.Caret, 1), prompt.Caret, context);
            case "left" or "ctrl-b":
                return state with { Prompt = prompt with { Caret = Math.Max(prompt.Caret - 1, 0) } };
            case "right"
            or "ctrl-f"
            or "tab"
                when prompt.Kind == PromptKind.Command
                    && prompt.Caret == prompt.Text.Length
                    && Completion.Of(prompt.Text, context) is { } completed:
                return Edit(state, completed, completed.Length, context);
            case "right" or "ctrl-f":
                return state with { Prompt = prompt with { Caret = Math.Min(prompt.Caret + 1, prompt.Text.Length) } };
            case "home" or "ctrl-a":
                return state with { Prompt = prompt with { Caret = 0 } };
            case "end" or "ctrl-e":
                return state with { Prompt = prompt with { Caret = prompt.Text.Length } };
            case "ctrl-u" or "ctrl-q":
                return Edit(state, prompt.Text[prompt.Caret..], 0, context);
            case "ctrl-k":
                return Edit(state, prompt.Text[..prompt.Caret], prompt.Caret, context);
            case "ctrl-w":
                var from = prompt.Text[..prompt.Caret].TrimEnd().LastIndexOf(' ') + 1;
                return Edit(state, prompt.Text.Remove(from, prompt.Caret - from), from, context);
            case "up" when prompt.Kind == PromptKind.Command:
                return Recall(state, prompt, prompt.Recall + 1);
            case "down" when prompt.Kind == PromptKind.Command:
                return Recall(state, prompt, prompt.Recall - 1);
            case "space":
                return Insert(state, " ", context);
            default:
                return IsText(key) ? Insert(state, key, context) : state;
        }
    }

    public static AppState Insert(AppState state, string text, ReducerContext context)
    {
        var prompt = state.Prompt!;
        text = new string([.. text.Where(c => !char.IsControl(c))]);
        return Edit(state, prompt.Text.Insert(prompt.Caret, text), prompt.Caret + text.Length, context);
    }

    /// <summary>One character, as opposed to a key's name.</summary>
    private static bool IsText(string key) => key.Length == 1 || (key.Length == 2 && char.IsSurrogatePair(key, 0));

    private static AppState Edit(AppState state, string text, int caret, ReducerContext context)
    {
        state = state with { Prompt = state.Prompt! with { Text = text, Caret = caret, Recall = 0 } };
        return Apply(state, text, context);
    }

    /// <summary>A filter holds while it is typed.</summary>
    private static AppState Apply(AppState state, string text, ReducerContext context) =>
        (state.Prompt!.Kind, state.View) switch
        {
            (PromptKind.Filter, TableState table) when table.Filter.Text != text => state with
            {
                View = table.Filtered(text) with { Cursor = 0, Top = 0, Selected = null },
            },
            (PromptKind.Search, TextState { Kind: TextKind.Logs } log) => state with { View = log with { Search = text } },
            (PromptKind.Search, TextState view) => state with { View = TextReducer.Match(view, text, 0, context) },
            _ => state,
        };

    private static AppState Cancel(AppState state, PromptState prompt, ReducerContext context) =>
        Apply(state, prompt.Before, context) with
        {
            Prompt = null,
        };

    private static AppState Accept(AppState state, PromptState prompt, ReducerContext context, List<Effect> effects)
    {
        if (prompt.Kind != PromptKind.Command)
        {
            return state with { Prompt = null };
        }

        var text = prompt.Text.Trim();
        if (text.Length == 0)
        {
            return state with { Prompt = null };
        }

        // A beginning that can only mean one thing means that.
        state = state with
        {
            Prompt = null,
            Commands = state.Commands.Remove(text).Insert(0, text),
        };
        return CommandLine.Run(state, text, context, effects);
    }

    private static AppState Recall(AppState state, PromptState prompt, int back)
    {
        back = Math.Clamp(back, 0, state.Commands.Count);
        var text = back == 0 ? "" : state.Commands[back - 1];
        return state with { Prompt = prompt with { Text = text, Caret = text.Length, Recall = back } };
    }
}
