using System.Text.Json.Nodes;

namespace Vigia.Tests;

/// <summary>Edits in <c>$EDITOR</c>, as one types them: a script is the editor.</summary>
public sealed class TopEditTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_others_manage_is_told_with_their_names_and_taken_over_when_one_says_so()
    {
        await using var fixture = await TopFixture.StartAsync();
        var editor = await fixture.ScriptAsync(
            "editor",
            $"cp \"$1\" '{fixture.Folder}/seen'\nsed -i 's/^  replicas: .*/  replicas: 9/' \"$1\"\n"
        );
        await using var top = await fixture.TopAsync($"EDITOR='{editor}'", command: "deploy");
        var name = await FirstAsync(top);
        await top.TypeAsync("e");
        await top.UntilAsync("helm: .spec.replicas");
        var screen = await top.UntilAsync("--force-conflicts");
        Assert.Contains("take over", screen, StringComparison.Ordinal);

        // The default leaves the editor; what was written is kept.
        await top.TypeAsync("Enter");
        var left = await top.ToldAsync("what you wrote is kept in ");
        Assert.DoesNotContain("9/9", left, StringComparison.Ordinal);
        await top.TypeAsync("e");
        await top.UntilAsync("helm: .spec.replicas");
        await top.TypeAsync("y");
        await top.UntilAsync("9/9");

        // The file had neither status nor managedFields, and the command at its top.
        var seen = await File.ReadAllTextAsync(Path.Combine(fixture.Folder, "seen"), Token);
        Assert.Contains(
            $"apply -n {name.Namespace} --server-side --field-manager=vigia -f {name.Name}.yaml",
            seen,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("managedFields", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("\nstatus:", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("resourceVersion", seen, StringComparison.Ordinal);

        // It was an apply by vigia, of this one field.
        var live = fixture.Server.Objects.Get("deployments", $"{name.Namespace}/{name.Name}")!;
        var mine = Assert.Single(live["metadata"]!["managedFields"]!.AsArray(), entry => (string?)entry!["manager"] == "vigia");
        Assert.Equal("Apply", (string?)mine!["operation"]);
        Assert.Equal("""{"f:spec":{"f:replicas":{}}}""", mine["fieldsV1"]!.ToJsonString());
    }

    [Fact]
    public async Task What_cannot_be_read_or_is_refused_comes_back_with_the_reason_at_the_top_and_nothing_is_lost()
    {
        await using var fixture = await TopFixture.StartAsync();

        // First broken YAML, then an object that the server refuses, then a good one: each time in the file as it was
        // left.
        var editor = await fixture.ScriptAsync(
            "editor",
            $"""
            n=$(cat '{fixture.Folder}/turn' 2>/dev/null || echo 0)
            echo $((n + 1)) > '{fixture.Folder}/turn'
            cp "$1" '{fixture.Folder}/seen'$n
            case $n in
              0) echo '  broken: [1' >> "$1";;
              1) sed -i '/broken/d; s/^  labels:/  labels:\n    -bad-: "x"/' "$1";;
              2) sed -i 's/-bad-/good/' "$1";;
            esac

            """
        );
        await using var top = await fixture.TopAsync($"EDITOR='{editor}'", command: "deploy");
        var name = await FirstAsync(top);
        await top.TypeAsync("e");
        await top.UntilAsync("is changed");
        var second = await File.ReadAllLinesAsync(Path.Combine(fixture.Folder, "seen1"), Token);
        var told = Assert.Single(second, line => line.StartsWith("# Not applied: line ", StringComparison.Ordinal));
        var line = int.Parse(told.Split(' ')[4].TrimEnd(':'), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(line, second.Length - 1, second.Length + 1);
        Assert.Contains("  broken: [1", second);
        var third = await File.ReadAllTextAsync(Path.Combine(fixture.Folder, "seen2"), Token);
        Assert.Contains("# Not applied: Deployment.apps", third, StringComparison.Ordinal);
        Assert.Contains("    -bad-: \"x\"", third, StringComparison.Ordinal);
        Assert.DoesNotContain("Not applied: line", third, StringComparison.Ordinal);
        Assert.Equal(
            "x",
            (string?)fixture.Server.Objects.Get("deployments", $"{name.Namespace}/{name.Name}")!["metadata"]!["labels"]!["good"]
        );
    }

    [Fact]
    public async Task An_unchanged_file_and_an_empty_one_change_nothing_and_an_editor_that_fails_is_told()
    {
        await using var fixture = await TopFixture.StartAsync();
        var editor = await fixture.ScriptAsync(
            "editor",
            $"n=$(cat '{fixture.Folder}/turn' 2>/dev/null || echo 0); echo $((n + 1)) > '{fixture.Folder}/turn'\ncase $n in 0) :;; 1) : > "
                + $"\"$1\";; 2) exit 3;; esac\n"
        );
        await using var top = await fixture.TopAsync($"EDITOR='{editor}'", command: "deploy");
        var name = await FirstAsync(top);
        var before = Revision(fixture.Server.Objects.Get("deployments", $"{name.Namespace}/{name.Name}")!);
        await top.TypeAsync("e");
        await top.UntilAsync("no changes");
        await top.TypeAsync("e");
        await top.UntilAsync("the file is empty");
        await top.TypeAsync("e");
        await top.ToldAsync("ended with 3: nothing was changed");
        Assert.Equal(before, Revision(fixture.Server.Objects.Get("deployments", $"{name.Namespace}/{name.Name}")!));

        // All of it is noted.
        await top.CommandAsync(":actions");
        await top.UntilAsync(
            screen =>
                screen.Split('\n').Count(text => text.Contains($"deployment {name.Namespace}/{name.Name}", StringComparison.Ordinal)) == 3,
            "three edits"
        );
    }

    private static string? Revision(JsonNode obj) => (string?)obj["metadata"]!["resourceVersion"];

    /// <summary>The first deployment in sight.</summary>
    private static async Task<(string Namespace, string Name)> FirstAsync(TopScreen top)
    {
        var words = await top.RowAsync("team-");
        return (words[0], words[1]);
    }
}
