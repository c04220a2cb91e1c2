using Vigia.Terminal.Screens;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Views;

/// <summary>
/// What everything looks like, by what it is. Text stays on the terminal's own background; the sixteen colours beside
/// each are chosen to be readable on both kinds.
/// </summary>
internal sealed record Theme
{
    public required Style Plain { get; init; }

    public required Style Muted { get; init; }

    public required Style Accent { get; init; }

    public required Style Title { get; init; }

    public required Style Columns { get; init; }

    public required Style Good { get; init; }

    public required Style Warning { get; init; }

    public required Style Bad { get; init; }

    public required Style Added { get; init; }

    public required Style Updated { get; init; }

    public required Style Removed { get; init; }

    public required Style Key { get; init; }

    public required Style Text { get; init; }

    public required Style Number { get; init; }

    public required Style Mark { get; init; }

    public required Colour Selection { get; init; }

    public required Colour Bar { get; init; }

    /// <summary>For terminals with a dark background.</summary>
    public static Theme Dark { get; } =
        new()
        {
            Plain = default,
            Muted = new(Colour.Of(0xa3acba, 8)),
            Accent = new(Colour.Of(0x5fd7ff, 14), default, Attributes.Bold),
            Title = new(Colour.Of(0x5fd7ff, 14), default, Attributes.Bold),
            Columns = new(Colour.Of(0xb8c0cc, 7), default, Attributes.Bold),
            Good = new(Colour.Of(0x6bd08a, 10)),
            Warning = new(Colour.Of(0xf2c14e, 11)),
            Bad = new(Colour.Of(0xff8585, 9)),
            Added = new(Colour.Of(0x6bd08a, 10), default, Attributes.Bold),
            Updated = new(Colour.Of(0x1b1f27, 0), Colour.Of(0xf2c14e, 11)),
            Removed = new(Colour.Of(0xff8585, 9), default, Attributes.Bold),
            Key = new(Colour.Of(0x8fb0ff, 12)),
            Text = new(Colour.Of(0xa9d18e, 10)),
            Number = new(Colour.Of(0xd7a3ff, 13)),
            Mark = new(Colour.Of(0xd7a3ff, 13), default, Attributes.Bold),
            Selection = Colour.Of(0x0f2f5f, 4),
            Bar = Colour.Of(0x232a36, 0),
        };

    /// <summary>For terminals with a light background.</summary>
    public static Theme Light { get; } =
        new()
        {
            Plain = default,
            Muted = new(Colour.Of(0x5a6270, 8)),
            Accent = new(Colour.Of(0x005f87, 4), default, Attributes.Bold),
            Title = new(Colour.Of(0x005f87, 4), default, Attributes.Bold),
            Columns = new(Colour.Of(0x3a414d, 0), default, Attributes.Bold),
            Good = new(Colour.Of(0x126a2b, 2)),
            Warning = new(Colour.Of(0x7a4f00, 5)),
            Bad = new(Colour.Of(0xb3201d, 1)),
            Added = new(Colour.Of(0x126a2b, 2), default, Attributes.Bold),
            Updated = new(Colour.Of(0x000000, 0), Colour.Of(0xffe08a, 11)),
            Removed = new(Colour.Of(0xb3201d, 1), default, Attributes.Bold),
            Key = new(Colour.Of(0x1a4fb5, 4)),
            Text = new(Colour.Of(0x2a6b2a, 0)),
            Number = new(Colour.Of(0x7b2fb5, 5)),
            Mark = new(Colour.Of(0x7b2fb5, 5), default, Attributes.Bold),
            Selection = Colour.Of(0xd6e8fa, 14),
            Bar = Colour.Of(0xe6e9ee, 7),
        };

    /// <summary>
    /// The line under the cursor. Which of the sixteen colours can be read on which of them a terminal's own theme
    /// decides: there it is turned round.
    /// </summary>
    public Style Selected(Style style, ColourDepth depth) =>
        depth <= ColourDepth.Sixteen ? style.With(Attributes.Reverse) : style.On(Selection);

    public Style Of(TextRole role) =>
        role switch
        {
            TextRole.Key => Key,
            TextRole.Text => Text,
            TextRole.Number or TextRole.Word => Number,
            TextRole.Comment or TextRole.Muted => Muted,
            TextRole.Heading => Title,
            TextRole.Good => Good,
            TextRole.Warning => Warning,
            TextRole.Bad => Bad,
            TextRole.Added => Added,
            TextRole.Removed => Removed,
            TextRole.Accent => Accent,
            _ => Plain,
        };
}
