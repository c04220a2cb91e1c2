using System.Diagnostics;
using Vigia.Kubernetes;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Auditing;

/// <summary>
/// Audits over real sockets to a simulated API server: its faults are found, its churn is not taken for any.
/// </summary>
public sealed class SimulatedAuditTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lost_events_are_found_one_by_one_and_repaired_as_changes()
    {
        await using var fixture = await SimulatedFixture.StartAsync(objects: 700);
        fixture.Source.Loses = (type, name) =>
            (type, name) is (WatchEventType.Added, "new") or (WatchEventType.Modified, "m1") or (WatchEventType.Deleted, "m2");
        fixture.Put("new");
        fixture.Put("m1", "2");
        fixture.Delete("m2");
        fixture.Put("m3", "2");
        fixture.Delete("m4");
        await fixture.CaughtUpAsync();
        fixture.Source.Loses = (_, _) => false;

        var report = await fixture.Informer.AuditAsync(Cancellation);

        Assert.Equal(["Added new", "Deleted m2", "Modified m1"], fixture.Source.Lost.Order());
        Assert.Equal(
            (699, 1, 1, 1, AuditRepair.Relist, true),
            (report.Objects, report.Missing, report.Extra, report.Different, report.Repair, report.IsRepaired)
        );
        Assert.Equal(
            ["Extra m2", "Missing new", "Older m1"],
            report.Differences.Select(difference => $"{difference.Kind} {difference.Key.Name}").Order()
        );
        Assert.Equal(fixture.Stored(), fixture.Held());
        await Eventually.TrueAsync(() => fixture.Seen.Count == 705, "the handler was told");
        Assert.Equal(["~m3", "-m4"], fixture.Seen.Skip(700).Take(2));
        Assert.Equal(["+new", "-m2?", "~m1"], fixture.Seen.Skip(702).Order(StringComparer.Ordinal));
        await fixture.LiveAsync(2);
        Assert.Equal(AuditOutcome.Equal, (await fixture.Informer.AuditAsync(Cancellation)).Outcome);
    }

    [Fact]
    public async Task A_server_restored_from_a_backup_that_counts_past_the_old_revision_unseen_is_found()
    {
        await using var fixture = await SimulatedFixture.StartAsync(objects: 20);
        var backup = fixture.Simulator.Snapshot();
        fixture.Put("m1", "undone");
        fixture.Put("undone");
        fixture.Delete("m2");
        await fixture.CaughtUpAsync();

        // While nobody can look: back to the backup, and past where it was.
        await fixture.Simulator.Faults.GoDarkAsync(cancellationToken: Cancellation);
        var seen = fixture.Store.Revision;
        fixture.Simulator.Restore(backup);
        fixture.Put("m3", "other history");
        fixture.Put("new");
        while (fixture.Store.Revision <= seen)
        {
            fixture.Put("m4", $"{fixture.Store.Revision}");
        }

        await fixture.Simulator.Faults.ComeBackAsync(Cancellation);
        await fixture.LiveAsync(2);
        fixture.Put("m5", "after");
        await fixture.CaughtUpAsync();
        Assert.Equal((0, 0), (fixture.Informer.Counters.Resets, fixture.Informer.Log.Epoch));
        Assert.NotEqual(fixture.Stored(), fixture.Held());

        var report = await fixture.Informer.AuditAsync(Cancellation);

        // Held: m1 and undone as they never were, m2 as deleted; unknown: what was written while nobody looked.
        var wrong = fixture.Stored().Select(text => text.Split('=')[0]);
        Assert.Equal((AuditOutcome.Different, AuditRepair.Reset, true), (report.Outcome, report.Repair, report.IsRepaired));
        Assert.Contains(report.Differences, difference => difference is { Kind: AuditDifferenceKind.OtherHistory, Key.Name: "m1" });
        Assert.Contains(report.Differences, difference => difference is { Kind: AuditDifferenceKind.Extra, Key.Name: "undone" });
        Assert.Contains(report.Differences, difference => difference is { Kind: AuditDifferenceKind.Missing, Key.Name: "m2" });
        Assert.Contains(report.Differences, difference => difference is { Kind: AuditDifferenceKind.Missing, Key.Name: "new" });
        Assert.Contains(report.Differences, difference => difference is { Kind: AuditDifferenceKind.Older, Key.Name: "m3" });
        Assert.DoesNotContain(report.Differences, difference => difference.Key.Name is "m0" or "m5");
        Assert.Equal(fixture.Stored(), fixture.Held());
        await Eventually.TrueAsync(() => fixture.Seen.Contains("reset"), "the handler was told to start over");
        await fixture.LiveAsync(3);
        Assert.Equal(
            (AuditOutcome.Equal, wrong.Count()),
            ((await fixture.Informer.AuditAsync(Cancellation)).Outcome, fixture.Informer.Store.Count)
        );
    }

    [Fact]
    public async Task A_hundred_audits_under_churn_find_nothing()
    {
        const int Audits = 100;
        await using var fixture = await SimulatedFixture.StartAsync(objects: 1500);

        // On a busy machine the first list may have taken two tries.
        var lists = fixture.Informer.Status.Lists;
        var random = new Random(7);
        var changes = 0;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var churn = Task.Run(
            async () =>
            {
                while (!over.IsCancellationRequested)
                {
                    Change(fixture, random);
                    changes++;
                    if (changes % 4 == 0)
                    {
                        await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancellation);
                    }
                }
            },
            Cancellation
        );
        var clock = Stopwatch.StartNew();
        var slowest = TimeSpan.Zero;
        for (var i = 0; i < Audits; i++)
        {
            var report = await fixture.Informer.AuditAsync(Cancellation);
            Assert.True(
                report.Outcome == AuditOutcome.Equal,
                $"audit {i}: {report.Outcome}, {report.Reason}, {string.Join("; ", report.Differences)}"
            );
            slowest = report.Duration > slowest ? report.Duration : slowest;
        }

        var rate = changes / clock.Elapsed.TotalSeconds;
        await over.CancelAsync();
        await churn;
        await fixture.CaughtUpAsync();

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Audits} audits of {fixture.Informer.Store.Count} objects in {clock.Elapsed.TotalSeconds:0.0} s under {rate:0} changes a "
                + $"second; slowest {slowest.TotalMilliseconds:0} ms"
        );
        Assert.True(changes > 5 * Audits, $"{changes} changes");
        Assert.Equal(
            (Audits, 0, 0),
            (fixture.Informer.Counters.Audits, fixture.Informer.Counters.AuditDifferences, fixture.Informer.Counters.IncompleteAudits)
        );
        Assert.Equal(lists, fixture.Informer.Status.Lists);
        Assert.Equal(fixture.Stored(), fixture.Held());
    }

    [Fact]
    public async Task Events_lost_in_the_midst_of_churn_are_found_and_nothing_else()
    {
        await using var fixture = await SimulatedFixture.StartAsync(objects: 500);
        fixture.Source.Loses = (_, name) => name.StartsWith("victim", StringComparison.Ordinal);
        var random = new Random(11);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var churn = Task.Run(
            async () =>
            {
                for (var i = 0; !over.IsCancellationRequested; i++)
                {
                    Change(fixture, random);
                    if (i is 100 or 200 or 300)
                    {
                        fixture.Put($"victim{i}");
                    }

                    if (i % 4 == 0)
                    {
                        await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancellation);
                    }
                }
            },
            Cancellation
        );
        await Eventually.TrueAsync(() => fixture.Source.Lost.Count == 3, "three events were lost");

        var report = await fixture.Informer.AuditAsync(Cancellation);

        await over.CancelAsync();
        await churn;
        Assert.Equal((3, 0, 0), (report.Missing, report.Extra, report.Different));
        Assert.Equal(["victim100", "victim200", "victim300"], report.Differences.Select(difference => difference.Key.Name).Order());
        await fixture.CaughtUpAsync();
        Assert.Equal(fixture.Stored(), fixture.Held());
    }

    [Fact]
    public async Task A_frozen_connection_is_noticed_by_its_silence()
    {
        await using var fixture = await SimulatedFixture.StartAsync(
            objects: 3,
            new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(50) },
            new ReflectorOptions { SilenceLimit = TimeSpan.FromSeconds(2) }
        );
        await Eventually.TrueAsync(() => fixture.Informer.Status.LastBookmark is not null, "a bookmark came");

        Assert.True(fixture.Simulator.Faults.Freeze() > 0);
        fixture.Put("m1", "while frozen");

        await fixture.LiveAsync(2);
        await fixture.CaughtUpAsync();
        Assert.Equal(fixture.Stored(), fixture.Held());
        Assert.True(fixture.Informer.Counters.Silences > 0, "it was the silence that was noticed");
        Assert.Equal(1, fixture.Informer.Status.Lists);
    }

    [Fact]
    public async Task A_server_without_bookmarks_is_left_alone()
    {
        await using var fixture = await SimulatedFixture.StartAsync(
            objects: 3,
            new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(50) },
            new ReflectorOptions { SilenceLimit = TimeSpan.FromMilliseconds(300) }
        );
        await Eventually.TrueAsync(() => fixture.Informer.Status.LastBookmark is not null, "a bookmark came");
        fixture.Simulator.Faults.Add(new Fault { Kind = FaultKind.NoBookmarks });

        // Once it is asked again; after that nothing is expected of it any more.
        await fixture.LiveAsync(2);
        var (watches, silences) = (fixture.Informer.Status.Watches, fixture.Informer.Counters.Silences);
        await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System, Cancellation);

        Assert.Equal(
            (watches, silences, true),
            (fixture.Informer.Status.Watches, fixture.Informer.Counters.Silences, fixture.Informer.Freshness.IsLive)
        );
    }

    private static void Change(SimulatedFixture fixture, Random random)
    {
        var name = $"m{random.Next(1600)}";
        if (random.Next(3) == 0 && fixture.Store.Get(SimulatedFixture.Maps, new("default", name)) is not null)
        {
            fixture.Delete(name);
            if (random.Next(2) == 0)
            {
                fixture.Put(name, "again");
            }

            return;
        }

        fixture.Put(name, $"{random.Next()}");
    }
}
