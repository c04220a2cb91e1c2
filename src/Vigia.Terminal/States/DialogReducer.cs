namespace Vigia.Terminal.States;

/// <summary>What keys do while a question stands.</summary>
internal static class DialogReducer
{
    public static AppState Key(AppState state, string key, List<Effect> effects)
    {
        var dialog = state.Dialog!;
        switch (key)
        {
            case "esc" or "ctrl-c":
            case "n" or "N" when dialog.Input is null:
                return state with { Dialog = null };
            case "y" or "Y" when dialog.Input is null:
                return Confirm(state, dialog, effects);
            case "left" or "right" or "tab" or "shift-tab" or "h":
                return state with { Dialog = dialog with { IsYes = !dialog.IsYes } };
            case "enter":
                return dialog.IsYes || dialog.Input is not null ? Confirm(state, dialog, effects) : state with { Dialog = null };
            case "backspace" when dialog.Input is { Length: > 0 } input:
                return state with { Dialog = dialog with { Input = input[..^1] } };
            case [>= '0' and <= '9'] when dialog.Input is { Length: < 6 } input:
                return state with { Dialog = dialog with { Input = input + key } };
            default:
                return state;
        }
    }

    private static AppState Confirm(AppState state, DialogState dialog, List<Effect> effects)
    {
        if (dialog.Input is "")
        {
            return state;
        }

        effects.Add(dialog is { Input: { } input, Action: ObjectEffect action } ? action with { Input = input } : dialog.Action);
        return state with { Dialog = null, View = state.View is TableState table ? table with { Marks = [], LastMark = null } : state.View };
    }
}
