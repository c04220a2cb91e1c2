using System.Text.Json;
using Vigia.Kubernetes;
using Vigia.Simulator;
using Vigia.Terminal.App;
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

    /// <summary>The number in the title: <c>pods in all namespaces [10,000]</c>.</summary>
    private static int Count(string screen) =>
        System.Text.RegularExpressions.Regex.Match(
            System.Text.RegularExpressions.Regex.Replace(screen, @"\x1b\[[0-9;?]*[A-Za-z]", ""),
            @"namespaces \[([0-9,]+)\]"
        )
            is { Success: true } title
            ? int.Parse(
                title.Groups[1].Value,
                System.Globalization.NumberStyles.AllowThousands,
                System.Globalization.CultureInfo.InvariantCulture
            )
            : 0;

    /// <summary>
    /// The promise is 5 ms on a machine to itself (docs/terminal.md has the figures); one that builds and tests beside
    /// it is given twenty times that, of the median.
    /// </summary>
    [Fact]
    public async Task A_key_of_a_search_over_10_000_pods_has_its_rows_at_once()
    {
        await using var server = await VigiaSimulator.StartAsync();
        await using (
            var cluster = new SimulatedCluster(
                server.Store,
                new SimulatedClusterOptions
                {
                    Pods = 10_000,
                    Rate = 0,
                    Seed = 5,
                }
            )
        )
        {
            cluster.Seed();
        }

        var file = Path.GetTempFileName();
        try
        {
            using var terminal = new FakeTerminal();
            using var stopping = new CancellationTokenSource();
            await using (var app = Make(terminal, server, file))
            {
                var running = app.RunAsync(stopping.Token);
                await Eventually.TrueAsync(
                    () => terminal.Last.Contains("● live", StringComparison.Ordinal) && Count(terminal.Last) >= 9_900,
                    "all pods",
                    TimeSpan.FromMinutes(1)
                );
                terminal.Type("/");
                await Eventually.TrueAsync(() => terminal.Last.Contains("filter", StringComparison.Ordinal), "the prompt");
                var typed = "";
                foreach (var key in "worker !team-3 -1")
                {
                    typed += key;
                    terminal.Type(key == ' ' ? "space" : key.ToString());
                    await Eventually.TrueAsync(
                        () => terminal.Last.Contains(typed.TrimEnd(), StringComparison.Ordinal),
                        $"'{typed}' on the screen"
                    );
                }

                await stopping.CancelAsync();
                await running;
            }

            using var figures = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
            Assert.True(figures.RootElement.GetProperty("rows").GetInt32() >= 9_900, figures.RootElement.ToString());
            Assert.True(figures.RootElement.GetProperty("searches").GetInt32() >= 15, figures.RootElement.ToString());
            Assert.InRange(figures.RootElement.GetProperty("searchMsP50").GetDouble(), 0, 100);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static TerminalApp Make(FakeTerminal terminal, VigiaSimulator server, string? figures = null) =>
        new(
            terminal,
            new TopOptions
            {
                Measurements = figures,
                Clusters = [server.Configuration()],
                AllContexts = ["simulator"],
                Resolve = _ => throw new KubeconfigException("none"),
                Depth = ColourDepth.None,
            },
            TimeProvider.System
        );
}
