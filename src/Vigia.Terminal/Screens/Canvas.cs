using System.Text;
using Vigia.Catalog.Rows;

namespace Vigia.Terminal.Screens;

/// <summary>What stands in one column of a line.</summary>
/// <param name="Rune">The character; 0 for the second half of a wide one.</param>
/// <param name="Joined">What joins it (accents, selectors); null for nothing.</param>
/// <param name="Style">How it looks.</param>
internal readonly record struct Glyph(int Rune, string? Joined, Style Style);

/// <summary>
/// A screen as it shall be: glyphs in lines. Views write here; <see cref="FrameWriter"/> sends what differs from the
/// last one.
/// </summary>
internal sealed class Canvas
{
    private readonly Glyph[] _glyphs;

    public Canvas(int width, int height)
    {
        (Width, Height) = (Math.Max(width, 1), Math.Max(height, 1));
        _glyphs = new Glyph[Width * Height];
        Clear();
    }

    public int Width { get; }

    public int Height { get; }

    public Glyph this[int x, int y] => _glyphs[(y * Width) + x];

    public ReadOnlySpan<Glyph> Line(int y) => _glyphs.AsSpan(y * Width, Width);

    public void Clear(Style style = default) => Array.Fill(_glyphs, new Glyph(' ', null, style));

    /// <summary>Fills a part of a line with blanks.</summary>
    public void Fill(int x, int y, int width, Style style, char rune = ' ')
    {
        if (y < 0 || y >= Height)
        {
            return;
        }

        for (var i = Math.Max(x, 0); i < Math.Min(x + width, Width); i++)
        {
            _glyphs[(y * Width) + i] = new Glyph(rune, null, style);
        }
    }

    /// <summary>
    /// Writes text at a place; what does not fit in <paramref name="width"/> columns is cut. Returns the column after
    /// it.
    /// </summary>
    public int Write(int x, int y, ReadOnlySpan<char> text, Style style, int width = int.MaxValue)
    {
        if (y < 0 || y >= Height)
        {
            return x;
        }

        var end = (int)Math.Min(Width, (long)x + width);
        var line = y * Width;
        foreach (var raw in text.EnumerateRunes())
        {
            var rune = TextWidth.Printable(raw);
            var columns = TextWidth.Of(rune);
            if (columns == 0)
            {
                Join(x, line, rune);
                continue;
            }

            if (x + columns > end)
            {
                break;
            }

            if (x >= 0)
            {
                _glyphs[line + x] = new Glyph(rune.Value, null, style);
                if (columns == 2)
                {
                    _glyphs[line + x + 1] = new Glyph(0, null, style);
                }
            }

            x += columns;
        }

        return x;
    }

    /// <summary>Changes the style of what stands in a part of a line.</summary>
    public void Restyle(int x, int y, int width, Func<Style, Style> change)
    {
        for (var i = Math.Max(x, 0); i < Math.Min(x + width, Width); i++)
        {
            ref var glyph = ref _glyphs[(y * Width) + i];
            glyph = glyph with { Style = change(glyph.Style) };
        }
    }

    /// <summary>The text without its styles, line by line, trailing blanks cut: what tests compare.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        for (var y = 0; y < Height; y++)
        {
            var line = new StringBuilder();
            foreach (var glyph in Line(y))
            {
                if (glyph.Rune != 0)
                {
                    line.Append(new Rune(glyph.Rune).ToString()).Append(glyph.Joined);
                }
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private void Join(int x, int line, Rune rune)
    {
        var at = x - 1;
        if (at >= 0 && at < Width && _glyphs[line + at].Rune == 0)
        {
            at--;
        }

        if (at >= 0 && at < Width && (_glyphs[line + at].Joined?.Length ?? 0) < 8)
        {
            _glyphs[line + at] = _glyphs[line + at] with { Joined = _glyphs[line + at].Joined + rune.ToString() };
        }
    }
}
