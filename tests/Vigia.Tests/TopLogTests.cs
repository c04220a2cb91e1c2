using System.Text.RegularExpressions;

namespace Vigia.Tests;

/// <summary>Logs, as one reads them in a terminal.</summary>
public sealed partial class TopLogTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Logs_of_all_pods_of_a_workload_are_followed_filtered_timed_chosen_from_and_saved()
    {
        await using var fixture = await TopFixture.StartAsync();
        var work = Directory.CreateDirectory(Path.Combine(fixture.Folder, "work")).FullName;
        await using var top = await fixture.TopAsync($"cd '{work}';", command: ["deploy", "team-catalog"]);
        await top.RowAsync("catalog-");
        await top.TypeAsync("l");
        await top.UntilAsync(
            screen =>
                Title(screen).Contains("following", StringComparison.Ordinal)
                && Title(screen).Contains("last 500 lines, 3 pods, 3 containers", StringComparison.Ordinal),
            "the title"
        );

        // Every pod and container has its lines, and new ones come by themselves.
        var before = await top.UntilAsync(
            screen =>
                Sources(screen).Select(source => source.Split('/')[0]).Distinct().Count() >= 2
                && Sources(screen).Any(source => source.EndsWith("/proxy", StringComparison.Ordinal)),
            "lines of two pods and of the proxy"
        );
        await top.UntilAsync(screen => Body(screen)[^1] != Body(before)[^1], "another last line");

        // Standing still, no line moves.
        await top.TypeAsync("s");
        await top.UntilAsync(screen => !Title(screen).Contains("following", StringComparison.Ordinal), "it stands still");
        await top.SettledAsync(screen => Body(screen).Length > 20, "a screen of lines");
        await top.TypeAsync("s");
        await top.UntilAsync(screen => Title(screen).Contains("following", StringComparison.Ordinal), "it follows");

        // Timestamps on and off.
        await top.TypeAsync("t");
        await top.UntilAsync(screen => Body(screen).All(line => Clock().IsMatch(line)), "a time in front of every line");
        await top.TypeAsync("t");
        await top.UntilAsync(screen => Body(screen).All(line => !Clock().IsMatch(line)), "no time");

        // One container after the other; its name moves from the lines to the title.
        await top.TypeAsync("Tab");
        await top.UntilAsync(
            screen =>
                Title(screen).Contains("container main,", StringComparison.Ordinal)
                && Body(screen) is { Length: > 5 } lines
                && lines.All(line => !line.Contains("/proxy ", StringComparison.Ordinal)),
            "main alone"
        );
        await top.TypeAsync("Tab");
        await top.UntilAsync(screen => Title(screen).Contains("container proxy,", StringComparison.Ordinal), "proxy alone");
        await top.TypeAsync("a");
        await top.UntilAsync(screen => Title(screen).Contains("3 containers", StringComparison.Ordinal), "all of them");

        // A filter holds for what has come and for what comes; it is shown in the title.
        await top.TypeAsync("/");
        await top.CommandAsync("GET !metrics");
        await top.UntilAsync(
            screen =>
                Title(screen).Contains("/GET !metrics", StringComparison.Ordinal)
                && Body(screen) is { Length: > 5 } lines
                && lines.All(line =>
                    line.Contains("GET", StringComparison.Ordinal) && !line.Contains("/metrics", StringComparison.Ordinal)
                ),
            "what matches alone"
        );
        await top.TypeAsync("C-s");
        var said = await top.UntilAsync("saved ");
        var file = Saved().Match(said).Groups[1].Value;
        Assert.Equal(work, Path.GetDirectoryName(file));
        var saved = await File.ReadAllLinesAsync(file, Token);
        Assert.True(saved.Length > 5);
        Assert.All(saved, line => Assert.Contains("GET", line, StringComparison.Ordinal));
        await top.TypeAsync("Escape");
        await top.UntilAsync(screen => Body(screen).Any(line => !line.Contains("GET", StringComparison.Ordinal)), "all lines again");

        // Wrapped: a line goes on below itself. Since: the last minute has no older lines.
        await top.ResizeAsync(80, 30);
        await top.TypeAsync("w");
        await top.UntilAsync(
            screen =>
                Title(screen).Contains("wrapped", StringComparison.Ordinal)
                && Body(screen).Any(line => line.StartsWith("   ", StringComparison.Ordinal)),
            "wrapped lines"
        );
        await top.TypeAsync("2");
        await top.UntilAsync(screen => Title(screen).Contains("last 60s", StringComparison.Ordinal), "since a minute");
        await top.TypeAsync("C");
        await top.UntilAsync(screen => Body(screen).Length < 15, "cleared");
        await top.TypeAsync("Escape");
        await top.RowAsync("catalog-");
    }

    [Fact]
    public async Task Logs_of_before_the_last_restart_are_a_key_away()
    {
        await using var fixture = await TopFixture.StartAsync(pods: 60);
        await fixture.Server.Objects.CreateAsync(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: again, namespace: default}\nspec: {nodeName: node-05, containers: [{name: main, "
                + "image: app}]}\n",
            Token
        );
        await fixture.Server.Objects.WaitForAsync(
            "pods",
            "again",
            pod => (bool?)pod["status"]?["containerStatuses"]?[0]?["ready"] == true,
            cancellationToken: Token
        );
        await fixture.Server.Objects.PatchAsync(
            "pods",
            "again",
            """{"status":{"containerStatuses":[{"name":"main","ready":true,"restartCount":1,"image":"app","imageID":"","started":true"""
                + ""","state":{"running":{"startedAt":"2026-01-02T10:00:00Z"}},"lastState":{"terminated":{"exitCode":137"""
                + ""","reason":"OOMKilled","startedAt":"2026-01-02T09:00:00Z","finishedAt":"2026-01-02T09:59:00Z"}}}]}}""",
            "status",
            Token
        );
        await using var top = await fixture.TopAsync(command: ["po", "default"]);
        await top.RowAsync("again");
        await top.TypeAsync("p");
        await top.UntilAsync(screen => Title(screen).Contains("previous", StringComparison.Ordinal), "the title");
        await top.UntilAsync(
            screen => Body(screen).Any(line => line.Contains("2026-01-02 09:5", StringComparison.Ordinal)),
            "the last lines of the run before"
        );
        await top.TypeAsync("p");
        await top.UntilAsync(screen => !Title(screen).Contains("previous", StringComparison.Ordinal), "those of this run");

        // A pod that goes says so in its place.
        await fixture.Server.Objects.DeleteAsync("pods", "again", Token);
        await top.UntilAsync("the pod is gone");
    }

    private static string Title(string screen) =>
        screen.Split('\n').FirstOrDefault(line => line.Contains("logs of ", StringComparison.Ordinal)) ?? "";

    /// <summary>The lines between title and last line.</summary>
    private static string[] Body(string screen) =>
        [
            .. screen
                .Split('\n')
                .SkipWhile(line => !line.Contains("logs of ", StringComparison.Ordinal))
                .Skip(1)
                .TakeWhile(line =>
                    !line.Contains(" : command", StringComparison.Ordinal) && !line.StartsWith(" saved", StringComparison.Ordinal)
                )
                .Where(line => line.Trim().Length > 0),
        ];

    private static IEnumerable<string> Sources(string screen) =>
        Body(screen).Select(line => line.Trim().Split(' ')[0]).Where(word => word.Contains('/', StringComparison.Ordinal));

    [GeneratedRegex(@"^ \d\d:\d\d:\d\d\.\d{3} ")]
    private static partial Regex Clock();

    [GeneratedRegex(@"saved (/\S+)")]
    private static partial Regex Saved();
}
