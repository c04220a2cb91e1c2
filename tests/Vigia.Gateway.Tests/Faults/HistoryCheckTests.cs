using Vigia.Faults.Checking;

namespace Vigia.Gateway.Tests.Faults;

/// <summary>The check of the fault runs: what it must find, and what it must let pass.</summary>
public sealed class HistoryCheckTests
{
    private static readonly TruthStep[] Truth =
    [
        new(1, "a", 1),
        new(2, "b", 2),
        new(3, "a", 3),
        new(4, "a", 4),
        new(5, "b", null),
        new(6, "c", 5),
        new(7, "c", null),
        new(8, "a", 6),
    ];

    [Fact]
    public void A_client_that_was_told_everything_is_right() =>
        Assert.Empty(Check(Start, Updated("a", 4, 4), Deleted("b", 5), Added("c", 6, 5), Deleted("c", 7), Updated("a", 8, 6)));

    [Fact]
    public void A_step_that_is_missing_is_found() =>
        Assert.Contains(
            "1 steps of a missing in silence",
            Assert.Single(Check(Start, Deleted("b", 5), Added("c", 6, 5), Deleted("c", 7), Updated("a", 8, 6))),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_step_that_is_missing_and_told_to_be_is_right() =>
        Assert.Empty(Check(Start, Deleted("b", 5), Added("c", 6, 5), Deleted("c", 7), Updated("a", 8, 6) with { IsFolded = true }));

    [Fact]
    public void An_object_that_came_and_went_unseen_is_found_unless_the_stream_was_degraded_then()
    {
        ClientEvent[] events = [.. Start, Updated("a", 4, 4), Deleted("b", 5), Updated("a", 8, 6)];
        Assert.Contains("2 steps of c missing in silence", Assert.Single(Check(events)), StringComparison.Ordinal);
        Assert.Empty(Check([.. events[..5], Event("degraded"), Event("live"), .. events[5..]]));
        Assert.Empty(Check([.. events[..4], Event("degraded"), .. events[4..], Event("live")]));
    }

    [Fact]
    public void A_wrong_order_is_found() =>
        Assert.Contains(
            Check(
                Start,
                Updated("a", 8, 6) with
                {
                    IsFolded = true,
                },
                Updated("a", 4, 4),
                Deleted("b", 5),
                Added("c", 6, 5),
                Deleted("c", 7)
            ),
            text => text.Contains("out of order", StringComparison.Ordinal)
        );

    [Fact]
    public void A_wrong_end_is_found()
    {
        Assert.Contains(
            Check(Start, Updated("a", 4, 4), Added("c", 6, 5), Deleted("c", 7), Updated("a", 8, 6)),
            text => text.Contains("at the end b is deleted@5 on the server", StringComparison.Ordinal)
        );
        Assert.Contains(
            Check(Start, Updated("a", 4, 4), Deleted("b", 5), Added("c", 6, 5), Deleted("c", 7)),
            text => text.Contains("at the end a is seq=6@8", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void What_the_server_never_had_is_found() =>
        Assert.Contains(Check(Start, Updated("a", 4, 99)), text => text.Contains("the server never had this", StringComparison.Ordinal));

    [Fact]
    public void A_snapshot_that_lacks_something_is_found() =>
        Assert.Contains(
            Check(Event("reset") with { Reason = "start" }, Added("a", 3, 3), Event("synced") with { Resume = 3 }),
            text => text.Contains("the snapshot lacks it", StringComparison.Ordinal)
        );

    [Fact]
    public void A_restored_server_is_another_history_which_needs_a_reset()
    {
        TruthStep[] restored = [.. Truth[..3], new(4, "b", 7)];
        ClientEvent[] before = [.. Start, Updated("a", 4, 4)];
        ClientEvent[] after = [Added("a", 3, 3), Added("b", 2, 2), Event("synced") with { Resume = 3 }, Updated("b", 4, 7)];

        Assert.Empty(HistoryCheck.Check([.. before, Event("reset") with { Reason = "restored" }, .. after], [Truth, restored]).Violations);
        Assert.NotEmpty(HistoryCheck.Check([.. before, Updated("b", 4, 7)], [Truth, restored]).Violations);
        Assert.NotEmpty(
            HistoryCheck
                .Check(
                    [.. Start, Updated("a", 4, 4), Deleted("b", 5), Added("c", 6, 5), Deleted("c", 7), Updated("a", 8, 6)],
                    [Truth, restored]
                )
                .Violations
        );
    }

    [Fact]
    public void What_rights_hide_is_no_gap_until_they_are_back()
    {
        ClientEvent[] hidden = [.. Start, Deleted("a", 3) with { Reason = "access" }, Deleted("b", 2) with { Reason = "access" }];
        Assert.Empty(Check([.. hidden, Added("a", 8, 6)]));
        Assert.Contains("at the end a", Assert.Single(Check(hidden)), StringComparison.Ordinal);
    }

    /// <summary>A snapshot at revision 3.</summary>
    private static ClientEvent[] Start =>
        [Event("reset") with { Reason = "start" }, Added("a", 3, 3), Added("b", 2, 2), Event("synced") with { Resume = 3 }];

    private static IReadOnlyList<string> Check(ClientEvent[] events) => HistoryCheck.Check(events, [Truth]).Violations;

    private static IReadOnlyList<string> Check(ClientEvent[] start, params ClientEvent[] events) => Check([.. start, .. events]);

    private static IReadOnlyList<string> Check(ClientEvent first, params ClientEvent[] events) => Check([first, .. events]);

    private static ClientEvent Event(string kind) => new(0, 1, kind, "", 0, null, false, null, 0);

    private static ClientEvent Added(string name, long revision, long sequence) =>
        new(0, 1, "added", name, revision, sequence, false, null, 0);

    private static ClientEvent Updated(string name, long revision, long sequence) =>
        Added(name, revision, sequence) with
        {
            Kind = "updated",
        };

    private static ClientEvent Deleted(string name, long revision) => new(0, 1, "deleted", name, revision, null, false, null, 0);
}
