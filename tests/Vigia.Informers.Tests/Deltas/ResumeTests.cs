using Vigia.Informers.Tests.Reflecting;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Deltas;

/// <summary>
/// What a log says to a cursor of another replica: goes on, waits, belongs to a lost history, or is too old.
/// </summary>
public sealed class ResumeTests
{
    [Fact]
    public async Task A_change_that_is_in_the_log_is_gone_on_from_whatever_the_revision_says()
    {
        await using var fixture = await SyncedAsync("a");
        fixture.Server.Put("a", "1");
        fixture.Server.Put("b", "1");
        await fixture.SeenAsync("+a", "~a", "+b");
        var changed = Of(fixture, "a");
        fixture.Server.Put("c", "1");
        await fixture.SeenAsync("+a", "~a", "+b", "+c");

        // The reader had come to a revision far ahead of the change: nothing of this resource happened between them.
        var (outcome, cursor) = fixture.Informer.Log.Resume(Number(9000), changed);
        Assert.Equal(ResumeOutcome.Opened, outcome);
        var deltas = new List<Delta>();
        cursor!.Read(deltas);
        Assert.Equal(["b", "c"], deltas.Select(delta => delta.Object.Name));
        Assert.Equal(Of(fixture, "c"), cursor.Change);
    }

    [Fact]
    public async Task A_revision_that_was_another_objects_change_is_of_another_history()
    {
        await using var fixture = await SyncedAsync("a");
        fixture.Server.Put("b", "1");
        await fixture.SeenAsync("+a", "+b");
        var change = Of(fixture, "b");

        Assert.Equal(ResumeOutcome.Opened, fixture.Informer.Log.Resume(Number(change.Revision), change).Outcome);
        Assert.Equal(
            ResumeOutcome.OtherHistory,
            fixture.Informer.Log.Resume(Number(change.Revision), change with { Digest = change.Digest ^ 1 }).Outcome
        );
    }

    [Fact]
    public async Task A_revision_at_which_nothing_changed_is_of_another_history_too()
    {
        await using var fixture = await SyncedAsync("a");
        fixture.Server.Put("b", "1");
        fixture.Server.Put("c", "1");
        fixture.Server.Put("d", "1");
        await fixture.SeenAsync("+a", "+b", "+c", "+d");
        var (b, d) = (Of(fixture, "b"), Of(fixture, "d"));
        fixture.Server.Bookmark(d.Revision + 10);
        await Eventually.TrueAsync(() => fixture.Informer.Log.Revision.Number == d.Revision + 10, "the bookmark came");

        Assert.Equal(
            ResumeOutcome.OtherHistory,
            fixture.Informer.Log.Resume(Number(d.Revision + 5), new ChangeMark(d.Revision + 5, b.Digest)).Outcome
        );
    }

    [Fact]
    public async Task A_change_that_the_log_has_not_come_to_waits_and_one_from_before_the_first_list_is_too_old()
    {
        await using var fixture = await SyncedAsync("a");
        var held = Of(fixture, "a");

        Assert.Equal(ResumeOutcome.Ahead, fixture.Informer.Log.Resume(Number(9000), new ChangeMark(9000, 1)).Outcome);
        Assert.Equal(ResumeOutcome.TooOld, fixture.Informer.Log.Resume(Number(held.Revision), held).Outcome);
        Assert.True(fixture.Informer.Log.Holds(held));
        Assert.False(fixture.Informer.Log.Holds(held with { Digest = held.Digest ^ 1 }));
    }

    [Fact]
    public async Task The_revisions_that_a_restore_took_back_are_refused_where_nothing_else_is_known()
    {
        await using var fixture = await SyncedAsync("a");
        for (var i = 0; i < 20; i++)
        {
            fixture.Server.Put("lost", $"{i}");
        }

        await Eventually.TrueAsync(() => fixture.Informer.Log.Appended == 21, "all came");
        var highest = fixture.Informer.Log.Revision.Number;
        fixture.Server.RestoreTo(11, "a");
        fixture.Server.EndWatches(new IOException("gone"));
        await fixture.WithTimeAsync(() => fixture.Informer.Log.Epoch == 1 && fixture.Informer.Freshness.IsLive, "the restore was noticed");
        var log = fixture.Informer.Log;

        Assert.True(log.IsLost(Number(highest)));
        Assert.False(log.IsLost(Number(highest + 1)));
        Assert.Null(log.OpenAfter(Number(12)));
        Assert.Equal(ResumeOutcome.OtherHistory, log.Resume(Number(highest), ChangeMark.None).Outcome);

        // The new history counts through the same revisions: a change of it proves itself.
        for (var i = 0; i < 5; i++)
        {
            fixture.Server.Put("new", $"{i}");
        }

        await Eventually.TrueAsync(() => log.Revision.Number == 16, "the new history came");
        Assert.Equal(ResumeOutcome.Opened, log.Resume(log.Revision, Of(fixture, "new")).Outcome);
        Assert.Equal(ResumeOutcome.OtherHistory, log.Resume(Number(15), new ChangeMark(15, 4711)).Outcome);
        Assert.NotNull(log.OpenAfter(Number(14), isOfThisHistory: true));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(ulong.MaxValue, 0xFFFFFF)]
    public void A_marks_digest_goes_into_four_characters_and_back(ulong revision, uint digest)
    {
        var mark = new ChangeMark(revision, digest);
        Assert.Equal(4, mark.DigestText().Length);
        Assert.True(ChangeMark.TryParseDigest(mark.DigestText(), out var read));
        Assert.Equal(digest, read);
        Assert.False(ChangeMark.TryParseDigest("###", out _));
        Assert.False(ChangeMark.TryParseDigest("AAAAA", out _));
        Assert.False(ChangeMark.TryParseDigest("A+/A", out _));
    }

    private static async Task<InformerFixture> SyncedAsync(params string[] names)
    {
        var fixture = new InformerFixture();
        foreach (var name in names)
        {
            fixture.Server.Put(name);
        }

        await fixture.StartAsync();
        return fixture;
    }

    private static ChangeMark Of(InformerFixture fixture, string name) =>
        ChangeMark.Of(fixture.Informer.Store.List().Single(o => o.Name == name));

    private static ResourceVersion Number(ulong revision) => ResourceVersion.FromNumber(revision);
}
