using System.Globalization;
using Vigia.Catalog;
using Vigia.Catalog.Rows;
using Vigia.Terminal.Overview;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Views;

/// <summary>
/// The overview: kinds with counts, faults and rates; what is not well and why; warnings as they come.
/// </summary>
internal static class PulseView
{
    private const string Bars = " ▁▂▃▄▅▆▇█";

    public static void Draw(Canvas canvas, int top, int height, PulseState pulse, ScreenContent content)
    {
        var theme = content.Theme;
        var kinds = content.Pulse.Kinds;
        var wide = canvas.Width >= 100;
        var left = wide ? canvas.Width / 2 : canvas.Width;
        canvas.Write(2, top, "KIND", theme.Columns);
        canvas.Write(26, top, "TOTAL", theme.Columns);
        canvas.Write(34, top, "FAULTS", theme.Columns);
        canvas.Write(42, top, "CHANGES/S", theme.Columns);
        var kindRows = wide ? height - 1 : Math.Min(kinds.Count, Math.Max((height - 3) / 2, 3));
        var first = Math.Clamp(pulse.Cursor - kindRows + 1, 0, Math.Max(kinds.Count - kindRows, 0));
        for (var i = 0; i < kindRows && first + i < kinds.Count; i++)
        {
            DrawKind(canvas, top + 1 + i, left, kinds[first + i], first + i == pulse.Cursor, content);
        }

        if (wide)
        {
            var half = Math.Min(content.Pulse.Causes.Count + 2, Math.Max(height / 2, 3));
            DrawCauses(canvas, left + 1, top, half, content);
            DrawWarnings(canvas, left + 1, top + half, height - half, content);
        }
        else
        {
            var y = top + kindRows + 1;
            var rest = Math.Max(top + height - y, 0);
            var half = Math.Min(content.Pulse.Causes.Count + 1, Math.Max(rest / 2, 1));
            DrawCauses(canvas, 1, y, half, content);
            DrawWarnings(canvas, 1, y + half, rest - half, content);
        }
    }

    private static void DrawKind(Canvas canvas, int y, int width, KindMeasurements kind, bool isSelected, ScreenContent content)
    {
        var theme = content.Theme;
        Style Of(Style style) => isSelected ? theme.Selected(style, content.Depth) : style;
        if (isSelected)
        {
            canvas.Fill(0, y, width, Of(theme.Plain));
        }

        canvas.Write(2, y, TextWidth.Fit(kind.Name, 22), Of(theme.Plain));
        Right(canvas, 31, y, kind.Total.ToString("N0", CultureInfo.InvariantCulture), Of(theme.Plain));
        Right(canvas, 40, y, kind.Faults.ToString("N0", CultureInfo.InvariantCulture), Of(kind.Faults > 0 ? theme.Bad : theme.Muted));
        var now = kind.Rates.Count > 0 ? kind.Rates[^1] : 0;
        Right(canvas, 47, y, now.ToString("0.0", CultureInfo.InvariantCulture), Of(theme.Plain));
        var room = Math.Max(width - 50, 0);
        if (kind.Trouble is { } trouble)
        {
            canvas.Write(
                49,
                y,
                TextWidth.Fit(trouble, room),
                Of(
                    trouble.StartsWith("denied", StringComparison.Ordinal) || trouble.StartsWith("the server", StringComparison.Ordinal)
                        ? theme.Muted
                        : theme.Warning
                ),
                room
            );
            return;
        }

        var most = Math.Max(kind.Rates.DefaultIfEmpty(0).Max(), 1);
        var line = string.Concat(
            kind.Rates.TakeLast(room).Select(rate => Bars[rate <= 0 ? 0 : Math.Clamp((int)Math.Ceiling(rate / most * 8), 1, 8)])
        );
        canvas.Write(49, y, line, Of(theme.Accent), room);
    }

    private static void DrawCauses(Canvas canvas, int x, int y, int height, ScreenContent content)
    {
        var theme = content.Theme;
        canvas.Write(x + 1, y, "NOT WELL", theme.Columns);
        for (var i = 0; i < height - 1 && i < content.Pulse.Causes.Count; i++)
        {
            var cause = content.Pulse.Causes[i];
            var at = canvas.Write(
                x + 1,
                y + 1 + i,
                TextWidth.Fit(cause.Object, Math.Max((canvas.Width - x) / 2, 10)),
                cause.IsBad ? theme.Bad : theme.Warning
            );
            canvas.Write(at + 1, y + 1 + i, TextWidth.Fit(cause.Cause, Math.Max(canvas.Width - at - 2, 0)), theme.Plain);
        }

        if (content.Pulse.Causes.Count == 0 && height > 1)
        {
            canvas.Write(x + 1, y + 1, "nothing", theme.Good);
        }
    }

    private static void DrawWarnings(Canvas canvas, int x, int y, int height, ScreenContent content)
    {
        var theme = content.Theme;
        if (height <= 0)
        {
            return;
        }

        canvas.Write(x + 1, y, "WARNINGS", theme.Columns);
        for (var i = 0; i < height - 1 && i < content.Pulse.Warnings.Count; i++)
        {
            var warning = content.Pulse.Warnings[i];
            var at = canvas.Write(x + 1, y + 1 + i, HumanDuration.Age(warning.Time, content.Now).PadRight(6), theme.Muted);
            at = canvas.Write(
                at,
                y + 1 + i,
                warning.Count > 1 ? $"{warning.Reason} x{warning.Count} " : warning.Reason + " ",
                theme.Warning
            );
            canvas.Write(
                at,
                y + 1 + i,
                TextWidth.Fit($"{warning.Object}: {warning.Message}", Math.Max(canvas.Width - at - 1, 0)),
                theme.Plain
            );
        }
    }

    private static void Right(Canvas canvas, int end, int y, string text, Style style) => canvas.Write(end - text.Length, y, text, style);
}
