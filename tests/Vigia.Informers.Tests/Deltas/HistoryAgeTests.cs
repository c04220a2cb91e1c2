using Vigia.Testing;

namespace Vigia.Informers.Tests.Deltas;

/// <summary>How far back somebody may come.</summary>
public sealed class HistoryAgeTests
{
    [Fact]
    public async Task What_is_older_than_the_history_is_told_to_nobody_who_comes_back()
    {
        var (server, clock) = (new ScriptedServer(), new ManualTimeProvider());
        await using var informer = new SharedInformer(
            server,
            new SharedInformerOptions { Log = new DeltaLogOptions { MaxAge = TimeSpan.FromMinutes(5) } },
            clock
        );
        informer.Start();
        await Eventually.TrueAsync(() => informer.HasSynced, "synced");
        var (begin, position) = (informer.Log.Revision, informer.Log.OpenWithSnapshot().Cursor.Position);
        server.Put("a");
        server.Delete("a");
        await Eventually.TrueAsync(() => informer.Log.Appended >= position + 2, "both are seen");
        Assert.NotNull(informer.Log.OpenAfter(begin));
        Assert.NotNull(informer.Log.OpenAt(position, informer.Log.Epoch, begin));

        clock.Advance(TimeSpan.FromMinutes(4));
        server.Put("b");
        await Eventually.TrueAsync(() => informer.Log.Appended >= position + 3, "b is seen");
        var (middle, later) = (informer.Log.OpenWithSnapshot().Cursor.Revision, informer.Log.Appended);
        clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Null(informer.Log.OpenAfter(begin));
        Assert.Null(informer.Log.OpenAt(position, informer.Log.Epoch, begin));
        Assert.NotNull(informer.Log.OpenAfter(middle));
        Assert.NotNull(informer.Log.OpenAt(later, informer.Log.Epoch, middle));

        // A quiet resource: there is nothing that was not seen, however long ago that was.
        clock.Advance(TimeSpan.FromDays(30));
        Assert.NotNull(informer.Log.OpenAfter(informer.Log.Revision));
        Assert.Null(informer.Log.OpenAfter(begin));
    }
}
