using System.Collections.Concurrent;
using System.Text;
using Vigia.Kubernetes.Configuration;
using Vigia.Simulator;
using Vigia.Terminal.Screens;
using Vigia.Testing;

namespace Vigia.Terminal.Tests;

/// <summary>The program around the reducer, on a terminal that is none.</summary>
public sealed class TerminalAppTests
{
    [Fact]
    public async Task The_terminal_is_given_back_when_drawing_fails()
    {
        await using var server = await VigiaSimulator.StartAsync();
        using var terminal = new FakeTerminal { FailsAfter = 3 };
        await using var app = Make(terminal, server);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => app.RunAsync(TestContext.Current.CancellationToken));

        Assert.Equal("the terminal broke", error.Message);
        Assert.False(terminal.IsEntered);
    }

    [Fact]
    public async Task A_token_that_ends_quits_and_nothing_is_drawn_after()
    {
        await using var server = await VigiaSimulator.StartAsync();
        using var terminal = new FakeTerminal();
        using var stopping = new CancellationTokenSource();
        await using (var app = Make(terminal, server))
        {
            var running = app.RunAsync(stopping.Token);
            await Eventually.TrueAsync(() => terminal.Text.Contains("no pods here", StringComparison.Ordinal), "an empty cluster says so");
            await stopping.CancelAsync();
            await running;
        }

        Assert.False(terminal.IsEntered);
        var written = terminal.Written;
        await Eventually.TrueAsync(() => server.Faults.OpenWatches == 0, "every watch is closed");
        Assert.Equal(written, terminal.Written);
    }

    [Fact]
    public async Task A_key_is_on_the_screen_while_the_network_hangs()
    {
        await using var server = await VigiaSimulator.StartAsync();
        var hang = server.Faults.Hang();
        using var terminal = new FakeTerminal();
        using var stopping = new CancellationTokenSource();
        await using var app = Make(terminal, server);
        var running = app.RunAsync(stopping.Token);
        await Eventually.TrueAsync(() => terminal.Text.Contains("loading", StringComparison.Ordinal), "it says that it loads");
        terminal.Type("?");
        await Eventually.TrueAsync(() => terminal.Text.Contains("GENERAL", StringComparison.Ordinal), "the help page");
        await stopping.CancelAsync();
        await running;
        server.Faults.Remove(hang.Id);
    }

    private static TerminalApp Make(FakeTerminal terminal, VigiaSimulator server)
        => new(terminal, new TopOptions { Clusters = [server.Configuration()], AllContexts = ["simulator"], Resolve = _ => throw new KubeconfigException("none"), Depth = ColourDepth.None }, TimeProvider.System);

    private sealed class FakeTerminal : ITerminal
    {
        private readonly ConcurrentQueue<string> _written = new();
        private Action<InputEvent>? _onInput;

        // Another width at each frame has every frame written whole.
        private int _sizes;

        public int FailsAfter { get; init; } = int.MaxValue;

        public bool IsEntered { get; private set; }

        public int Written => _written.Count;

        public string Text => string.Concat(_written);

        public (int Width, int Height) Size => Interlocked.Increment(ref _sizes) > FailsAfter ? throw new InvalidOperationException("the terminal broke") : (80 + (_sizes % 2), 24);

        public void Enter() => IsEntered = true;

        public void Leave() => IsEntered = false;

        public void Write(ReadOnlySpan<byte> bytes) => _written.Enqueue(Encoding.UTF8.GetString(bytes));

        public void StartReading(Action<InputEvent> onInput) => _onInput = onInput;

        public void Type(string key) => _onInput!(InputEvent.Key(key));

        public void PassThrough(Action<ReadOnlyMemory<byte>>? onBytes)
        {
        }

        public void Suspend()
        {
        }

        public void Dispose()
        {
        }
    }
}
