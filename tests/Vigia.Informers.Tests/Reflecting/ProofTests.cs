using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// A new watch that stays silent is proven once: a server restored to an older state accepts a watch of its future and sends nothing.
/// </summary>
public sealed class ProofTests
{
    private static ReflectorOptions Proven => new() { ProofPatience = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task A_silent_watch_is_proven_once_by_the_servers_revision()
    {
        await using var rig = new InformerRig(Proven);
        rig.Server.Put("a");
        await rig.StartAsync();
        await rig.WithTimeAsync(() => rig.Requests.Count == 3, "the server was asked");

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11", "LIST rv= limit=1"], rig.Requests);
        Assert.Equal(1, rig.Informer.Status.Watches);
        Assert.True(rig.Informer.Freshness.IsLive);

        // The next timer is the watch's own: five minutes at least.
        Assert.True(await rig.Clock.AdvanceToNextTimerAsync(TimeSpan.FromMinutes(20)) > TimeSpan.FromMinutes(4));
    }

    [Fact]
    public async Task A_watch_that_has_sent_something_needs_no_proof()
    {
        await using var rig = new InformerRig(Proven);
        await rig.StartAsync();
        rig.Server.Put("a");
        await Eventually.TrueAsync(() => rig.Names.SequenceEqual(["a"]), "the event came");
        rig.Clock.Advance(TimeSpan.FromMinutes(4));
        rig.Server.Put("b");
        await Eventually.TrueAsync(() => rig.Names.SequenceEqual(["a", "b"]), "another event came");

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=10"], rig.Requests);
    }

    [Fact]
    public async Task A_server_restored_between_two_watches_is_found_out_though_its_watch_is_accepted()
    {
        await using var rig = new InformerRig(Proven);
        rig.Server.Put("a");
        rig.Server.Put("b");
        rig.Server.Put("c");
        await rig.StartAsync();

        // Its connections were replaced, and what it lost was never seen by the watch that stands now.
        rig.Server.RestoreTo(11, "a");
        await rig.WithTimeAsync(
            () => rig.Names.SequenceEqual(["a"]),
            $"the restored state is held; requests: {string.Join("; ", rig.Requests)}"
        );

        Assert.Equal(1, rig.Informer.Counters.Resets);
        Assert.Contains("reset", rig.Seen);
    }

    [Fact]
    public async Task A_proof_that_cannot_be_had_is_tried_again_and_the_watch_stands()
    {
        await using var rig = new InformerRig(Proven);
        await rig.StartAsync();
        rig.Server.FailLists(new IOException("away"));
        await rig.WithTimeAsync(() => rig.Requests.Count == 3, "the server was asked");
        await rig.WithTimeAsync(() => rig.Requests.Count == 4, "the server was asked again");

        Assert.Equal(["LIST rv= limit=1", "LIST rv= limit=1"], rig.Requests[2..]);
        Assert.Equal(1, rig.Informer.Status.Watches);
        Assert.True(rig.Informer.Freshness.IsLive);
    }
}
