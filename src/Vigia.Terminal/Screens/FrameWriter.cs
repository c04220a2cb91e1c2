using System.Buffers;
using System.Globalization;
using System.Text;
using Vigia.Catalog.Rows;

namespace Vigia.Terminal.Screens;

/// <summary>
/// Turns the difference between two canvases into the bytes that make the one out of the other: one write a frame.
/// </summary>
internal static class FrameWriter
{
    /// <summary>
    /// Writes the difference; everything where <paramref name="before"/> is null or has another size. Returns false
    /// where nothing differs.
    /// </summary>
    public static bool Write(Canvas? before, Canvas after, ColourDepth depth, IBufferWriter<byte> output)
    {
        if (before is not null && (before.Width != after.Width || before.Height != after.Height))
        {
            before = null;
        }

        var pen = new Pen(output, depth);
        for (var y = 0; y < after.Height; y++)
        {
            var old = before is null ? default : before.Line(y);
            var line = after.Line(y);
            if (before is not null && old.SequenceEqual(line))
            {
                continue;
            }

            WriteLine(ref pen, y, old, line);
        }

        pen.Finish(before is null);
        return pen.Wrote;
    }

    private static void WriteLine(ref Pen pen, int y, ReadOnlySpan<Glyph> old, ReadOnlySpan<Glyph> line)
    {
        for (var x = 0; x < line.Length; x++)
        {
            if (!old.IsEmpty && old[x] == line[x])
            {
                continue;
            }

            // The second half of a wide glyph is drawn by its first.
            if (line[x].Rune == 0 && x > 0)
            {
                if (old.IsEmpty || old[x - 1] != line[x - 1])
                {
                    continue;
                }

                pen.Put(x - 1, y, line[x - 1]);
                continue;
            }

            pen.Put(x, y, line[x]);
        }
    }

    private ref struct Pen(IBufferWriter<byte> output, ColourDepth depth)
    {
        private int _x = -1;
        private int _y = -1;
        private Style _style;
        private bool _styled;

        public bool Wrote { get; private set; }

        public void Put(int x, int y, Glyph glyph)
        {
            if (!Wrote)
            {
                // Synchronised output: a terminal that knows it shows the frame at once, others ignore it.
                Text("\e[?2026h\e[0m");
                (Wrote, _styled) = (true, false);
            }

            if (x != _x || y != _y)
            {
                Text(string.Create(CultureInfo.InvariantCulture, $"\e[{y + 1};{x + 1}H"));
            }

            if (!_styled || glyph.Style != _style)
            {
                Sgr(glyph.Style);
                (_style, _styled) = (glyph.Style, true);
            }

            Span<byte> utf8 = stackalloc byte[4];
            var rune = new Rune(glyph.Rune == 0 ? ' ' : glyph.Rune);
            output.Write(utf8[..rune.EncodeToUtf8(utf8)]);
            if (glyph.Joined is { } joined)
            {
                Text(joined);
            }

            (_x, _y) = (x + Math.Max(TextWidth.Of(rune), 1), y);
        }

        public readonly void Finish(bool whole)
        {
            if (Wrote)
            {
                Text(whole ? "\e[0m\e[?25l\e[?2026l" : "\e[0m\e[?2026l");
            }
        }

        private readonly void Sgr(Style style)
        {
            var text = new StringBuilder("\e[0");
            foreach (
                var (attribute, code) in new[]
                {
                    (Attributes.Bold, ";1"),
                    (Attributes.Dim, ";2"),
                    (Attributes.Italic, ";3"),
                    (Attributes.Underline, ";4"),
                    (Attributes.Reverse, ";7"),
                }
            )
            {
                if (style.Attributes.HasFlag(attribute))
                {
                    text.Append(code);
                }
            }

            Colours(text, style.Fore, 30, 90, "38");
            Colours(text, style.Back, 40, 100, "48");
            Text(text.Append('m').ToString());
        }

        private readonly void Colours(StringBuilder text, Colour colour, int normal, int bright, string extended)
        {
            if (!colour.IsSet || depth == ColourDepth.None)
            {
                return;
            }

            _ = depth switch
            {
                ColourDepth.True => text.Append(CultureInfo.InvariantCulture, $";{extended};2;{colour.Red};{colour.Green};{colour.Blue}"),
                ColourDepth.Cube => text.Append(CultureInfo.InvariantCulture, $";{extended};5;{colour.CubeIndex}"),
                _ => text.Append(
                    CultureInfo.InvariantCulture,
                    $";{(colour.Nearest < 8 ? normal + colour.Nearest : bright + colour.Nearest - 8)}"
                ),
            };
        }

        private readonly void Text(string text)
        {
            var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
            output.Advance(Encoding.UTF8.GetBytes(text, span));
        }
    }
}
