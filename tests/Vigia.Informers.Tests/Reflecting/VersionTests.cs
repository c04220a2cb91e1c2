using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// Revisions that servers do not tell, or not in a form that can be compared (informers.md 2.1.10 to 2.1.12;
/// docs/conformance.md 139, 144).
/// </summary>
public sealed class VersionTests
{
    [Fact]
    public async Task A_list_without_a_revision_is_watched_without_one()
    {
        await using var fixture = new InformerFixture();
        fixture.Tap.AnswerList = (_, sink, _) => Task.FromResult<ListPage?>(List(sink, "", Item("a", "", "1")));
        await fixture.StartAsync();

        Assert.Equal("WATCH rv=", fixture.Requests[^1]);
        Assert.Equal(["a"], fixture.Names);
    }

    [Fact]
    public async Task Objects_without_a_version_are_told_apart_by_their_content()
    {
        await using var fixture = new InformerFixture();
        var lists = 0;
        fixture.Tap.AnswerList = (_, sink, _) =>
            Task.FromResult<ListPage?>(
                ++lists == 1
                    ? List(sink, "10", Item("changed", "", "1"), Item("same", "", "1"))
                    : List(sink, "11", Item("changed", "", "2"), Item("same", "", "1"))
            );
        await fixture.StartAsync();
        await fixture.SeenAsync("+changed", "+same");
        fixture.Expire();
        await fixture.LiveAsync(watches: 2);

        await fixture.SeenAsync("+changed", "+same", "~changed");
        Assert.Equal("2", fixture.Informer.Store.Get(new ObjectKey("default", "changed"))!.Labels[0].Value);
    }

    [Fact]
    public async Task An_event_without_a_version_is_applied_and_does_not_move_the_revision()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        fixture.Server.Send($$"""{"type":"ADDED","object":{{Item("a", "", "1")}}}""");
        fixture.Server.Send($$"""{"type":"MODIFIED","object":{{Item("a", "", "2")}}}""");
        await fixture.SeenAsync("+a", "~a");

        Assert.Equal("10", fixture.Informer.Log.Revision.ToString());
    }

    [Fact]
    public async Task Versions_that_cannot_be_compared_are_taken_in_the_order_they_come()
    {
        await using var fixture = new InformerFixture();
        fixture.Tap.AnswerList = (_, sink, _) => Task.FromResult<ListPage?>(List(sink, "x/9", Item("a", "x/9", "1")));
        await fixture.StartAsync();
        fixture.Server.Send($$"""{"type":"MODIFIED","object":{{Item("a", "x/10", "2")}}}""");
        fixture.Server.Send($$"""{"type":"MODIFIED","object":{{Item("a", "w/1", "3")}}}""");
        await fixture.SeenAsync("+a", "~a", "~a");
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        fixture.Server.EndWatches();
        await fixture.LiveAsync(watches: 2);

        Assert.Equal("WATCH rv=w/1", fixture.Requests[^1]);
        Assert.Equal((0L, 0L), (fixture.Informer.Counters.StaleReads, fixture.Informer.Counters.Resets));
    }

    [Fact]
    public async Task A_bookmark_behind_the_revision_leads_to_the_question_after_the_server_s_revision()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        fixture.Server.Bookmark(5);
        await fixture.LiveWithTimeAsync(watches: 2);

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11", "LIST rv= limit=1", "WATCH rv=11"], fixture.Requests);
        Assert.Equal(InformerState.Synced, fixture.Informer.Status.State);
    }

    [Fact]
    public async Task A_relist_that_answers_with_an_older_revision_than_was_seen_becomes_a_reset_and_not_a_mixture()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        fixture.Server.Put("b");
        await fixture.StartAsync();
        await fixture.SeenAsync("+a", "+b");
        fixture.Server.RestoreTo(5, "a", "c");
        fixture.Expire();
        await fixture.LiveAsync(watches: 2);
        await Eventually.TrueAsync(() => fixture.Seen.Contains("reset") && fixture.Informer.Log.Revision.Number == 5, "reset");

        Assert.Equal(["a", "c"], fixture.Names);
        Assert.Equal("LIST rv= limit=500", fixture.Requests[^2]);
    }

    private static string Item(string name, string version, string value)
    {
        var versioned = version.Length == 0 ? "" : $",\"resourceVersion\":\"{version}\"";
        return $$$"""{"metadata":{"name":"{{{name}}}","namespace":"default","uid":"uid-{{{name}}}"{{{versioned}}}"""
            + $$$""","labels":{"value":"{{{value}}}"} } }""";
    }

    private static ListPage List(IListSink sink, string revision, params string[] items)
    {
        foreach (var item in items)
        {
            var o = RawObject.Parse(System.Text.Encoding.UTF8.GetBytes(item));
            if (sink.Wants(o.Key, o.Identity, o.ResourceVersion))
            {
                sink.Item(o);
            }
        }

        return new(ResourceVersion.Parse(revision), "", null, items.Length);
    }
}
