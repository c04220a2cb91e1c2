using Vigia.Catalog.Rows;
using Vigia.Terminal.Documents;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Overview;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Tests.Views;

/// <summary>Screens as text: what stands here is what one sees.</summary>
public sealed class ScreenTests
{
    private readonly TableIndex _table = Fixtures.Table(
        Fixtures.Pod("default", "web-7d4b9c-x2x5f"),
        Fixtures.Pod("default", "web-7d4b9c-zz9pl", ageSeconds: 90),
        Fixtures.Pod("kube-system", "coredns-abc", restarts: 3, ageSeconds: 400_000),
        Fixtures.Pod("shop", "cart-1", waiting: "CrashLoopBackOff", ready: false, restarts: 12)
    );

    [Fact]
    public void A_table_of_pods()
    {
        var screen = Fixtures.Draw(Fixtures.State(80, 12), _table);

        Snapshot.Matches(
            """
             vigia demo  v1.32.4  as admin                                           ● live
             0 all  1 default  2 kube-system  3 shop
             pods in all namespaces [4] 1 unhealthy
              NAMESPACE↑   NAME              READY  STATUS            RESTARTS  AGE
            › default      web-7d4b9c-x2x5f  1/1    Running           0         60m
              default      web-7d4b9c-zz9pl  1/1    Running           0         90s
              kube-system  coredns-abc       1/1    Running           3         4d15h
              shop         cart-1            0/1    CrashLoopBackOff  12        60m



             : command  / filter  ? help  enter open  d describe  y YAML  l logs  v changes
            """,
            screen
        );
    }

    [Fact]
    public void What_is_stale_says_so_and_stays()
    {
        var screen = Fixtures.Draw(
            Fixtures.State(80, 9),
            _table,
            clusters: [Fixtures.Cluster(LoadWord.Stale, "127.0.0.1:6443 refused the connection")]
        );

        Assert.Contains("▲ stale ", screen);
        Assert.Contains("127.0.0.1:6443 refused the connection", screen);
        Assert.Contains("next try in 12s", screen.ReplaceLineEndings(" "));
        Assert.Contains("web-7d4b9c-x2x5f", screen);
    }

    [Fact]
    public void What_loads_and_what_is_denied_is_named()
    {
        var screen = Fixtures.Draw(
            Fixtures.State(100, 9),
            _table,
            clusters:
            [
                Fixtures.Cluster(
                    others:
                    [
                        new("deployments", LoadWord.Loading, 3200, null, default, null),
                        new("secrets", LoadWord.Denied, 0, "may not list", default, null),
                    ]
                ),
            ]
        );

        Assert.Contains("Loading deployments 3,200…", screen);
        Assert.Contains("denied: secrets", screen);
    }

    [Fact]
    public void A_kind_that_may_not_be_read_says_which_right_is_missing()
    {
        var empty = new TableIndex(Fixtures.Pods);
        var screen = Fixtures.Draw(
            Fixtures.State(110, 9),
            empty,
            clusters: [Fixtures.Cluster(LoadWord.Denied, "limited may not list pods in all namespaces")]
        );

        Assert.Contains("▲ denied", screen);
        Assert.Contains("limited may not list pods in all namespaces", screen);
    }

    [Fact]
    public void Several_clusters_stand_in_one_table()
    {
        _table.Apply(1, "staging", [Fixtures.Change(Fixtures.Pod("default", "web-1"))], 0);
        var screen = Fixtures.Draw(
            Fixtures.State(90, 11),
            _table,
            clusters: [Fixtures.Cluster(), Fixtures.Cluster(LoadWord.Stale, "gone", "staging")]
        );

        Assert.Contains("● demo  ▲ staging", screen);
        Assert.Contains("CLUSTER", screen);
        Assert.Contains("staging  default", screen);
    }

