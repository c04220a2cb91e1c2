using Vigia.Terminal.Loading;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Tests.Views;

/// <summary>What the screen says of rows that are not, or not all, or no longer known to be there.</summary>
public sealed class FreshnessScreenTests
{
    private const string Long =
        "connection to https://10.0.0.1:6443 refused: is the API server running, and is this the right address? (context \"demo\" in "
        + "/home/somebody/.kube/config)";

    private static readonly KindStatus Deployments = new(
        "deployments",
        LoadWord.Failed,
        0,
        "request did not complete within requested timeout",
        Fixtures.Now,
        Fixtures.Now.AddSeconds(3)
    );

    [Fact]
    public void A_reason_is_there_in_full_where_there_is_no_row() =>
        Snapshot.Matches(
            """
             vigia demo  v1.32.4  as admin                                        ▲ failing
             pods, next try in 12s: connection to https://10.0.0.1:6443 refused: is the AP…
             pods in all namespaces [0]
              NAMESPACE↑  NAME  READY  STATUS  RESTARTS  AGE

              connection to https://10.0.0.1:6443 refused: is the API server running, and
              is this the right address? (context "demo" in /home/somebody/.kube/config).
              This is tried again by itself.

             : command  / filter  ? help  enter open  d describe  y YAML  l logs  v changes
            """,
            Fixtures.Draw(
                Fixtures.State(80, 10),
                Fixtures.Table(),
                clusters:
                [
                    Fixtures.Cluster(LoadWord.Failed, Long) with
                    {
                        Kinds = [new("pods", LoadWord.Failed, 0, Long, Fixtures.Now, Fixtures.Now.AddSeconds(11.2))],
                    },
                ]
            )
        );

    [Fact]
    public void A_right_that_is_missing_comes_with_what_one_may_do() =>
        Snapshot.Contains(
            "pods is forbidden. A namespace that you may read is gone to by :pods NAMESPACE.",
            Fixtures.Draw(Fixtures.State(120, 10), Fixtures.Table(), clusters: [Fixtures.Cluster(LoadWord.Denied, "pods is forbidden")])
        );

    [Fact]
    public void A_kind_that_cannot_be_loaded_is_told_beside_pods_that_are_live()
    {
        var screen = Fixtures.Draw(
            Fixtures.State(100, 10),
            Fixtures.Table(Fixtures.Pod("shop", "web")),
            clusters: [Fixtures.Cluster(others: [Deployments, Deployments with { Name = "jobs", Word = LoadWord.Stale }])]
        );
        Assert.Contains("● live", screen, StringComparison.Ordinal);
        Assert.Contains("failing: deployments  stale: jobs", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_a_list_that_broke_off_are_said_to_be_the_first_of_them()
    {
        var screen = Fixtures.Draw(
            Fixtures.State(100, 10),
            Fixtures.Table(Fixtures.Pod("shop", "web")),
            clusters: [Fixtures.Cluster(LoadWord.Failed, "the connection broke")]
        );
        Assert.Contains("pods, the first 300 of them, next try in 12s: the connection broke", screen, StringComparison.Ordinal);
        Assert.Contains("▲ failing", screen, StringComparison.Ordinal);
        Assert.Contains("web", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_one_namespace_are_not_taken_for_those_of_all()
    {
        var cluster = Fixtures.Cluster() with { Kinds = [new("pods", LoadWord.Live, 1, null, Fixtures.Now, null, "shop")] };
        var table = Fixtures.Table(Fixtures.Pod("shop", "web"));
        Assert.Contains(
            "only pods of shop: those of all namespaces may not be read",
            Fixtures.Draw(Fixtures.State(100, 10), table, clusters: [cluster]),
            StringComparison.Ordinal
        );
        var there = Fixtures.State(100, 10, new TableState(0, Fixtures.Pods) { Namespace = "shop" });
        Assert.DoesNotContain("may not be read", Fixtures.Draw(there, table, clusters: [cluster]), StringComparison.Ordinal);
    }
}
