using Vigia.Kubernetes;
using Vigia.Simulator;

namespace Vigia.Tests;

/// <summary>
/// Every error scenario of a live view, on the screen: what it says, that what was loaded stays and is marked, that it
/// is well again by itself.
/// </summary>
public sealed class TopFaultTests : IAsyncLifetime
{
    private static readonly GroupVersionResource PodsResource = new("", "v1", "pods");

    private TopFixture _fixture = null!;

    private VigiaSimulator Server => _fixture.Server;

    private string Kubeconfig => _fixture.Kubeconfig;

    public async ValueTask InitializeAsync() => _fixture = await TopFixture.StartAsync(1200);

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("missing", null, "missing does not exist; check --kubeconfig or $KUBECONFIG")]
    [InlineData("not-yaml", "clusters:\n  - name: a\n   cluster: {}\n", "not-yaml is not valid YAML at line 3")]
    [InlineData("no-context", "apiVersion: v1\nkind: Config\ncurrent-context: nowhere\n", "no-context has no context \"nowhere\"")]
    public async Task A_kubeconfig_that_cannot_be_used_is_told_before_the_terminal_is_taken(string name, string? content, string said)
    {
        var file = Path.Combine(_fixture.Folder, name);
        if (content is not null)
        {
            await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        }

        await using var top = await StartAsync("--kubeconfig", file);
        var screen = await top.UntilAsync("ended with 3");
        Assert.Contains(said, screen.ReplaceLineEndings(""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServer_that_is_not_there_is_told_with_the_next_step()
    {
        var file = Path.Combine(_fixture.Folder, "elsewhere");
        await File.WriteAllTextAsync(
            file,
            Server.Kubeconfig().Replace($":{Server.Port}", ":1", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        await using var top = await StartAsync("--kubeconfig", file);
        await top.UntilAsync(
            screen =>
                screen.Contains("▲ failing", StringComparison.Ordinal)
                && screen.Contains("is the API server running, and is this the right address?", StringComparison.Ordinal),
            "the reason"
        );
        await top.CommandAsync(":q");
        await top.UntilAsync("ended with 0");
    }

    [Fact]
    public async Task The_network_is_lost_during_the_first_sync()
    {
        // 1. The list of pods breaks off half way: what came of it stays, marked; the page that comes before it as
        // well.
        var cut = Server.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Truncate,
                Verb = "list",
                Resource = "pods",
            }
        );
        await using var top = await StartAsync("--kubeconfig", Kubeconfig);
        await top.UntilAsync(
            screen =>
                screen.Contains("▲ failing", StringComparison.Ordinal)
                && screen.Contains("of them, next try in", StringComparison.Ordinal)
                && screen.Contains("kube-proxy-", StringComparison.Ordinal),
            "the first of them, and when it is tried again"
        );

        // 2. Then nothing is there at all: the same rows, another reason.
        await Server.Faults.GoDarkAsync();
        Server.Faults.Remove(cut.Id);
        await top.UntilAsync(
            screen =>
                screen.Contains("▲ failing", StringComparison.Ordinal)
                && screen.Contains("kube-proxy-", StringComparison.Ordinal)
                && screen.Contains("refused", StringComparison.Ordinal),
            "refused, above the same rows"
        );

        // 3. And is well by itself.
        await Server.Faults.ComeBackAsync();
        await top.UntilAsync("● live");
        await top.UntilAsync(screen => Count(screen) == Pods(), "all of them");
    }

    [Fact]
    public async Task The_network_is_lost_during_the_background_sync()
    {
        // 1. Pods are there, deployments are being asked for, and nothing comes.
        var hang = Server.Faults.Hang("list", "deployments");
        await using var top = await StartAsync("--kubeconfig", Kubeconfig);
        await top.UntilAsync(
            screen =>
                screen.Contains("● live", StringComparison.Ordinal) && screen.Contains("Loading deployments 0", StringComparison.Ordinal),
            "pods live, deployments loading"
        );

        // 2. The network goes: pods are stale and there, deployments failed.
        await Server.Faults.GoDarkAsync();
        Server.Faults.Remove(hang.Id);
        await top.UntilAsync(
            screen =>
                screen.Contains("▲ stale", StringComparison.Ordinal)
                    && screen.Contains("failing: deployments", StringComparison.Ordinal)
                    && screen.Contains("kube-proxy-", StringComparison.Ordinal)
                || screen.Contains("▲ stale", StringComparison.Ordinal) && screen.Contains("next try in", StringComparison.Ordinal),
            "pods stale"
        );
        await top.CommandAsync(":deploy");
        await top.UntilAsync(
            screen =>
                screen.Contains("deployments in all", StringComparison.Ordinal)
                && screen.Contains("▲ failing", StringComparison.Ordinal)
                && screen.Contains("This is tried again by itself.", StringComparison.Ordinal),
            "why there are no deployments"
        );

        // 3. Both are well by themselves.
        await Server.Faults.ComeBackAsync();
        await top.UntilAsync(
            screen => screen.Contains("● live", StringComparison.Ordinal) && screen.Contains("team-", StringComparison.Ordinal),
            "deployments"
        );
        await top.TypeAsync("[");
        await top.UntilAsync(
            screen => screen.Contains("pods in all", StringComparison.Ordinal) && screen.Contains("● live", StringComparison.Ordinal),
            "pods"
        );
    }

    [Fact]
    public async Task A_kind_that_times_out_holds_up_no_other()
    {
        // 1. Refused by the server's own timeout: pods are live, and the line below says which kind is not.
        var fault = Server.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Error,
                Code = 504,
                Resource = "deployments",
            }
        );
        await using var top = await StartAsync("--kubeconfig", Kubeconfig);
        await top.UntilAsync(
            screen =>
                screen.Contains("● live", StringComparison.Ordinal) && screen.Contains("failing: deployments", StringComparison.Ordinal),
            "pods live, deployments failing"
        );
        await top.CommandAsync(":deploy");
        await top.UntilAsync(
            screen =>
                screen.Contains("▲ failing", StringComparison.Ordinal)
                && screen.Contains("did not complete within requested timeout", StringComparison.Ordinal),
            "why"
        );

        // 2. By itself.
        Server.Faults.Remove(fault.Id);
        await top.UntilAsync(
            screen => screen.Contains("● live", StringComparison.Ordinal) && screen.Contains("team-", StringComparison.Ordinal),
            "deployments"
        );

        // 3. The same once more, of rows that are there: they stay, stale.
        fault = Server.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Error,
                Code = 504,
                Resource = "deployments",
            }
        );
        Server.Faults.ExpireWatches();
        await top.UntilAsync(
            screen =>
                screen.Contains("▲ stale", StringComparison.Ordinal)
                && screen.Contains("deployments as of", StringComparison.Ordinal)
                && screen.Contains("team-", StringComparison.Ordinal),
            "deployments stale, and there"
        );
        Server.Faults.Remove(fault.Id);
        await top.UntilAsync("● live");
    }

    [Fact]
    public async Task Another_context_is_chosen_while_this_one_is_away()
    {
        await using var other = await VigiaSimulator.StartAsync(new SimulatorOptions { Tls = true, Seed = 4 });
        await using var cluster = new SimulatedCluster(
            other.Store,
            new SimulatedClusterOptions
            {
                Pods = 60,
                Rate = 0,
                Seed = 4,
            }
        );
        cluster.Seed();
        cluster.Start();
        var second = Path.Combine(_fixture.Folder, "second");
        await File.WriteAllTextAsync(
            second,
            other.Kubeconfig().Replace("simulator", "other", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        await using var top = await TopScreen.StartAsync(
            150,
            30,
            $"XDG_CONFIG_HOME='{_fixture.Folder}' KUBECONFIG='{Kubeconfig}:{second}'"
        );
        await top.UntilAsync(screen => screen.Contains("● live", StringComparison.Ordinal) && Count(screen) == Pods(), "all pods");

        // 1. One that there is not leaves everything as it was.
        await top.CommandAsync(":ctx nowhere");
        await top.UntilAsync(
            screen =>
                screen.Contains("there is no context 'nowhere'", StringComparison.Ordinal)
                && screen.Contains("● live", StringComparison.Ordinal)
                && screen.Contains("kube-proxy-", StringComparison.Ordinal),
            "no such context"
        );

        // 2. From one that is away to one that is there: its rows, and none of the other's.
        await Server.Faults.GoDarkAsync();
        await top.UntilAsync("▲ stale");
        await top.CommandAsync(":ctx other");
        await top.UntilAsync(
            screen =>
                screen.Contains("vigia other", StringComparison.Ordinal)
                && screen.Contains("● live", StringComparison.Ordinal)
                && Count(screen) == other.Store.List(PodsResource).Count,
            "the other's pods, live"
        );

        // 3. To one that is away, and it comes.
        await top.CommandAsync(":ctx simulator");
        await top.UntilAsync(
            screen =>
                screen.Contains("vigia simulator", StringComparison.Ordinal)
                && screen.Contains("▲ failing", StringComparison.Ordinal)
                && screen.Contains("refused", StringComparison.Ordinal),
            "why it has none"
        );
        await Server.Faults.ComeBackAsync();
        await top.UntilAsync(screen => screen.Contains("● live", StringComparison.Ordinal) && Count(screen) == Pods(), "all pods again");

        // 4. There and back while it loads.
        foreach (var name in new[] { "other", "simulator", "other", "simulator other" })
        {
            await top.CommandAsync(":ctx " + name);
        }

        await top.UntilAsync(
            screen =>
                screen.Contains("CLUSTER", StringComparison.Ordinal)
                && screen.Contains("● live", StringComparison.Ordinal)
                && Count(screen) == Pods() + other.Store.List(PodsResource).Count,
            "both"
        );
    }

    [Fact]
    public async Task Rights_on_some_kinds_and_not_on_others()
    {
        // 1. Pods may be read in one namespace only, and one has to go there.
        await using var top = await StartAsync("--kubeconfig", Kubeconfig, "--context", "limited");
        await top.UntilAsync(
            screen =>
                screen.Contains("▲ denied", StringComparison.Ordinal)
                && screen.Contains("cannot list resource \"pods\"", StringComparison.Ordinal)
                && screen.Contains(":pods NAMESPACE", StringComparison.Ordinal),
            "which right is missing, and what one may do"
        );
        await top.CommandAsync(":po default");
        await top.UntilAsync(
            screen =>
                screen.Contains("pods in default", StringComparison.Ordinal)
                && screen.Contains("● live", StringComparison.Ordinal)
                && screen.Contains("denied: deployments", StringComparison.Ordinal),
            "pods of default live, others denied"
        );
        await top.TypeAsync("0");
        await top.UntilAsync("only pods of default: those of all namespaces may not be read");

        // 2. A right that somebody grants is seen by itself.
        await top.CommandAsync(":secrets");
        await top.UntilAsync(
            screen =>
                screen.Contains("▲ denied", StringComparison.Ordinal)
                && screen.Contains("cannot list resource \"secrets\"", StringComparison.Ordinal),
            "which right is missing"
        );
        var limited = Server.Access.Users.Single(user => user.Name == "limited");
        Server.Access.Set(
            limited with
            {
                Rules =
                [
                    .. limited.Rules,
                    new PolicyRule
                    {
                        Verbs = ["get", "list", "watch"],
                        ApiGroups = [""],
                        Resources = ["secrets"],
                    },
                ],
            }
        );
        await top.UntilAsync(
            screen =>
                screen.Contains("secrets in all", StringComparison.Ordinal)
                && screen.Contains("● live", StringComparison.Ordinal)
                && screen.Contains("team-", StringComparison.Ordinal),
            "secrets"
        );

        // 3. And where it is taken away, what was loaded stays, marked.
        Server.Access.Set(limited);
        Server.Faults.CutConnections();
        await top.UntilAsync(
            screen => screen.Contains("▲ denied", StringComparison.Ordinal) && screen.Contains("team-", StringComparison.Ordinal),
            "denied, above what was loaded"
        );
    }

    private Task<TopScreen> StartAsync(params string[] arguments) =>
        TopScreen.StartAsync(150, 30, $"XDG_CONFIG_HOME='{_fixture.Folder}'", arguments);

    private int Pods() => Server.Store.List(PodsResource).Count;

    /// <summary>How many rows the title says there are; -1 where it does not.</summary>
    private static int Count(string screen)
    {
        var line = screen.Split('\n').FirstOrDefault(line => line.StartsWith(" pods in ", StringComparison.Ordinal)) ?? "";
        var (from, to) = (line.IndexOf('[', StringComparison.Ordinal), line.IndexOf(']', StringComparison.Ordinal));
        return
            from >= 0
            && to > from
            && int.TryParse(
                line[(from + 1)..to],
                System.Globalization.NumberStyles.AllowThousands,
                System.Globalization.CultureInfo.InvariantCulture,
                out var count
            )
            ? count
            : -1;
    }
}
