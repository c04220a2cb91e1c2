using System.Globalization;
using Vigia.Testing;

namespace Vigia.Tests;

/// <summary><c>vigia top</c> in a terminal: a tmux server of its own that types keys and shows the screen.</summary>
internal sealed class TopScreen : IAsyncDisposable
{
    private static int _number;

    private readonly string _tmux;
    private readonly string _socket;

    private TopScreen(string tmux, string socket) => (_tmux, _socket) = (tmux, socket);

    /// <summary>Starts it; <paramref name="environment"/> is put in front of the command, as <c>EDITOR=x</c>.</summary>
    public static async Task<TopScreen> StartAsync(int width, int height, string environment, params string[] arguments)
    {
        var screen = new TopScreen(Tools.Require("tmux", "tmux"), $"vigia-{Environment.ProcessId}-{Interlocked.Increment(ref _number)}");

        // What the terminal is like afterwards is part of the test: a shell tells and waits.
        var command =
            $"{environment} {VigiaProcess.ShellCommand} top {string.Join(' ', arguments.Select(argument => $"'{argument}'"))}; echo "
            + $"\"ended with $?\"; stty -a | grep -o -- '-\\?icanon'; exec sleep 1000";
        await screen.TmuxAsync(
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            width.ToString(CultureInfo.InvariantCulture),
            "-y",
            height.ToString(CultureInfo.InvariantCulture),
            command
        );
        return screen;
    }

    /// <summary>Types keys, by tmux's names.</summary>
    public async Task TypeAsync(params string[] keys)
    {
        foreach (var key in keys)
        {
            await TmuxAsync(["send-keys", key]);
        }
    }

    /// <summary>Types a text and Enter.</summary>
    public async Task CommandAsync(string text)
    {
        await TmuxAsync("send-keys", "-l", text);
        await TmuxAsync("send-keys", "Enter");
    }

    /// <summary>Sends characters as they are.</summary>
    public Task LiteralAsync(string text) => TmuxAsync("send-keys", "-l", text);

    public Task ResizeAsync(int width, int height) =>
        TmuxAsync("resize-window", "-x", width.ToString(CultureInfo.InvariantCulture), "-y", height.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// Waits until the screen is so; returns it. What is returned may be a frame half written: read values out of
    /// <see cref="SettledAsync"/>.
    /// </summary>
    public Task<string> UntilAsync(Func<string, bool> condition, string what) => WaitAsync(condition, what);

    /// <summary>Waits until a text is on the screen.</summary>
    public Task<string> UntilAsync(string text) =>
        UntilAsync(screen => screen.Contains(text, StringComparison.Ordinal), $"'{text}' on the screen");

    /// <summary>Waits until a message is on the screen, which may be broken over lines.</summary>
    public Task<string> ToldAsync(string text)
    {
        static string Flat(string text) => new([.. text.Where(c => !char.IsWhiteSpace(c))]);
        return UntilAsync(screen => Flat(screen).Contains(Flat(text), StringComparison.Ordinal), $"'{text}' on the screen");
    }

    /// <summary>
    /// Waits until the screen is so and stands still, two looks in succession; returns it. tmux reads a frame in pieces
    /// and shows what it has of it, and rows come after the title: one look may see the old rows under the new title.
    /// </summary>
    public Task<string> SettledAsync(Func<string, bool> condition, string what)
    {
        var before = "";
        return WaitAsync(
            screen =>
            {
                var isStill = screen == before;
                before = screen;
                return isStill && condition(screen);
            },
            what + ", standing still"
        );
    }

    /// <summary>
    /// Waits until the cursor is on a row with a text and the screen stands still; returns the row's words.
    /// </summary>
    public async Task<string[]> RowAsync(string text)
    {
        bool IsIt(string line) => line.StartsWith('›') && line.Contains(text, StringComparison.Ordinal);
        var screen = await SettledAsync(all => all.Split('\n').Any(IsIt), $"'{text}' under the cursor");
        return screen.Split('\n').First(IsIt)[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private async Task<string> ShowAsync() => (await Tools.RunAsync(_tmux, "-L", _socket, "capture-pane", "-p")).Output;

    private async Task<string> WaitAsync(Func<string, bool> condition, string what)
    {
        var last = "";
        try
        {
            await Eventually.TrueAsync(async () => condition(last = await ShowAsync()), what, TimeSpan.FromSeconds(40));
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"{error.Message}; on the screen:\n{last}", error);
        }

        return last;
    }

    /// <summary>The process of vigia itself.</summary>
    public async Task<string> ProcessAsync()
    {
        var shell = (await Tools.RunAsync(_tmux, "-L", _socket, "display-message", "-p", "#{pane_pid}")).Output.Trim();
        return (await Tools.RunAsync("pgrep", "-P", shell)).Output.Split('\n')[0].Trim();
    }

    public async ValueTask DisposeAsync() => await Tools.RunAsync(_tmux, "-L", _socket, "kill-server");

    private async Task TmuxAsync(params string[] arguments)
    {
        var (code, _, error) = await Tools.RunAsync(_tmux, ["-L", _socket, .. arguments]);
        Assert.True(code == 0, $"tmux {string.Join(' ', arguments)}: {error}");
    }
}
