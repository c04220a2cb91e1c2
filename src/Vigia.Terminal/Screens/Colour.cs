namespace Vigia.Terminal.Screens;

/// <summary>How many colours a terminal shows.</summary>
internal enum ColourDepth
{
    /// <summary>None: bold, dim, underline and reverse say it all (<c>NO_COLOR</c>).</summary>
    None,

    /// <summary>The sixteen that the terminal's own theme decides about.</summary>
    Sixteen,

    /// <summary>The xterm cube.</summary>
    Cube,

    /// <summary>24 bits.</summary>
    True,
}

/// <summary>
/// A colour: the terminal's own (default), or red, green and blue with the nearest of the sixteen beside it, chosen by
/// hand.
/// </summary>
internal readonly record struct Colour(bool IsSet, byte Red, byte Green, byte Blue, byte Nearest)
{
    /// <summary>Whatever the terminal uses.</summary>
    public static Colour Default => default;

    /// <summary>Reads <c>#rrggbb</c>.</summary>
    public static Colour Of(int rgb, byte nearest) => new(true, (byte)(rgb >> 16), (byte)(rgb >> 8), (byte)rgb, nearest);

    /// <summary>Its index in the xterm cube (16 to 231) or grey ramp (232 to 255).</summary>
    public int CubeIndex
    {
        get
        {
            if (Math.Abs(Red - Green) < 10 && Math.Abs(Green - Blue) < 10)
            {
                return Red < 8 ? 16
                    : Red > 246 ? 231
                    : 232 + Math.Min((Red - 8) / 10, 23);
            }

            return 16 + (36 * Level(Red)) + (6 * Level(Green)) + Level(Blue);
        }
    }

    // The cube's levels are 0, 95, 135, 175, 215, 255.
    private static int Level(byte value) =>
        value < 48 ? 0
        : value < 115 ? 1
        : (value - 35) / 40;
}

/// <summary>What a glyph looks like beside its colours.</summary>
[Flags]
internal enum Attributes : byte
{
    /// <summary>Plain.</summary>
    None = 0,

    /// <summary>Bold.</summary>
    Bold = 1,

    /// <summary>Dim.</summary>
    Dim = 2,

    /// <summary>Underlined.</summary>
    Underline = 4,

    /// <summary>Foreground and background exchanged.</summary>
    Reverse = 8,

    /// <summary>Slanted.</summary>
    Italic = 16,
}

/// <summary>Colours and attributes of a glyph.</summary>
internal readonly record struct Style(Colour Fore, Colour Back = default, Attributes Attributes = Attributes.None)
{
    /// <summary>The same with more attributes.</summary>
    public Style With(Attributes more) => this with { Attributes = Attributes | more };

    /// <summary>The same on another background.</summary>
    public Style On(Colour back) => this with { Back = back };
}
