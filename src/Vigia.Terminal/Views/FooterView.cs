using Vigia.Catalog.Rows;
using Vigia.Terminal.Commands;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Reducers;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Views;

/// <summary>The last line: what is being typed, else a message, else what keys there are.</summary>
internal static class FooterView
{
    public static void Draw(Canvas canvas, AppState state, ScreenContent content)
    {
        var y = canvas.Height - 1;
        if (state.Prompt is { } prompt)
        {
            DrawPrompt(canvas, y, prompt, content);
        }
        else if (state.Toast is { } toast && toast.Until > content.Now)
        {
            DrawToast(canvas, y, toast, content.Theme);
        }
        else
        {
            DrawHints(canvas, y, state, content.Theme, content.Reducing.Keys);
        }
    }

    /// <summary>A long message goes up over the body: what is to be known of a failure is not cut.</summary>
    private static void DrawToast(Canvas canvas, int y, Toast toast, Theme theme)
    {
        var lines = TextWidth.Wrap(toast.Text.ReplaceLineEndings(" "), canvas.Width - 2).ToArray();
        var shown = Math.Min(lines.Length, Math.Max(canvas.Height / 3, 1));
        for (var i = 0; i < shown; i++)
        {
            var line = i == shown - 1 && shown < lines.Length ? TextWidth.Fit(lines[i] + " …", canvas.Width - 2) : lines[i];
            canvas.Fill(0, y - shown + 1 + i, canvas.Width, theme.Plain);
            canvas.Write(1, y - shown + 1 + i, line, toast.IsError ? theme.Bad : theme.Good);
        }
    }

    private static void DrawPrompt(Canvas canvas, int y, PromptState prompt, ScreenContent content)
    {
        var theme = content.Theme;
        var x = canvas.Write(0, y, prompt.Kind == PromptKind.Command ? ":" : "/", theme.Accent);

        // A long text scrolls so that the caret is in sight.
        var before = prompt.Text[..prompt.Caret];
        var skip = Math.Max(before.Length - (canvas.Width - 12), 0);
        x = canvas.Write(x, y, before.AsSpan(skip), theme.Plain.With(Attributes.Bold));
        var caret = prompt.Caret < prompt.Text.Length ? prompt.Text[prompt.Caret].ToString() : " ";
        var ghost =
            prompt.Kind == PromptKind.Command && prompt.Caret == prompt.Text.Length
                ? Completion.Of(prompt.Text, content.Reducing)?[prompt.Text.Length..]
                : null;
        x = canvas.Write(x, y, ghost is { Length: > 0 } ? ghost.AsSpan(0, 1) : caret, theme.Plain.With(Attributes.Reverse));
        if (ghost is { Length: > 1 })
        {
            x = canvas.Write(x, y, ghost.AsSpan(1), theme.Muted);
        }
        else if (prompt.Caret < prompt.Text.Length)
        {
            x = canvas.Write(x, y, prompt.Text.AsSpan(prompt.Caret + 1), theme.Plain.With(Attributes.Bold));
        }

        x += 3;
        var help = prompt.Kind switch
        {
            PromptKind.Command => string.Join("  ", Completion.Candidates(prompt.Text, content.Reducing).Skip(1).Take(8)),
            PromptKind.Filter => "terms all apply · !not · -l labels · -f fuzzy",
            _ => "",
        };
        canvas.Write(x, y, TextWidth.Fit(help, Math.Max(canvas.Width - x - 1, 0)), theme.Muted);
    }

    private static void DrawHints(Canvas canvas, int y, AppState state, Theme theme, KeyTable keys)
    {
        var scope = Reducer.ScopeOf(state.View);
        var kind = (state.View as TableState)?.Entry.KnownKind;
        var x = 1;
        var hints = keys
            .All.Where(binding => binding.Hint > 0 && (binding.Scope & scope) != 0 && binding.AppliesTo(kind))
            .OrderByDescending(binding => binding.Hint);
        foreach (var hint in hints)
        {
            var key = KeyBinding.Show(hint.Keys[0]);
            var text = Short(hint);
            if (x + key.Length + text.Length + 1 >= canvas.Width)
            {
                break;
            }

            x = canvas.Write(x, y, key, theme.Accent);
            x = canvas.Write(x, y, " " + text, theme.Muted) + 2;
        }
    }

    private static string Short(KeyBinding hint) =>
        hint.Action switch
        {
            UiAction.Help => "help",
            UiAction.Open => "open",
            UiAction.Faults => "faults",
            UiAction.ToggleFollow => "follow",
            UiAction.Container => "container",
            UiAction.PreviousLogs => "previous",
            _ => hint.Text.Split(' ', ',', ':', ';')[0],
        };
}
