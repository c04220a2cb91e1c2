using System.Collections.Concurrent;
using Vigia.Informers.Tests.Reflecting;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Informing;

/// <summary>A handler's own resync: all that it knows, again, and never anything that goes back.</summary>
public sealed class ResyncTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_handler_with_a_period_is_given_everything_again_and_the_others_nothing()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a", "1");
        fixture.Server.Put("b", "1");
        var seen = new ConcurrentQueue<Delta>();
        var resynced = fixture.Informer.AddHandler(new Noting(seen), Period);
        await fixture.StartAsync();
        await Eventually.TrueAsync(() => resynced.HasSynced, "the first list was handled");
        for (var round = 1; round <= 3; round++)
        {
            fixture.Clock.Advance(Period);
            await Eventually.TrueAsync(() => seen.Count == 2 + (2 * round), $"resync {round}");
        }

        Assert.All(seen.Skip(2), delta => Assert.True(delta.Kind == DeltaKind.Updated && ReferenceEquals(delta.Old, delta.New)));
        Assert.Equal(["a", "a", "a", "b", "b", "b"], seen.Skip(2).Select(delta => delta.Object.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["+a", "+b"], fixture.Seen);
        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=12"], fixture.Requests);
    }

    [Fact]
    public async Task A_resync_is_called_between_changes_and_leaves_out_what_a_change_is_on_the_way_for()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a", "1");
        fixture.Server.Put("b", "1");
        var seen = new ConcurrentQueue<Delta>();
        var gate = new SemaphoreSlim(0);
        var handler = fixture.Informer.AddHandler(new Noting(seen, gate), Period);
        await fixture.StartAsync();
        gate.Release(2);
        await Eventually.TrueAsync(() => handler.HasSynced, "the first list was handled");

        // It is busy with b when a changes and the period ends: at the resync the store is ahead of it.
        fixture.Server.Put("b", "2");
        await Eventually.TrueAsync(() => seen.Count == 3, "it is at b");
        fixture.Server.Put("a", "2");
        await Eventually.TrueAsync(() => fixture.Seen.Contains("~a"), "the store holds the change");
        fixture.Clock.Advance(Period);
        gate.Release(10);
        await Eventually.TrueAsync(() => seen.Count == 5, "the resync and the change");

        Assert.Equal(
            ["~b=2", "~b=2 again", "~a=2"],
            seen.Skip(2)
                .Select(delta =>
                    $"~{delta.Object.Name}={delta.Object.Labels[0].Value}{(ReferenceEquals(delta.Old, delta.New) ? " again" : "")}"
                )
        );
        gate.Release(10);
    }

    [Fact]
    public async Task A_resync_does_not_bring_back_what_is_gone()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a", "1");
        fixture.Server.Put("b", "1");
        var seen = new ConcurrentQueue<Delta>();
        var handler = fixture.Informer.AddHandler(new Noting(seen), Period);
        await fixture.StartAsync();
        await Eventually.TrueAsync(() => handler.HasSynced, "the first list was handled");
        fixture.Server.Delete("a");
        await Eventually.TrueAsync(() => seen.Count == 3, "the deletion was told");
        fixture.Clock.Advance(Period);
        await Eventually.TrueAsync(() => seen.Count >= 4, "the resync");

        Assert.Equal(["Deleted a", "Updated b"], seen.Skip(2).Select(delta => $"{delta.Kind} {delta.Object.Name}"));
    }

    [Fact]
    public async Task A_period_that_is_not_positive_is_refused()
    {
        await using var fixture = new InformerFixture();

        Assert.Throws<ArgumentOutOfRangeException>(() => fixture.Informer.AddHandler(new ResourceEventHandlerFuncs(), TimeSpan.Zero));
    }

    [Fact]
    public async Task A_removed_handler_leaves_no_timer()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        var timers = fixture.Clock.ActiveTimers;
        var handler = fixture.Informer.AddHandler(new ResourceEventHandlerFuncs(), Period);
        Assert.Equal(timers + 1, fixture.Clock.ActiveTimers);

        await handler.DisposeAsync();

        Assert.Equal(timers, fixture.Clock.ActiveTimers);
    }

    private sealed class Noting(ConcurrentQueue<Delta> seen, SemaphoreSlim? gate = null) : IResourceEventHandler
    {
        public async ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken)
        {
            seen.Enqueue(delta);
            if (gate is not null)
            {
                await gate.WaitAsync(cancellationToken);
            }
        }
    }
}
