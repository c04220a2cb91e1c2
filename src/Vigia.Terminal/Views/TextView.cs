using Vigia.Catalog.Rows;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Views;

/// <summary>A text: the lines in sight, matches of a search marked.</summary>
internal static class TextView
{
    public static void Draw(Canvas canvas, int top, int height, TextState text, ScreenContent content)
    {
        var document = content.Document;
        if (document.Lines.Count == 0)
        {
            canvas.Write(2, top + 1, document.Note ?? "nothing yet", content.Theme.Muted);
            return;
        }

        var choices = document.HasChoices;
        var y = top;

        // What follows its end is drawn from the end: wrapped lines must not push it out of sight.
        var first = text.Top;
        if (text.Follows && text.Wraps)
        {
            first = FirstForEnd(document, canvas.Width - 2, height);
        }

        for (var i = first; i < document.Lines.Count && y < top + height; i++)
        {
            y = DrawLine(canvas, y, top + height, document.Lines[i], text, choices && i == text.Cursor, content);
        }
    }

    private static int FirstForEnd(TextDocument document, int width, int height)
    {
        var lines = 0;
        for (var i = document.Lines.Count - 1; i >= 0; i--)
        {
            lines += Math.Max((TextWidth.Of(document.Lines[i].Plain) + width - 1) / width, 1);
            if (lines > height)
            {
                return i + 1;
            }
        }

        return 0;
    }

    private static int DrawLine(Canvas canvas, int y, int end, TextLine line, TextState text, bool isSelected, ScreenContent content)
    {
        var theme = content.Theme;
        if (isSelected)
        {
            canvas.Fill(0, y, canvas.Width, theme.Selected(theme.Plain, content.Depth));
        }

        var x = 1 - text.Left;
        Span<char> one = stackalloc char[2];
        foreach (var span in line.Spans)
        {
            var style = theme.Of(span.Role);
            style = isSelected ? theme.Selected(style, content.Depth) : style;
            if (!text.Wraps)
            {
                x = canvas.Write(x, y, span.Text, style);
                continue;
            }

            foreach (var rune in span.Text.EnumerateRunes())
            {
                if (x + TextWidth.Of(rune) > canvas.Width - 1)
                {
                    (x, y) = (3, y + 1);
                    if (y >= end)
                    {
                        return y;
                    }
                }

                x = canvas.Write(x, y, one[..rune.EncodeToUtf16(one)], style);
            }
        }

        if (text.Search.Length > 0 && !text.Wraps)
        {
            Mark(canvas, y, line.Plain, text, theme, content.Depth);
        }

        return y + 1;
    }

    private static void Mark(Canvas canvas, int y, string plain, TextState text, Theme theme, ColourDepth depth)
    {
        for (
            var at = plain.IndexOf(text.Search, StringComparison.OrdinalIgnoreCase);
            at >= 0;
            at = plain.IndexOf(text.Search, at + text.Search.Length, StringComparison.OrdinalIgnoreCase)
        )
        {
            canvas.Restyle(
                1 - text.Left + TextWidth.Of(plain.AsSpan(0, at)),
                y,
                TextWidth.Of(text.Search),
                style => depth == ColourDepth.None ? style.With(Attributes.Reverse) : theme.Updated
            );
        }
    }
}
