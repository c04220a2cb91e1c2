using System.Buffers;
using System.Text;
using Vigia.Catalog.Rows;
using Vigia.Terminal.Screens;

namespace Vigia.Terminal.Tests.Screens;

public sealed class FrameWriterTests
{
    private static readonly Style Red = new(Colour.Of(0xff6b6b, 9));

    [Fact]
    public void Nothing_is_written_where_nothing_differs()
    {
        var output = new ArrayBufferWriter<byte>();

        Assert.False(FrameWriter.Write(Make("one"), Make("one"), ColourDepth.True, output));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Only_what_differs_is_written()
    {
        var text = Write(Make("hello world"), Make("hello wurld"), ColourDepth.None);

        Assert.Equal("\e[?2026h\e[0m\e[1;8H\e[0mu\e[0m\e[?2026l", text);
    }

    [Theory]
    [InlineData(3, "\e[0;38;2;255;107;107m")]
    [InlineData(2, "\e[0;38;5;203m")]
    [InlineData(1, "\e[0;91m")]
    [InlineData(0, "\e[0m")]
    public void Colours_are_as_many_as_the_terminal_has(int depth, string expected)
    {
        var canvas = new Canvas(5, 1);
        canvas.Write(0, 0, "x", Red);

        Assert.Contains(expected + "x", Write(null, canvas, (ColourDepth)depth));
    }

    [Fact]
    public void A_wide_character_takes_two_columns_and_is_redrawn_whole()
    {
        var before = Make("日本x");
        Assert.Equal("日本x\n", before.ToText());
        Assert.Equal('x', before[4, 0].Rune);

        // One of its halves is overwritten: the other must not be left on the screen.
        var text = Write(before, Make("日ab x"), ColourDepth.None);
        Assert.Contains("ab x", text);
    }

    [Fact]
    public void Accents_join_and_control_characters_never_reach_the_terminal()
    {
        var canvas = new Canvas(10, 1);
        canvas.Write(0, 0, "e\u0301\e[2J\u202Ez", default);

        Assert.Equal("e\u0301?[2J?z\n", canvas.ToText());
        Assert.DoesNotContain("\e[2J", Write(null, canvas, ColourDepth.None));
    }

    [Fact]
    public void What_does_not_fit_is_cut_and_marked()
    {
        Assert.Equal("abc…", TextWidth.Fit("abcdef", 4));
        Assert.Equal("日…", TextWidth.Fit("日本語", 4));
        Assert.Equal("", TextWidth.Fit("x", 0));
        Assert.Equal(4, TextWidth.Of("日本"));
    }

    private static Canvas Make(string text)
    {
        var canvas = new Canvas(20, 1);
        canvas.Write(0, 0, text, default);
        return canvas;
    }

    private static string Write(Canvas? before, Canvas after, ColourDepth depth)
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.Write(before, after, depth, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
