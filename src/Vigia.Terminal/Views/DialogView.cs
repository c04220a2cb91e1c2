using Vigia.Terminal.Screens;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Views;

/// <summary>A question in a box in the middle.</summary>
internal static class DialogView
{
    public static void Draw(Canvas canvas, DialogState dialog, ScreenContent content)
    {
        var theme = content.Theme;
        var lines = dialog.Lines.SelectMany(line => Wrap(line, canvas.Width - 8)).ToArray();
        var width = Math.Min(Math.Max(lines.Append(dialog.Title).Max(line => TextWidth.Of(line)) + 4, 36), canvas.Width - 4);
        var height = Math.Min(lines.Length + 6, canvas.Height - 2);
        var (left, top) = ((canvas.Width - width) / 2, Math.Max((canvas.Height - height) / 2, 1));
        var frame = theme.Accent;
        for (var y = top; y < top + height; y++)
        {
            canvas.Fill(left, y, width, theme.Plain);
            canvas.Write(left, y, "│", frame);
            canvas.Write(left + width - 1, y, "│", frame);
        }

        canvas.Write(left, top, "╭" + new string('─', width - 2) + "╮", frame);
        canvas.Write(left, top + height - 1, "╰" + new string('─', width - 2) + "╯", frame);
        canvas.Write(left + 2, top, $" {TextWidth.Fit(dialog.Title, width - 6)} ", theme.Warning.With(Attributes.Bold));
        for (var i = 0; i < lines.Length && i < height - 5; i++)
        {
            canvas.Write(left + 2, top + 2 + i, lines[i], lines[i].StartsWith('$') || i > 0 && lines[i].StartsWith("    ", StringComparison.Ordinal) ? theme.Muted : theme.Plain, width - 4);
        }

        var buttons = top + height - 2;
        if (dialog.Input is { } input)
        {
            var x = canvas.Write(left + 2, buttons, dialog.Label, theme.Plain);
            x = canvas.Write(x, buttons, input, theme.Plain.With(Attributes.Bold));
            x = canvas.Write(x, buttons, " ", theme.Plain.With(Attributes.Reverse));
            canvas.Write(x + 2, buttons, "enter does it, esc does not", theme.Muted, left + width - x - 4);
            return;
        }

        var on = theme.Plain.With(Attributes.Bold | Attributes.Reverse);
        var at = canvas.Write(left + 2, buttons, " y yes ", dialog.IsYes ? on : theme.Plain) + 2;
        canvas.Write(at, buttons, " n no ", dialog.IsYes ? theme.Plain : on);
    }

    private static IEnumerable<string> Wrap(string line, int width)
    {
        while (line.Length > width)
        {
            var at = line.LastIndexOf(' ', width - 1);
            at = at < width / 3 ? width : at;
            yield return line[..at];
            line = "    " + line[at..].TrimStart();
        }

        yield return line;
    }
}
