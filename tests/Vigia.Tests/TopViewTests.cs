namespace Vigia.Tests;

/// <summary>
/// Views of objects, jumps between them, commands and their history, small screens and the mouse: typed into a
/// terminal.
/// </summary>
public sealed class TopViewTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Yaml_is_searched_and_unfolded_and_changes_name_who_made_them()
    {
        await using var fixture = await TopFixture.StartAsync();
        await using var top = await fixture.TopAsync(command: ["deploy", "team-catalog"]);
        var name = (await top.RowAsync("catalog-"))[0];
        await top.TypeAsync("y");
        await top.UntilAsync("managedFields folded");
        await top.TypeAsync("/");
        await top.CommandAsync("REPLICAS:");
        await top.UntilAsync(
            screen =>
                screen.Contains("/REPLICAS: (", StringComparison.Ordinal) && screen.Contains("  replicas: ", StringComparison.Ordinal),
            "the first match and how many there are"
        );
        var first = await top.SettledAsync(_ => true, "a screen");
        await top.TypeAsync("n");
        await top.UntilAsync(screen => screen != first, "the next match");
        await top.TypeAsync("Escape", "m");
        await top.UntilAsync(screen => !screen.Contains("managedFields folded", StringComparison.Ordinal), "unfolded");
        await top.TypeAsync("/");
        await top.CommandAsync("manager: helm");
        await top.UntilAsync("manager: helm");
        await top.TypeAsync("Escape", "Escape");
        await top.RowAsync(name);

        await top.TypeAsync("v");
        await top.UntilAsync("changes of deployment");
        fixture.Server.Objects.Manager = "flux";
        await fixture.Server.Objects.PatchAsync(
            "deployments",
            "team-catalog/" + name,
            """{"metadata":{"labels":{"wave":"7"}}}""",
            cancellationToken: Token
        );
        await top.UntilAsync(
            screen => screen.Contains("flux", StringComparison.Ordinal) && screen.Contains("wave", StringComparison.Ordinal),
            "who changed what"
        );
    }

    [Fact]
    public async Task Owners_users_and_trees_lead_from_object_to_object_and_the_history_back()
    {
        await using var fixture = await TopFixture.StartAsync();
        await using var top = await fixture.TopAsync(command: ["deploy", "team-catalog"]);
        var name = (await top.RowAsync("catalog-"))[0];

        // Down the tree to a pod, and up again by its owner.
        await top.TypeAsync("t");
        await top.UntilAsync("ReplicaSet " + name);
        await top.TypeAsync("j", "j");
        await top.UntilAsync(screen => screen.Contains($"├─ Pod {name}-", StringComparison.Ordinal), "its pods");
        await top.TypeAsync("Enter");
        var pod = (await top.RowAsync(name + "-"))[0];
        await top.UntilAsync("pods in team-catalog [");
        await top.TypeAsync("J");
        await top.UntilAsync("replicasets in team-catalog [");
        await top.RowAsync(name + "-");
        await top.TypeAsync("J");
        await top.UntilAsync("deployments in team-catalog [");
        await top.RowAsync(name);

        // Back, forth, and between the last two.
        await top.TypeAsync("[");
        await top.UntilAsync("replicasets in team-catalog [");
        await top.TypeAsync("[");
        await top.UntilAsync("pods in team-catalog [");
        await top.RowAsync(pod);
        await top.TypeAsync("]");
        await top.UntilAsync("replicasets in team-catalog [");
        await top.TypeAsync("-");
        await top.UntilAsync("deployments in team-catalog [");

        // Who uses a configuration.
        await top.CommandAsync(":cm /" + name);
        await top.RowAsync(name);
        await top.TypeAsync("u");
        await top.UntilAsync("users of configmap team-catalog/" + name);
        await top.RowAsync(name + "-");
    }

    [Fact]
    public async Task Commands_are_completed_and_have_other_names_and_keys_of_ones_own()
    {
        await using var fixture = await TopFixture.StartAsync();
        Directory.CreateDirectory(Path.Combine(fixture.Folder, "vigia"));
        await File.WriteAllTextAsync(
            Path.Combine(fixture.Folder, "vigia", "top.yaml"),
            "aliases: {cat: deploy team-catalog}\nkeys: {f5: ':svc team-search'}\nmouse: true\n",
            Token
        );
        await using var top = await fixture.TopAsync();
        await top.RowAsync("kube-proxy");
        await top.TypeAsync(":", "d", "e", "p");
        await top.UntilAsync(
            screen => screen.Split('\n').Any(line => line.StartsWith(":deploy", StringComparison.Ordinal)),
            "how it may go on"
        );
        await top.TypeAsync("Tab", "Space", "t", "e", "a", "m", "-", "s");
        await top.UntilAsync(
            screen => screen.Split('\n').Any(line => line.StartsWith(':') && line.Contains("team-search", StringComparison.Ordinal)),
            "the namespaces are known"
        );
        await top.TypeAsync("Tab", "Enter");
        await top.UntilAsync("deployments in team-search [");
        foreach (
            var (typed, shown) in new[]
            {
                ("po", "pods in"),
                ("svc", "services in"),
                ("no", "nodes ["),
                ("sts", "statefulsets in"),
                ("cat", "deployments in team-catalog ["),
                ("pvc", "persistentvolumeclaims in"),
            }
        )
        {
            await top.CommandAsync(":" + typed);
            await top.UntilAsync(shown);
        }

        await top.TypeAsync("F5");
        await top.UntilAsync("services in team-search [");
        await top.CommandAsync(":nonsense");
        await top.UntilAsync("unknown resource 'nonsense'");
        await top.TypeAsync("?");
        await top.UntilAsync("GENERAL");
        await top.TypeAsync("/");
        await top.CommandAsync("f5");
        await top.UntilAsync(
            screen =>
                screen
                    .Split('\n')
                    .Any(line =>
                        line.Contains("  f5 ", StringComparison.Ordinal) && line.Contains(":svc team-search", StringComparison.Ordinal)
                    ),
            "the own key on the help page"
        );

        // A click chooses a row, the wheel goes on (SGR mouse reports, as a terminal sends them).
        await top.CommandAsync(":po");
        await top.UntilAsync("pods in team-search [");
        await top.CommandAsync(":po all");
        await top.RowAsync("kube-proxy");
        await top.LiteralAsync("\e[<0;10;8M\e[<0;10;8m");
        await top.UntilAsync(screen => screen.Split('\n')[7].StartsWith('›'), "the row that was clicked");
        await top.LiteralAsync("\e[<65;10;8M");
        await top.UntilAsync(screen => screen.Split('\n')[10].StartsWith('›'), "three rows further");
    }

    [Fact]
    public async Task Everything_fits_60_by_15_and_follows_the_size()
    {
        await using var fixture = await TopFixture.StartAsync();
        await using var top = await fixture.TopAsync(width: 60, height: 15);
        await top.RowAsync("kube-proxy");
        await Fits("RESTARTS");
        foreach (
            var (keys, shown) in new (string[], string)[]
            {
                (["d"], "Namespace:"),
                (["y"], "apiVersion"),
                (["v"], "changes of"),
                (["l"], "logs of"),
                (["t"], "tree of"),
                (["?"], "GENERAL"),
                (["C-o"], "CHANGES"),
                (["C-a"], "deployments"),
            }
        )
        {
            await top.TypeAsync(keys);
            await Fits(shown);

            // Another size and back, in each.
            await top.ResizeAsync(110, 30);
            await top.UntilAsync(screen => screen.Split('\n')[0].TrimEnd().Length == 109, "the header across 110 columns");
            await top.ResizeAsync(60, 15);
            await Fits(shown);
            await top.TypeAsync("Escape");
            await top.RowAsync("kube-proxy");
        }

        // Questions too: all there is to fill in, and the answers.
        await top.TypeAsync("C-d");
        await Fits("force (do not wait for the kubelet)");
        await Fits("y yes");
        await top.TypeAsync("Escape");
        await top.CommandAsync(":no");
        await top.RowAsync("node-01");
        await top.TypeAsync("r");
        await Fits("delete emptyDir data");
        await Fits("ignore DaemonSet pods");
        await Fits("y yes");

        Task<string> Fits(string text) =>
            top.SettledAsync(
                screen =>
                    screen.Contains(text, StringComparison.Ordinal)
                    && screen.TrimEnd('\n').Split('\n') is { Length: <= 15 } lines
                    && lines.All(line => line.Length <= 60)
                    && lines[0].TrimEnd().Length is 58 or 59,
                $"'{text}' within 60×15"
            );
    }

    [Fact]
    public async Task Several_contexts_stand_in_one_table_with_their_names()
    {
        await using var fixture = await TopFixture.StartAsync();
        await using var top = await fixture.TopAsync(command: ["ns", "--context", "admin"]);
        await top.RowAsync("default");
        await top.CommandAsync(":ctx");
        await top.UntilAsync(
            screen => screen.Contains("● admin", StringComparison.Ordinal) && screen.Contains("limited", StringComparison.Ordinal),
            "the contexts there are"
        );
        await top.CommandAsync(":ctx admin simulator");
        await top.UntilAsync("CLUSTER");
        await top.CommandAsync(":ns");
        await top.UntilAsync(
            screen =>
                screen
                    .Split('\n')
                    .Count(line =>
                        line.Contains(" kube-system ", StringComparison.Ordinal) && line[..14].Contains("admin", StringComparison.Ordinal)
                    ) == 1
                && screen
                    .Split('\n')
                    .Count(line =>
                        line.Contains(" kube-system ", StringComparison.Ordinal)
                        && line[..14].Contains("simulator", StringComparison.Ordinal)
                    ) == 1,
            "one of each"
        );
        await top.CommandAsync(":ctx nowhere");
        await top.UntilAsync("there is no context 'nowhere'; there are ");
    }
}
