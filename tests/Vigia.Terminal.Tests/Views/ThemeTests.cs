using Vigia.Terminal.Screens;
using Vigia.Terminal.Views;

namespace Vigia.Terminal.Tests.Views;

/// <summary>Whether one can read it: contrasts by WCAG 2.1, of which 4.5 is enough for text.</summary>
public sealed class ThemeTests
{
    private const double Enough = 4.5;

    [Theory]
    [InlineData(true, 0xFFFFFF)]
    [InlineData(true, 0xFDF6E3)]
    [InlineData(false, 0x000000)]
    [InlineData(false, 0x1E1E1E)]
    public void Text_is_readable_on_the_terminal_the_bar_and_the_line_under_the_cursor(bool light, int background)
    {
        var theme = light ? Theme.Light : Theme.Dark;
        var plain = light ? 0x202020 : 0xD0D0D0;
        foreach (var (name, style) in Styles(theme))
        {
            var fore = style.Fore.IsSet ? Rgb(style.Fore) : plain;
            foreach (var (place, back) in new[] { ("terminal", background), ("bar", Rgb(theme.Bar)), ("cursor", Rgb(theme.Selection)) })
            {
                var on = style.Back.IsSet ? Rgb(style.Back) : back;
                Assert.True(Contrast(fore, on) >= Enough, $"{name} on the {place}: {Contrast(fore, on):0.0}");
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_colours_of_the_cube_are_as_readable(bool light)
    {
        var theme = light ? Theme.Light : Theme.Dark;
        foreach (var (name, style) in Styles(theme).Where(style => style.Style.Fore.IsSet))
        {
            foreach (var back in new[] { light ? 0xFFFFFF : 0, Cube(theme.Bar), Cube(theme.Selection) })
            {
                var on = style.Back.IsSet ? Cube(style.Back) : back;
                Assert.True(Contrast(Cube(style.Fore), on) >= 4, $"{name} on {on:x6}: {Contrast(Cube(style.Fore), on):0.0}");
            }
        }
    }

    [Fact]
    public void On_a_light_terminal_none_of_the_sixteen_is_yellow_or_white() =>
        Assert.DoesNotContain(Styles(Theme.Light), style => style.Style.Fore.IsSet && style.Style.Fore.Nearest is 3 or 7 or 11 or 15);

    private static IEnumerable<(string Name, Style Style)> Styles(Theme theme) =>
        typeof(Theme)
            .GetProperties()
            .Where(property => property.PropertyType == typeof(Style))
            .Select(property => (property.Name, (Style)property.GetValue(theme)!));

    private static int Rgb(Colour colour) => (colour.Red << 16) | (colour.Green << 8) | colour.Blue;

    private static int Cube(Colour colour)
    {
        var index = colour.CubeIndex;
        if (index >= 232)
        {
            return (8 + (10 * (index - 232))) * 0x010101;
        }

        index -= 16;
        return (Level(index / 36) << 16) | (Level(index / 6 % 6) << 8) | Level(index % 6);
    }

    private static int Level(int step) => step == 0 ? 0 : 55 + (40 * step);

    private static double Contrast(int one, int other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(int rgb) => (0.2126 * Part(rgb >> 16)) + (0.7152 * Part(rgb >> 8)) + (0.0722 * Part(rgb));

    private static double Part(int value)
    {
        var part = (value & 255) / 255.0;
        return part <= 0.03928 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4);
    }
}