    [Theory]
    [InlineData(60, 15)]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    [InlineData(40, 8)]
    [InlineData(20, 5)]
    [InlineData(300, 100)]
    public void Any_size_is_drawn(int width, int height)
    {
        foreach (
            ViewState view in new ViewState[]
            {
                new TableState(0, Fixtures.Pods),
                new TextState(1, TextKind.Help, "help"),
                new PulseState(2),
            }
        )
        {
            var state = Fixtures.State(width, height, view);
            foreach (
                var with in new[]
                {
                    state,
                    state with
                    {
                        Prompt = new(PromptKind.Command, "dep", 3),
                    },
                    state with
                    {
                        Dialog = DialogState.Ask(
                            "delete pod a",
                            ["$ kubectl delete pod a -n b --context very-long-context-name"],
                            new QuitEffect()
                        ),
                    },
                }
            )
            {
                var lines = Fixtures.Draw(with, _table, HelpText.Write()).Split('\n');
                Assert.All(lines, line => Assert.True(TextWidth.Of(line) <= width));
            }
        }
    }

    [Fact]
    public void Changed_cells_light_up_for_a_moment_and_only_they()
    {
        var pod = Fixtures.Pod("default", "web-7d4b9c-x2x5f", restarts: 1);
        _table.Apply(0, "demo", [new(pod, Fixtures.Pods.RowOf(pod), RowChange.Updated, 1UL << 3)], Fixtures.Now.UtcTicks);
        var lit = Fixtures.Paint(Fixtures.State(80, 12), _table);
        var restarts = lit.ToText().Split('\n')[3].IndexOf("RESTARTS", StringComparison.Ordinal);

        Assert.NotEqual(lit[2, 4].Style, lit[restarts, 4].Style);
        _table.Apply(0, "demo", [new(pod, Fixtures.Pods.RowOf(pod), RowChange.Updated, 1UL << 3)], Fixtures.Now.AddSeconds(-10).UtcTicks);
        var dark = Fixtures.Paint(Fixtures.State(80, 12), _table);
        Assert.Equal(dark[2, 4].Style, dark[restarts, 4].Style);
    }

    [Fact]
    public void A_question_shows_the_kubectl_command()
    {
        var (state, _) = Fixtures.Type(Fixtures.State(80, 16), _table, "ctrl-d");

        Snapshot.Contains("delete pods/web-7d4b9c-x2x5f -n default", Fixtures.Draw(state, _table));
    }

    [Fact]
    public void The_help_page_has_every_key()
    {
        var help = string.Join('\n', HelpText.Write().Lines.Select(line => line.Plain));

        foreach (
            var binding in Keys.KeyTable.Default.All.Where(binding => binding.Text.Length > 0 && binding.Action != Keys.UiAction.Namespace)
        )
        {
            Assert.Contains(binding.Text, help);
            Assert.All(binding.Keys, key => Assert.Contains(Keys.KeyBinding.Show(key), help));
        }
    }

    [Fact]
    public void The_overview_has_counts_rates_causes_and_warnings()
    {
        var figures = new PulseMeasurements(
            [new("pods", 300, 2, [0, 1, 2, 4, 8]), new("deployments", 76, 0, [0])],
            [new(Fixtures.Now.AddSeconds(-30), "demo", "pod/cart-1", "BackOff", "Back-off restarting failed container", 1)],
            [new("deployment shop/cart", "2 pods: container main CrashLoopBackOff, last exit 137 OOMKilled", true)]
        );
        Snapshot.Matches(
            """
             vigia demo  v1.32.4  as admin                                           ● live
             0 all  1 default  2 kube-system  3 shop
             pulse
              KIND                    TOTAL   FAULTS  CHANGES/S
              pods                      300        2    8.0   ▁▂▄█
              deployments                76        0    0.0
              NOT WELL
              deployment shop/cart 2 pods: container main CrashLoopBackOff, last exit 137 …
              WARNINGS
              30s   BackOff pod/cart-1: Back-off restarting failed container




             : command  ? help  enter open
            """,
            Fixtures.Draw(Fixtures.State(80, 15, new PulseState(0)), _table, pulse: figures)
        );
    }
}
