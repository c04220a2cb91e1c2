using System.Collections.Concurrent;
using Vigia.Informers.Tests.Reflecting;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Auditing;

/// <summary>What an audit tells apart, on a scripted server and a clock that stands.</summary>
public sealed class AuditTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cache_that_is_right_is_said_to_be_at_once_and_nothing_is_delivered()
    {
        await using var fixture = await StartedAsync("a", "b", "c");

        var report = await AuditAsync(fixture);

        Assert.Equal((AuditOutcome.Equal, 3, 0, AuditRepair.None), (report.Outcome, report.Objects, report.Total, report.Repair));
        Assert.Equal(
            (fixture.Server.Revision, fixture.Clock.GetUtcNow(), TimeSpan.Zero),
            (report.Revision.Number, report.Since, report.Duration)
        );
        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=13", "LIST rv= limit=500"], fixture.Requests);
        Assert.Equal(["+a", "+b", "+c"], fixture.Seen);
        Assert.Equal(
            (1, 0, 0),
            (fixture.Informer.Counters.Audits, fixture.Informer.Counters.AuditDifferences, fixture.Informer.Counters.IncompleteAudits)
        );
        Assert.Same(report, fixture.Informer.Status.LastAudit);
    }

    [Fact]
    public async Task A_lost_addition_a_lost_update_and_a_lost_deletion_are_found_and_repaired()
    {
        await using var fixture = await StartedAsync("gone", "old", "same");
        fixture.Server.LosesEvents = true;
        fixture.Server.Put("new");
        fixture.Server.Put("old", "2");
        fixture.Server.Delete("gone");
        fixture.Server.LosesEvents = false;
        fixture.Server.Put("same", "2");
        await fixture.SeenAsync("+gone", "+old", "+same", "~same");

        var report = await AuditAsync(fixture);

        Assert.Equal(
            (AuditOutcome.Different, 1, 1, 1, AuditRepair.Relist, true),
            (report.Outcome, report.Missing, report.Extra, report.Different, report.Repair, report.IsRepaired)
        );
        Assert.Equal(
            [
                "gone is cached at version 11, the server no longer has it",
                "new is missing, the server has it at version 14",
                "old is cached at version 12, the server has it at 15",
            ],
            report.Differences.Select(difference => difference.ToString().Replace("default/", "", StringComparison.Ordinal)).Order()
        );
        await fixture.SeenAsync("+gone", "+old", "+same", "~same", "+new", "~old", "-gone?");
        Assert.Equal(["new", "old", "same"], fixture.Names);
        await fixture.LiveAsync(watches: 2);
        Assert.Equal((AuditOutcome.Equal, 3), ((await AuditAsync(fixture)).Outcome, (int)fixture.Informer.Counters.AuditDifferences));
    }

    [Fact]
    public async Task Content_that_changed_under_its_version_is_found_and_repaired()
    {
        await using var fixture = await StartedAsync("a", "b");
        fixture.Server.Corrupt("b", "other");

        var report = await AuditAsync(fixture);

        Assert.Equal(AuditDifferenceKind.Content, Assert.Single(report.Differences).Kind);
        await fixture.SeenAsync("+a", "+b", "~b");
        Assert.True(
            fixture.Informer.Store.List().Single(o => o.Name == "b").Labels.TryGetValue("value", out var value) && value == "other"
        );
        Assert.True(report.IsRepaired);
    }

    [Fact]
    public async Task An_index_that_lacks_what_its_function_gave_is_found_counted_and_logged()
    {
        var logged = new ConcurrentQueue<string>();
        await using var fixture = new InformerFixture(logger: new LineLogger(logged));
        fixture.Informer.Store.AddIndexer("lies", _ => [$"{Guid.NewGuid()}"]);
        fixture.Informer.Store.AddIndexer("name", o => [o.Name]);
        fixture.Server.Put("a");
        fixture.Server.Put("b");
        await fixture.StartAsync();
        Assert.Empty((await AuditAsync(fixture)).StoreFaults);

        // As a bug of the store would leave it.
        fixture.Informer.Store.Index("name").Remove("b", new ObjectKey("default", "b"));
        var report = await AuditAsync(fixture);

        Assert.Equal(
            "default/b at version 12 is missing in index 'name' under a value that its function returned",
            Assert.Single(report.StoreFaults)
        );
        Assert.Equal((AuditOutcome.Equal, 1), (report.Outcome, (int)fixture.Informer.Counters.StoreFaults));
        const string Logged = "Error scripted pods: audit: the store is inconsistent, which is a bug in Vigia: default/b";
        Assert.Contains(logged, line => line.StartsWith(Logged, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_difference_is_not_believed_before_the_watch_has_passed_it()
    {
        await using var fixture = await StartedAsync("a", "b");
        fixture.Server.LosesEvents = true;
        fixture.Server.Delete("b");
        var audit = fixture.Informer.AuditAsync(Cancellation);
        await Eventually.TrueAsync(
            () => fixture.Tap.Lists.Count == 2 && fixture.Clock.ActiveTimers >= 2,
            "the audit has listed, and waits"
        );
        Assert.False(audit.IsCompleted);

        // Its deletion was on the way all the time.
        fixture.Server.Send(
            """{"type":"DELETED","object":{"metadata":{"name":"b","namespace":"default","uid":"uid-2","resourceVersion":"13"} } }"""
        );
        var report = await audit.WaitAsync(Limit, TimeProvider.System, Cancellation);

        Assert.Equal((AuditOutcome.Equal, 1), (report.Outcome, report.Objects));
        Assert.Equal(2, fixture.Tap.Lists.Count);
    }

    [Fact]
    public async Task A_bookmark_past_the_list_convicts_what_the_list_lacked()
    {
        await using var fixture = await StartedAsync("a", "b");
        fixture.Server.LosesEvents = true;
        fixture.Server.Delete("b");
        var audit = fixture.Informer.AuditAsync(Cancellation);
        await Eventually.TrueAsync(
            () => fixture.Tap.Lists.Count == 2 && fixture.Clock.ActiveTimers >= 2,
            "the audit has listed, and waits"
        );

        fixture.Server.Bookmark();
        var report = await audit.WaitAsync(Limit, TimeProvider.System, Cancellation);

        Assert.Equal((1, 1), (report.Extra, report.Total));
        await fixture.SeenAsync("+a", "+b", "-b?");
    }

    [Fact]
    public async Task A_server_that_never_says_how_far_it_is_is_waited_for_as_long_as_patience_lasts()
    {
        await using var fixture = await StartedAsync("a", "b");
        fixture.Server.LosesEvents = true;
        fixture.Server.Delete("b");

        var audit = fixture.Informer.AuditAsync(Cancellation);
        await fixture.WithTimeAsync(() => audit.IsCompleted, "the audit came to a verdict");
        var report = await audit;

        Assert.Equal((AuditOutcome.Behind, 1, 0, true), (report.Outcome, report.Behind, report.Total, report.IsRepaired));
        Assert.Equal(
            "default/b is cached at version 12, the server has it no longer, and the watch has not reported it",
            Assert.Single(report.Differences).ToString()
        );
        Assert.Equal((1, 0), (fixture.Informer.Counters.LateAudits, fixture.Informer.Counters.AuditDifferences));
        await fixture.SeenWithTimeAsync("+a", "+b", "-b?");
        Assert.InRange(report.Duration, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(2.1));
    }

    [Fact]
    public async Task Changes_while_the_list_comes_in_are_no_differences()
    {
        await using var fixture = await StartedAsync("changed", "deleted", "recreated", "same");
        var isFirst = true;
        fixture.Tap.AnswerList = async (request, sink, ct) =>
        {
            var page = await fixture.Server.ListAsync(
                request,
                new Late(
                    sink,
                    () =>
                    {
                        if (!isFirst)
                        {
                            return;
                        }

                        // The list is made, its first item is being read: the watch is ahead of it.
                        isFirst = false;
                        fixture.Server.Put("changed", "2");
                        fixture.Server.Delete("deleted");
                        fixture.Server.Delete("recreated");
                        fixture.Server.Put("recreated", "2");
                        fixture.Server.Put("added");
                        fixture.Server.Put("passing");
                        fixture.Server.Delete("passing");
                        SpinWait.SpinUntil(() => fixture.Informer.Log.Revision.Number == fixture.Server.Revision, Limit);
                    }
                ),
                ct
            );
            return page;
        };

        var report = await AuditAsync(fixture);

        Assert.Equal((AuditOutcome.Equal, 4, 14UL), (report.Outcome, report.Objects, report.Revision.Number));
        Assert.Equal("21", fixture.Informer.Status.Revision);
    }

    [Fact]
    public async Task An_audit_that_a_relist_crosses_begins_again()
    {
        await using var fixture = await StartedAsync("a", "b");
        var lists = 0;
        fixture.Tap.AnswerList = async (request, sink, ct) =>
        {
            var page = await fixture.Server.ListAsync(request, sink, ct);
            if (++lists == 1)
            {
                // Created before the list and deleted after it, all of it while nobody watched: no event will ever
                // tell.
                fixture.Server.LosesEvents = true;
                fixture.Server.Delete("b");
                fixture.Server.LosesEvents = false;
                fixture.Expire();
                await fixture.LiveAsync(watches: 2);
            }

            return page;
        };

        var report = await AuditAsync(fixture);

        Assert.Equal((AuditOutcome.Equal, 1), (report.Outcome, report.Objects));
        Assert.Equal(3, lists);
    }

    [Fact]
    public async Task A_server_that_went_back_in_time_is_told_to_everybody_anew()
    {
        await using var fixture = await StartedAsync("a", "b");
        fixture.Server.RestoreTo(5, "a");

        var report = await AuditAsync(fixture);

        Assert.Equal((AuditOutcome.Different, AuditRepair.Reset, true), (report.Outcome, report.Repair, report.IsRepaired));
        Assert.Equal("the server answers at revision 5, though 12 was seen before", report.Reason);
        await fixture.SeenAsync("+a", "+b", "reset", "+a");
        Assert.Equal((1, 1), (fixture.Informer.Log.Epoch, fixture.Informer.Counters.Resets));
    }

    [Fact]
    public async Task A_server_restored_and_ahead_again_is_known_by_versions_it_never_had()
    {
        await using var fixture = await StartedAsync("a", "b");
        fixture.Server.Put("b", "lost");
        await fixture.SeenAsync("+a", "+b", "~b");
        fixture.Server.RestoreTo(9, "a", "b");
        fixture.Server.LosesEvents = true;
        for (var i = 0; i < 10; i++)
        {
            fixture.Server.Put("c", $"{i}");
        }

        fixture.Server.LosesEvents = false;
        fixture.Server.Put("c", "last");
        await fixture.SeenAsync("+a", "+b", "~b", "+c");

        var report = await AuditAsync(fixture);

        Assert.Equal(
            (0, 0, 2, AuditRepair.Reset, true),
            (report.Missing, report.Extra, report.Different, report.Repair, report.IsRepaired)
        );
        Assert.All(report.Differences, difference => Assert.Equal(AuditDifferenceKind.OtherHistory, difference.Kind));
        await Eventually.TrueAsync(() => fixture.Seen.Contains("reset") && fixture.Seen.Count == 8, "everything is delivered again");
        Assert.Equal((AuditOutcome.Equal, 3), ((await AuditAsync(fixture)).Outcome, fixture.Informer.Store.Count));
    }

    [Fact]
    public async Task A_list_that_fails_says_why_and_changes_nothing()
    {
        await using var fixture = await StartedAsync("a");
        fixture.Server.FailLists(new IOException("cut"));

        var report = await AuditAsync(fixture);

        Assert.Equal((AuditOutcome.Incomplete, "scripted pods cannot be listed: cut"), (report.Outcome, report.Reason));
        Assert.True(fixture.Informer.Freshness.IsLive);
        Assert.Equal((0, 1), (fixture.Informer.Counters.Audits, fixture.Informer.Counters.IncompleteAudits));
    }

    [Fact]
    public async Task A_cache_that_says_it_is_stale_is_not_accused()
    {
        await using var fixture = await StartedAsync("a", "b");
        fixture.Server.FailWatches([.. Enumerable.Range(0, 100).Select(_ => new IOException("refused"))]);
        fixture.Server.EndWatches(new IOException("cut"));
        await Eventually.TrueAsync(() => !fixture.Informer.Freshness.IsLive, "stale");
        fixture.Server.LosesEvents = true;
        fixture.Server.Delete("b");

        var audit = fixture.Informer.AuditAsync(Cancellation);
        await fixture.WithTimeAsync(() => audit.IsCompleted, "the audit gave up");
        var report = await audit;

        Assert.Equal((AuditOutcome.Incomplete, 0), (report.Outcome, report.Total));
        Assert.Contains("is not live", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_timer_audits_in_every_period_a_quarter_earlier_or_later()
    {
        await using var fixture = new InformerFixture(audit: new AuditOptions { Period = TimeSpan.FromMinutes(10) });
        await fixture.StartAsync();
        var times = new List<DateTimeOffset> { fixture.Clock.GetUtcNow() };
        for (var i = 1; i <= 5; i++)
        {
            var before = fixture.Informer.Counters.Audits;
            await Eventually.TrueAsync(
                () =>
                {
                    fixture.Clock.Advance(TimeSpan.FromSeconds(20));
                    return fixture.Informer.Counters.Audits > before;
                },
                $"audit {i}",
                TimeSpan.FromSeconds(30)
            );
            times.Add(fixture.Informer.Status.LastAudit!.Since);
        }

        var gaps = times.Zip(times.Skip(1), (one, next) => next - one).ToList();
        Assert.All(gaps, gap => Assert.InRange(gap, TimeSpan.FromMinutes(7.5), TimeSpan.FromMinutes(13)));
        Assert.True(gaps.Distinct().Count() == 5, "the periods vary");
    }

    [Fact]
    public async Task An_informer_that_stops_ends_its_audit()
    {
        var fixture = await StartedAsync("a", "b");
        fixture.Server.LosesEvents = true;
        fixture.Server.Delete("b");
        var audit = fixture.Informer.AuditAsync(Cancellation);
        await Eventually.TrueAsync(
            () => fixture.Tap.Lists.Count == 2 && fixture.Clock.ActiveTimers >= 2,
            "the audit has listed, and waits"
        );

        await fixture.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => audit);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Informer.AuditAsync(Cancellation));
    }

    private static async Task<InformerFixture> StartedAsync(params string[] names)
    {
        var fixture = new InformerFixture();
        foreach (var name in names)
        {
            fixture.Server.Put(name);
        }

        await fixture.StartAsync();
        return fixture;
    }

    private static Task<AuditReport> AuditAsync(InformerFixture fixture) =>
        fixture.Informer.AuditAsync(Cancellation).WaitAsync(Limit, TimeProvider.System, Cancellation);
}
