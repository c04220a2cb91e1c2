namespace Vigia.Terminal.Screens;

/// <summary>What the environment says about the terminal.</summary>
internal static class TerminalEnvironment
{
    /// <summary>Why this terminal cannot be drawn on, in a sentence with the next step; null where it can.</summary>
    public static string? Unusable(Func<string, string?> variable, bool isTerminal) =>
        !isTerminal ? "standard input and output are no terminal; for output to a pipe use 'vigia watch'"
        : variable("TERM") is null or "" or "dumb"
            ? "TERM is unset or 'dumb': a terminal that can only print lines cannot show screens; set TERM (as TERM=xterm-256color), or "
                + "use 'vigia watch'"
        : null;

    /// <summary>
    /// How many colours to use: none where <c>NO_COLOR</c> is set, else by <c>COLORTERM</c> and <c>TERM</c>.
    /// </summary>
    public static ColourDepth Depth(Func<string, string?> variable)
    {
        var term = variable("TERM") ?? "";
        return variable("NO_COLOR") is { Length: > 0 } ? ColourDepth.None
            : variable("COLORTERM") is "truecolor" or "24bit" || term.Contains("direct", StringComparison.Ordinal) ? ColourDepth.True
            : term.Contains("256color", StringComparison.Ordinal)
            || term.Contains("kitty", StringComparison.Ordinal)
            || term.Contains("alacritty", StringComparison.Ordinal)
                ? ColourDepth.Cube
            : term.EndsWith("-mono", StringComparison.Ordinal) || term is "vt100" or "vt220" ? ColourDepth.None
            : ColourDepth.Sixteen;
    }

    /// <summary>Light or dark where <c>COLORFGBG</c> tells (rxvt, Konsole); null where it does not.</summary>
    public static bool? IsLight(Func<string, string?> variable) =>
        variable("COLORFGBG")?.Split(';')[^1] is { Length: > 0 } back && int.TryParse(back, out var index)
            ? index is 7 or >= 9 and <= 15
            : null;
}
