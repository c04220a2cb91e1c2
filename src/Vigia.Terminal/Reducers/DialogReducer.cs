using Vigia.Terminal.States;

namespace Vigia.Terminal.Reducers;

/// <summary>What keys do while a question stands.</summary>
internal static class DialogReducer
{
    private const int LongestInput = 60;

    public static AppState Key(AppState state, string key, List<Effect> effects)
    {
        var dialog = state.Dialog!;
        var field = dialog.Field;
        var types = field is { Options: null };
        switch (key)
        {
            case "esc" or "ctrl-c":
                return Close(state, dialog.Cancelled, effects, keepsMarks: true);
            case "tab" or "down" when key == "tab" || field is not { IsList: true }:
                return state with { Dialog = Move(dialog, 1) };
            case "shift-tab" or "up" when key == "shift-tab" || field is not { IsList: true }:
                return state with { Dialog = Move(dialog, -1) };
            case "up" or "left" or "k" or "h" when field is { Options: not null }:
                return state with { Dialog = With(dialog, field.Turn(-1)) };
            case "down" or "right" or "space" or "j" or "l" when field is { Options: not null }:
                return state with { Dialog = With(dialog, field.Turn(1)) };
            case "left" or "h" when !types:
                return state with { Dialog = Move(dialog, -1) };
            case "right" or "l" when !types:
                return state with { Dialog = Move(dialog, 1) };
            case "enter":
                return Choose(state, dialog, dialog.Choices[Math.Max(dialog.Focus - dialog.Fields.Count, 0)], effects);
            case "backspace" when types:
                return state with
                {
                    Dialog = With(dialog, field! with { Value = field.Value.Length == 0 ? "" : field.Value[..^1], IsOffered = false }),
                };
            case "ctrl-u" when types:
                return state with { Dialog = With(dialog, field! with { Value = "", IsOffered = false }) };
        }

        // Where numbers are typed, y is still yes.
        if (types && (!field!.IsNumber || (key.Length == 1 && char.IsAsciiDigit(key[0]))))
        {
            var isText = key.Length == 1 && !char.IsControl(key[0]) && field.Value.Length < LongestInput;
            return isText
                ? state with
                {
                    Dialog = With(dialog, field with { Value = field.IsOffered ? key : field.Value + key, IsOffered = false }),
                }
                : state;
        }

        return dialog.Choices.FirstOrDefault(choice => string.Equals(choice.Key, key, StringComparison.OrdinalIgnoreCase)) is { } chosen
            ? Choose(state, dialog, chosen, effects)
            : state;
    }

    private static DialogState Move(DialogState dialog, int step)
    {
        var count = dialog.Fields.Count + dialog.Choices.Count;
        return dialog with { Focus = (dialog.Focus + step + count) % count };
    }

    private static DialogState With(DialogState dialog, DialogField field) =>
        dialog with
        {
            Fields = [.. dialog.Fields.Select((other, i) => i == dialog.Focus ? field : other)],
        };

    private static AppState Choose(AppState state, DialogState dialog, DialogChoice choice, List<Effect> effects)
    {
        // What cannot be done says why and stays.
        if (choice.Effect is ObjectEffect && dialog.Write(dialog.Inputs).Problem is not null)
        {
            return state;
        }

        return Close(
            state,
            choice.Effect is ObjectEffect action ? action with { Inputs = dialog.Inputs } : choice.Effect ?? dialog.Cancelled,
            effects,
            keepsMarks: choice.Effect is null
        );
    }

    private static AppState Close(AppState state, Effect? effect, List<Effect> effects, bool keepsMarks)
    {
        if (effect is not null)
        {
            effects.Add(effect);
        }

        return state with
        {
            Dialog = null,
            View = state.View is TableState table && !keepsMarks ? table with { Marks = [], LastMark = null } : state.View,
        };
    }
}
