namespace Vigia.Terminal.Screens;

/// <summary>What came from the keyboard and what else a terminal tells.</summary>
internal enum InputKind
{
    /// <summary>A key, by its name: <c>a</c>, <c>A</c>, <c>ctrl-d</c>, <c>enter</c>, <c>shift-left</c>.</summary>
    Key,

    /// <summary>A text that was pasted, whole.</summary>
    Paste,

    /// <summary>The left button, at a place.</summary>
    Click,

    /// <summary>The wheel: <c>up</c> or <c>down</c>.</summary>
    Wheel,

    /// <summary>The terminal's background colour: <c>dark</c> or <c>light</c>.</summary>
    Background,

    /// <summary>The terminal is gone.</summary>
    HangUp,
}

/// <summary>One thing that a terminal told.</summary>
/// <param name="Kind">What.</param>
/// <param name="Text">The key's name, the pasted text, the wheel's direction.</param>
/// <param name="X">For the mouse: the column, from 0.</param>
/// <param name="Y">For the mouse: the line, from 0.</param>
internal readonly record struct InputEvent(InputKind Kind, string Text, int X = 0, int Y = 0)
{
    public static InputEvent Key(string name) => new(InputKind.Key, name);
}
