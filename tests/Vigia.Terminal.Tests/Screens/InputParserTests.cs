using System.Text;
using Vigia.Terminal.Screens;

namespace Vigia.Terminal.Tests.Screens;

public sealed class InputParserTests
{
    [Theory]
    [InlineData("a", "a")]
    [InlineData("A", "A")]
    [InlineData("é", "é")]
    [InlineData("\r", "enter")]
    [InlineData("\u0004", "ctrl-d")]
    [InlineData("\u001a", "ctrl-z")]
    [InlineData("\u0000", "ctrl-space")]
    [InlineData("\u001c", "ctrl-\\")]
    [InlineData("\u007f", "backspace")]
    [InlineData("\e[A", "up")]
    [InlineData("\eOB", "down")]
    [InlineData("\e[1;2C", "shift-right")]
    [InlineData("\e[1;5D", "ctrl-left")]
    [InlineData("\e[5~", "pgup")]
    [InlineData("\e[H", "home")]
    [InlineData("\e[Z", "shift-tab")]
    [InlineData("\e[[A", "f1")]
    public void Keys_have_names(string bytes, string name) => Assert.Equal([name], Read(bytes).Select(input => input.Text));

    [Fact]
    public void An_escape_alone_is_one_when_nothing_follows()
    {
        var parser = new InputParser();
        var events = new List<InputEvent>();
        parser.Read("\e"u8, events);
        Assert.Empty(events);
        Assert.True(parser.IsPending);
        parser.Flush(events);

        Assert.Equal(["esc"], events.Select(input => input.Text));
    }

    [Fact]
    public void Sequences_may_come_byte_by_byte()
    {
        var parser = new InputParser();
        var events = new List<InputEvent>();
        foreach (var one in "\e[1;2Djü\e[200~x y\e[201~q"u8.ToArray())
        {
            parser.Read([one], events);
        }

        Assert.Equal(["shift-left", "j", "ü", "x y", "q"], events.Select(input => input.Text));
        Assert.Equal(InputKind.Paste, events[3].Kind);
    }

    [Fact]
    public void An_escape_and_a_key_close_behind_it_are_two_keys() =>
        Assert.Equal(["esc", ":", "q"], Read("\e:q").Select(input => input.Text));

    [Fact]
    public void A_pasted_text_is_no_commands()
    {
        var events = Read("\e[200~:q\r\u0004\e[201~");

        Assert.Equal([InputKind.Paste], events.Select(input => input.Kind));
    }

    [Fact]
    public void The_mouse_wheel_and_the_background_colour_are_understood()
    {
        Assert.Equal(new InputEvent(InputKind.Wheel, "down", 9, 4), Assert.Single(Read("\e[<65;10;5M")));
        Assert.Equal(new InputEvent(InputKind.Click, "left", 2, 6), Assert.Single(Read("\e[<0;3;7M")));
        Assert.Equal(new InputEvent(InputKind.Background, "light"), Assert.Single(Read("\e]11;rgb:ffff/ffff/dddd\e\\")));
        Assert.Equal(new InputEvent(InputKind.Background, "dark"), Assert.Single(Read("\e]11;rgb:1c1c/1c1c/1c1c\a")));
    }

    [Fact]
    public void Any_bytes_are_survived()
    {
        const int seed = 4711;
        var random = new Random(seed);
        var parser = new InputParser();
        var events = new List<InputEvent>();
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(1, 9)];
            random.NextBytes(bytes);
            parser.Read(bytes, events);
        }

        Assert.NotEmpty(events);
    }

    private static List<InputEvent> Read(string text)
    {
        var events = new List<InputEvent>();
        new InputParser().Read(Encoding.UTF8.GetBytes(text), events);
        return events;
    }
}
