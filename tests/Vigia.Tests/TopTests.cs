using System.Text.RegularExpressions;
using Vigia.Simulator;

namespace Vigia.Tests;

/// <summary>The terminal UI as one uses it: keys typed into a real terminal, screens read back.</summary>
public sealed partial class TopTests : IAsyncLifetime
{
    private TopFixture _fixture = null!;

    private VigiaSimulator Server => _fixture.Server;

    private string Kubeconfig => _fixture.Kubeconfig;

    public async ValueTask InitializeAsync() => _fixture = await TopFixture.StartAsync();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_session_from_start_to_quit()
    {
        await using var top = await StartAsync();
        await top.UntilAsync("pods in all namespaces [");
        await top.UntilAsync("● live");

        // Filter: terms with a space between them, one of them excluded.
        await top.TypeAsync("/");
        await top.CommandAsync("kube-proxy !node-01");
        await top.UntilAsync(
            screen => screen.Contains("[11 of ", StringComparison.Ordinal) && !screen.Contains("log-agent", StringComparison.Ordinal),
            "eleven of twelve proxies"
        );
        await top.TypeAsync("Escape");

        // Namespace, by command and by number.
        await top.CommandAsync(":ns monitoring");
        await top.UntilAsync("pods in monitoring [");
        await top.TypeAsync("0");
        await top.UntilAsync("pods in all namespaces [");

        // Describe and YAML of a workload.
        await top.CommandAsync(":deploy");
        await RowAsync(top, "UP-TO-DATE");
        await top.TypeAsync("d");
        await top.UntilAsync("StrategyType:");
        await top.TypeAsync("Escape");
        await RowAsync(top, "UP-TO-DATE");
        await top.TypeAsync("y");
        await top.UntilAsync("apiVersion: apps/v1");
        await top.TypeAsync("Escape");

        // Its pods, and back.
        await RowAsync(top, "UP-TO-DATE");
        await top.TypeAsync("Enter");
        await RowAsync(top, "pods of deployment ");
        await top.TypeAsync("l");
        await top.UntilAsync("logs of pod ");
        await top.TypeAsync("Escape");
        await RowAsync(top, "pods of deployment ");
        await top.TypeAsync("[");
        await RowAsync(top, "UP-TO-DATE");

        // Scale, with the question and the command that does the same.
        await top.TypeAsync("s");
        await top.UntilAsync("--replicas=");
        await top.TypeAsync("BSpace", "BSpace", "7", "Enter");
        await top.UntilAsync("7/7");

        // Delete: no is the default, yes deletes.
        await top.CommandAsync(":po monitoring");
        var first = SelectedName(await RowAsync(top, "pods in monitoring ["))!;
        await top.TypeAsync("C-d");
        await top.UntilAsync($"delete pods/{first}");
        await top.TypeAsync("Enter");
        await top.SettledAsync(
            screen => !screen.Contains("y yes", StringComparison.Ordinal) && SelectedName(screen) == first,
            "the question is gone and the pod is not"
        );
        await top.TypeAsync("C-d");
        await top.UntilAsync($"delete pods/{first}");
        await top.TypeAsync("y");
        await top.SettledAsync(screen => !screen.Contains("y yes", StringComparison.Ordinal), "the question is answered");
        await top.SettledAsync(
            screen =>
                !screen
                    .Split('\n')
                    .Any(line => line.Contains(first, StringComparison.Ordinal) && line.Contains("Running", StringComparison.Ordinal)),
            $"{first} is gone"
        );

        // Another context: rights on some kinds and not on others; then both in one table.
        await top.CommandAsync(":ctx limited");
        await top.UntilAsync("vigia limited");
        await top.CommandAsync(":secrets");
        await top.UntilAsync("▲ denied");
        await top.CommandAsync(":ctx admin limited");
        await top.UntilAsync("CLUSTER");

        await top.CommandAsync(":q");
        await top.UntilAsync("ended with 0");
        await top.UntilAsync(
            screen => screen.Contains("icanon", StringComparison.Ordinal) && !screen.Contains("-icanon", StringComparison.Ordinal),
            "the terminal reads lines again"
        );
    }

