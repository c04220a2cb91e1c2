using Vigia.Catalog.Rows;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Views;

/// <summary>A question in a box in the middle: what will happen, what there is to fill in, and the answers.</summary>
internal static class DialogView
{
    public static void Draw(Canvas canvas, DialogState dialog, ScreenContent content)
    {
        var theme = content.Theme;
        var text = dialog.Write(dialog.Inputs);
        string[] lines = [.. text.Lines.SelectMany(line => TextWidth.Wrap(line, canvas.Width - 8, "    "))];
        string[] problem = text.Problem is { } wrong ? [.. TextWidth.Wrap(wrong, canvas.Width - 8)] : [];
        var fields = dialog.Fields.Sum(field => field.IsList ? field.Options!.Count + 1 : 1);
        var widest = lines
            .Concat(problem)
            .Append(dialog.Title)
            .Append(new string(' ', FieldsWidth(dialog)))
            .Append(string.Concat(dialog.Choices.Select(choice => $"   {choice.Key} {choice.Label}  ")))
            .Max(line => TextWidth.Of(line));
        var width = Math.Min(Math.Max(widest + 4, 36), canvas.Width - 4);

        // What is asked has its place; what is told gives way on a small screen, and so does the air.
        var asked = fields + problem.Length + 1;
        var air = canvas.Height - 2 - 2 - asked - lines.Length;
        var (above, between) = (air >= 3 ? 1 : 0, air >= 1 ? 1 : 0);
        var told = Math.Clamp(canvas.Height - 4 - asked - above - between - (fields > 0 ? between : 0), 0, lines.Length);
        var height = Math.Min(told + asked + above + between + (fields > 0 ? between : 0) + 2, canvas.Height - 2);
        var (left, top) = ((canvas.Width - width) / 2, Math.Max((canvas.Height - height) / 2, 1));
        Frame(canvas, left, top, width, height, theme);
        canvas.Write(left + 2, top, $" {TextWidth.Fit(dialog.Title, width - 6)} ", theme.Warning.With(Attributes.Bold));
        var y = top + 1 + above;
        for (var i = 0; i < told; i++)
        {
            var isCut = i == told - 1 && told < lines.Length;
            canvas.Write(
                left + 2,
                y++,
                isCut ? TextWidth.Fit(lines[i], width - 5) + "…" : lines[i],
                lines[i].StartsWith('$') || (i > 0 && lines[i].StartsWith("    ", StringComparison.Ordinal)) ? theme.Muted : theme.Plain,
                width - 4
            );
        }

        y += fields > 0 ? between : 0;
        for (var i = 0; i < dialog.Fields.Count; i++)
        {
            y = Field(canvas, left + 2, y, width - 4, dialog, dialog.Fields[i], i == dialog.Focus, theme);
        }

        foreach (var line in problem)
        {
            canvas.Write(left + 2, y++, line, theme.Bad, width - 4);
        }

        y += between;
        var x = left + 2;
        for (var i = 0; i < dialog.Choices.Count; i++)
        {
            var isFocused = dialog.Focus == dialog.Fields.Count + i;
            x =
                canvas.Write(
                    x,
                    y,
                    $" {dialog.Choices[i].Key} {dialog.Choices[i].Label} ",
                    isFocused ? theme.Plain.With(Attributes.Bold | Attributes.Reverse) : theme.Plain,
                    Math.Max(left + width - 1 - x, 0)
                ) + 2;
        }

        const string hint = "tab: next, esc: cancel";
        if (dialog.Fields.Count > 0 && x + hint.Length + 1 < left + width)
        {
            canvas.Write(left + width - hint.Length - 2, y, hint, theme.Muted);
        }
    }

    private static void Frame(Canvas canvas, int left, int top, int width, int height, Theme theme)
    {
        for (var y = top; y < top + height; y++)
        {
            canvas.Fill(left, y, width, theme.Plain);
            canvas.Write(left, y, "│", theme.Accent);
            canvas.Write(left + width - 1, y, "│", theme.Accent);
        }

        canvas.Write(left, top, "╭" + new string('─', width - 2) + "╮", theme.Accent);
        canvas.Write(left, top + height - 1, "╰" + new string('─', width - 2) + "╯", theme.Accent);
    }

    private static int FieldsWidth(DialogState dialog) =>
        dialog.Fields.Count == 0
            ? 0
            : LabelWidth(dialog)
                + 2
                + dialog.Fields.Max(field =>
                    field.Options is null ? Math.Max(field.Value.Length + 1, 8)
                    : field.IsList ? field.Options.Max(option => option.Length) + 2
                    : field.Options.Sum(option => option.Length + 3)
                );

    private static int LabelWidth(DialogState dialog) => dialog.Fields.Max(field => field.Label.Length);

    private static int Field(Canvas canvas, int left, int y, int width, DialogState dialog, DialogField field, bool isFocused, Theme theme)
    {
        var x = left + Math.Min(LabelWidth(dialog) + 2, Math.Max(width - 10, 0));
        canvas.Write(left, y, TextWidth.Fit(field.Label, x - left - 1), isFocused ? theme.Accent : theme.Plain);
        if (field.Options is not { } options)
        {
            var end = canvas.Write(x, y, field.Value, theme.Plain.With(Attributes.Bold));
            canvas.Write(end, y, " ", isFocused ? theme.Plain.With(Attributes.Reverse) : theme.Plain.With(Attributes.Underline));
            return y + 1;
        }

        foreach (var option in options)
        {
            var isChosen = option == field.Value;
            y += field.IsList ? 1 : 0;
            var style = isChosen
                ? isFocused
                    ? theme.Plain.With(Attributes.Bold | Attributes.Reverse)
                    : theme.Plain.With(Attributes.Bold | Attributes.Underline)
                : theme.Muted;
            var at = canvas.Write(
                field.IsList ? left : x,
                y,
                field.IsList
                    ? isChosen
                        ? "› "
                        : "  "
                    : "",
                theme.Accent
            );
            x = canvas.Write(at, y, $" {option} ", style, Math.Max(left + width - at, 0)) + 1;
        }

        return y + 1;
    }
}
