using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// A new watch that stays silent is proven once: a server restored to an older state accepts a watch of its future and
/// sends nothing.
/// </summary>
public sealed class ProofTests
{
    private static ReflectorOptions Proven => new() { ProofPatience = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task A_silent_watch_is_proven_once_by_the_servers_revision()
    {
        await using var fixture = new InformerFixture(Proven);
        fixture.Server.Put("a");
        await fixture.StartAsync();
        await fixture.WithTimeAsync(() => fixture.Requests.Count == 3, "the server was asked");

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11", "LIST rv= limit=1"], fixture.Requests);
        Assert.Equal(1, fixture.Informer.Status.Watches);
        Assert.True(fixture.Informer.Freshness.IsLive);

        // The next timer is the watch's own: five minutes at least.
        Assert.True(await fixture.Clock.AdvanceToNextTimerAsync(TimeSpan.FromMinutes(20)) > TimeSpan.FromMinutes(4));
    }

    [Fact]
    public async Task A_watch_that_has_sent_something_needs_no_proof()
    {
        await using var fixture = new InformerFixture(Proven);
        await fixture.StartAsync();
        fixture.Server.Put("a");
        await Eventually.TrueAsync(() => fixture.Names.SequenceEqual(["a"]), "the event came");
        fixture.Clock.Advance(TimeSpan.FromMinutes(4));
        fixture.Server.Put("b");
        await Eventually.TrueAsync(() => fixture.Names.SequenceEqual(["a", "b"]), "another event came");

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=10"], fixture.Requests);
    }

    [Fact]
    public async Task A_server_restored_between_two_watches_is_found_out_though_its_watch_is_accepted()
    {
        await using var fixture = new InformerFixture(Proven);
        fixture.Server.Put("a");
        fixture.Server.Put("b");
        fixture.Server.Put("c");
        await fixture.StartAsync();

        // Its connections were replaced, and what it lost was never seen by the watch that stands now.
        fixture.Server.RestoreTo(11, "a");
        await fixture.WithTimeAsync(
            () => fixture.Names.SequenceEqual(["a"]),
            $"the restored state is held; requests: {string.Join("; ", fixture.Requests)}"
        );

        Assert.Equal(1, fixture.Informer.Counters.Resets);
        Assert.Contains("reset", fixture.Seen);
    }

    [Fact]
    public async Task A_proof_that_cannot_be_had_is_tried_again_and_the_watch_stands()
    {
        await using var fixture = new InformerFixture(Proven);
        await fixture.StartAsync();
        fixture.Server.FailLists(new IOException("away"));
        await fixture.WithTimeAsync(() => fixture.Requests.Count == 3, "the server was asked");
        await fixture.WithTimeAsync(() => fixture.Requests.Count == 4, "the server was asked again");

        Assert.Equal(["LIST rv= limit=1", "LIST rv= limit=1"], fixture.Requests[2..]);
        Assert.Equal(1, fixture.Informer.Status.Watches);
        Assert.True(fixture.Informer.Freshness.IsLive);
    }
}