    [Fact]
    public async Task What_was_loaded_stays_while_the_network_is_away_and_comes_back_by_itself()
    {
        await using var top = await StartAsync();
        await top.UntilAsync("● live");
        await Server.Faults.GoDarkAsync();
        await top.UntilAsync("▲ stale");
        await top.UntilAsync(
            screen => screen.Contains("next try in", StringComparison.Ordinal) && screen.Contains("kube-proxy-", StringComparison.Ordinal),
            "when it is tried again, above what was loaded"
        );
        await Server.Faults.ComeBackAsync();
        await top.UntilAsync("● live");
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    public async Task The_terminal_is_given_back_on_signals(string signal)
    {
        await using var top = await StartAsync();
        await top.UntilAsync("● live");
        await Tools.RunAsync("kill", "-" + signal, await top.ProcessAsync());
        await top.UntilAsync(
            screen =>
                screen.Contains("ended with", StringComparison.Ordinal)
                && screen.Contains("icanon", StringComparison.Ordinal)
                && !screen.Contains("-icanon", StringComparison.Ordinal),
            "the terminal is as it was"
        );
    }

    [Theory]
    [InlineData("screen")]
    [InlineData("thread")]
    public async Task The_terminal_is_given_back_on_a_crash(string where)
    {
        await using var top = await StartAsync($"VIGIA_TOP_CRASH={where} DOTNET_DbgEnableMiniDump=0");
        await top.UntilAsync("● live");
        await top.TypeAsync("F12");
        await top.UntilAsync(
            screen =>
                screen.Contains("crashed on purpose", StringComparison.Ordinal)
                && screen.Contains("ended with", StringComparison.Ordinal)
                && !screen.Contains("ended with 0", StringComparison.Ordinal)
                && screen.Contains("icanon", StringComparison.Ordinal)
                && !screen.Contains("-icanon", StringComparison.Ordinal)
                && !screen.Contains("● live", StringComparison.Ordinal),
            "what happened, on a terminal that is as it was"
        );
    }

    [Fact]
    public async Task What_goes_wrong_beside_the_drawing_is_said_on_the_screen()
    {
        await using var top = await StartAsync("VIGIA_TOP_CRASH=task");
        await top.UntilAsync("● live");
        await top.TypeAsync("F12");
        await top.UntilAsync(
            screen =>
                screen.Contains("crashed on purpose, in a task", StringComparison.Ordinal)
                && screen.Contains("● live", StringComparison.Ordinal),
            "the message, and the table above it"
        );
    }

    [Fact]
    public async Task It_stops_and_goes_on_and_follows_the_size()
    {
        await using var top = await StartAsync();
        await top.UntilAsync("● live");
        var process = await top.ProcessAsync();
        await Tools.RunAsync("kill", "-TSTP", process);
        await top.UntilAsync(screen => !screen.Contains("● live", StringComparison.Ordinal), "the screen is given back");
        await Tools.RunAsync("kill", "-CONT", process);
        await top.UntilAsync("● live");
        await top.ResizeAsync(60, 15);
        await top.UntilAsync(
            screen => screen.Split('\n').Length <= 16 && screen.Contains("● live", StringComparison.Ordinal),
            "it fits 60×15"
        );
        await top.TypeAsync("G");
        await top.UntilAsync("team-");
    }

    [Fact]
    public async Task Columns_and_words_are_kubectls()
    {
        var kubectl = Tools.Require("kubectl", "kubernetes-client");
        await using var top = await StartAsync();
        await top.UntilAsync("● live");
        foreach (
            var resource in new[]
            {
                "pods",
                "deployments",
                "services",
                "nodes",
                "statefulsets",
                "daemonsets",
                "jobs",
                "cronjobs",
                "persistentvolumeclaims",
            }
        )
        {
            await top.CommandAsync(":" + resource);
            var screen = await top.SettledAsync(
                text =>
                    (
                        text.Contains(resource + " in all namespaces [", StringComparison.Ordinal)
                        || text.Contains(resource + " [", StringComparison.Ordinal)
                    )
                    && !text.Contains("loading…", StringComparison.Ordinal)
                    && text.Contains("● live", StringComparison.Ordinal)
                    && (SelectedName(text) is not null || text.Contains("no " + resource, StringComparison.Ordinal)),
                resource + " loaded"
            );
            var (_, output, _) = await Tools.RunAsync(kubectl, "--kubeconfig", Kubeconfig, "get", resource, "-A");
            if (output.Length == 0)
            {
                Assert.Contains("no " + resource, screen, StringComparison.Ordinal);
                continue;
            }

            var expected = Words(output.Split('\n')[0]);
            var lines = screen.Split('\n');
            var names = lines.First(line =>
                line.Contains("NAME", StringComparison.Ordinal) && line.Contains("AGE", StringComparison.Ordinal)
            );
            Assert.Equal(expected, Words(names.Replace("↑", "", StringComparison.Ordinal)));

            // Every row in sight stands in kubectl's table too; ages go on between the two, wherever their column is.
            var known = output
                .Split('\n')
                .Select(line => string.Join(' ', Words(Ages().Replace(line, "~"))))
                .ToHashSet(StringComparer.Ordinal);
            var shown = lines
                .SkipWhile(line => line != names)
                .Skip(1)
                .Where(line => line.Length > 2 && line[0] is '›' or ' ' && !line.Contains(": command", StringComparison.Ordinal))
                .Select(line => Words(Ages().Replace(line.TrimStart('›').Replace("▐", "", StringComparison.Ordinal), "~")))
                .Where(words => words.Length > 2)
                .ToArray();
            Assert.NotEmpty(shown);
            Assert.All(shown, words => Assert.Contains(string.Join(' ', words), known));
        }
    }

    /// <summary>
    /// Waits for a table that is loaded and has a row under the cursor: keys that are about an object do nothing before
    /// that.
    /// </summary>
    private static Task<string> RowAsync(TopScreen top, string title) =>
        top.SettledAsync(
            screen =>
                screen.Contains(title, StringComparison.Ordinal)
                && screen.Contains("● live", StringComparison.Ordinal)
                && SelectedName(screen) is not null,
            $"a row under the cursor, '{title}' above it"
        );

    /// <summary>The first cell of the row under the cursor; null where there is none.</summary>
    private static string? SelectedName(string screen) =>
        screen.Split('\n').FirstOrDefault(line => line.StartsWith('›')) is { } line && Words(line) is { Length: > 3 } words
            ? words[1]
            : null;

    [GeneratedRegex(@"(?<![\w.-])(\d+[smhdy])+(?![\w.-])")]
    private static partial Regex Ages();

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private Task<TopScreen> StartAsync(string environment = "", params string[] command) =>
        TopScreen.StartAsync(150, 40, $"XDG_CONFIG_HOME='{_fixture.Folder}' {environment}", [.. command, "--kubeconfig", Kubeconfig]);
}
