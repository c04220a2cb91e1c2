using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// Revisions that servers do not tell, or not in a form that can be compared (informers.md 2.1.10 to 2.1.12; docs/conformance.md 139, 144).
/// </summary>
public sealed class VersionTests
{
    [Fact]
    public async Task A_list_without_a_revision_is_watched_without_one()
    {
        await using var rig = new InformerRig();
        rig.Tap.AnswerList = (_, sink, _) => Task.FromResult<ListPage?>(List(sink, "", Item("a", "", "1")));
        await rig.StartAsync();

        Assert.Equal("WATCH rv=", rig.Requests[^1]);
        Assert.Equal(["a"], rig.Names);
    }

    [Fact]
    public async Task Objects_without_a_version_are_told_apart_by_their_content()
    {
        await using var rig = new InformerRig();
        var lists = 0;
        rig.Tap.AnswerList = (_, sink, _) =>
            Task.FromResult<ListPage?>(
                ++lists == 1
                    ? List(sink, "10", Item("changed", "", "1"), Item("same", "", "1"))
                    : List(sink, "11", Item("changed", "", "2"), Item("same", "", "1"))
            );
        await rig.StartAsync();
        await rig.SeenAsync("+changed", "+same");
        rig.Expire();
        await rig.LiveAsync(watches: 2);

        await rig.SeenAsync("+changed", "+same", "~changed");
        Assert.Equal("2", rig.Informer.Store.Get(new ObjectKey("default", "changed"))!.Labels[0].Value);
    }

    [Fact]
    public async Task An_event_without_a_version_is_applied_and_does_not_move_the_revision()
    {
        await using var rig = new InformerRig();
        await rig.StartAsync();
        rig.Server.Send($$"""{"type":"ADDED","object":{{Item("a", "", "1")}}}""");
        rig.Server.Send($$"""{"type":"MODIFIED","object":{{Item("a", "", "2")}}}""");
        await rig.SeenAsync("+a", "~a");

        Assert.Equal("10", rig.Informer.Log.Revision.ToString());
    }

    [Fact]
    public async Task Versions_that_cannot_be_compared_are_taken_in_the_order_they_come()
    {
        await using var rig = new InformerRig();
        rig.Tap.AnswerList = (_, sink, _) => Task.FromResult<ListPage?>(List(sink, "x/9", Item("a", "x/9", "1")));
        await rig.StartAsync();
        rig.Server.Send($$"""{"type":"MODIFIED","object":{{Item("a", "x/10", "2")}}}""");
        rig.Server.Send($$"""{"type":"MODIFIED","object":{{Item("a", "w/1", "3")}}}""");
        await rig.SeenAsync("+a", "~a", "~a");
        rig.Clock.Advance(TimeSpan.FromSeconds(2));
        rig.Server.EndWatches();
        await rig.LiveAsync(watches: 2);

        Assert.Equal("WATCH rv=w/1", rig.Requests[^1]);
        Assert.Equal((0L, 0L), (rig.Informer.Counters.StaleReads, rig.Informer.Counters.Resets));
    }

    [Fact]
    public async Task A_bookmark_behind_the_revision_leads_to_the_question_after_the_server_s_revision()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        await rig.StartAsync();
        rig.Server.Bookmark(5);
        await rig.LiveWithTimeAsync(watches: 2);

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11", "LIST rv= limit=1", "WATCH rv=11"], rig.Requests);
        Assert.Equal(InformerState.Synced, rig.Informer.Status.State);
    }

    [Fact]
    public async Task A_relist_that_answers_with_an_older_revision_than_was_seen_becomes_a_reset_and_not_a_mixture()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        rig.Server.Put("b");
        await rig.StartAsync();
        await rig.SeenAsync("+a", "+b");
        rig.Server.RestoreTo(5, "a", "c");
        rig.Expire();
        await rig.LiveAsync(watches: 2);
        await Eventually.TrueAsync(() => rig.Seen.Contains("reset") && rig.Informer.Log.Revision.Number == 5, "reset");

        Assert.Equal(["a", "c"], rig.Names);
        Assert.Equal("LIST rv= limit=500", rig.Requests[^2]);
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
