using Vigia.Informers.Tests.Reflecting;

namespace Vigia.Informers.Tests.Informing;

/// <summary>An informer read as a sequence of steps.</summary>
public sealed class FollowingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_step_is_a_snapshot_then_changes_come_and_the_end_of_the_informer_ends_it()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        await using var steps = fixture.Informer.FollowAsync(Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.True(await steps.MoveNextAsync());
        Assert.Equal(
            (ResetReason.Start, 1, 0, true, true),
            (
                steps.Current.Reset,
                steps.Current.Snapshot.Count,
                steps.Current.Deltas.Count,
                steps.Current.HasSynced,
                steps.Current.Freshness.IsLive
            )
        );
        fixture.Server.Put("b");
        Assert.True(await steps.MoveNextAsync());
        Assert.Equal(
            ("b", (ResetReason?)null, 0),
            (Assert.Single(steps.Current.Deltas).Object.Name, steps.Current.Reset, steps.Current.Snapshot.Count)
        );
        await fixture.Informer.DisposeAsync();
        Assert.True(await steps.MoveNextAsync());
        Assert.Equal((false, "stopped"), (steps.Current.Freshness.IsLive, steps.Current.Freshness.Reason));
        Assert.False(await steps.MoveNextAsync());
    }

    [Fact]
    public async Task A_change_of_freshness_is_a_step_of_its_own()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        await using var steps = fixture.Informer.FollowAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await steps.MoveNextAsync());
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        fixture.Server.FailWatches([.. Enumerable.Range(0, 3).Select(_ => Refusals.Internal())]);
        fixture.Server.EndWatches();

        do
        {
            Assert.True(await steps.MoveNextAsync());
        } while (steps.Current.Freshness.IsLive);

        Assert.Empty(steps.Current.Deltas);
        Assert.NotNull(steps.Current.Freshness.Reason);
    }

    [Fact]
    public async Task Before_the_first_list_it_says_why_there_is_nothing()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await using var steps = fixture.Informer.FollowAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await steps.MoveNextAsync());
        Assert.Equal((false, "not started"), (steps.Current.HasSynced, steps.Current.Freshness.Reason));
        fixture.Informer.Start();
        var deltas = new List<Delta>();
        while (!(steps.Current.HasSynced && steps.Current.Freshness.IsLive && deltas.Count > 0))
        {
            Assert.True(await steps.MoveNextAsync());
            deltas.AddRange(steps.Current.Deltas);
        }

        Assert.Equal("a", Assert.Single(deltas).Object.Name);
    }

    [Fact]
    public async Task A_server_that_went_back_resets_it_with_what_is_held_now()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        fixture.Server.Put("b");
        await fixture.StartAsync();
        await using var steps = fixture.Informer.FollowAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await steps.MoveNextAsync());
        fixture.Server.RestoreTo(5, "c");
        fixture.Server.EndWatches(new IOException("the server went down"));
        var names = new HashSet<string>();
        var next = steps.MoveNextAsync().AsTask();
        var reset = false;
        await fixture.WithTimeAsync(
            () =>
            {
                while (next.IsCompletedSuccessfully)
                {
                    if (steps.Current.Reset is { } reason)
                    {
                        Assert.Equal(ResetReason.Restored, reason);
                        reset = true;
                        names = [.. steps.Current.Snapshot.Select(o => o.Name)];
                    }

                    names.UnionWith(
                        steps.Current.Deltas.Where(delta => delta.Kind != DeltaKind.Deleted).Select(delta => delta.Object.Name)
                    );
                    next = steps.MoveNextAsync().AsTask();
                }

                return reset && names.Contains("c");
            },
            "a reset"
        );

        Assert.Equal(["c"], names);
        await fixture.Informer.DisposeAsync();
        await next;
    }

    [Fact]
    public async Task Its_token_ends_it()
    {
        await using var fixture = new InformerFixture();
        using var stop = new CancellationTokenSource();
        await using var steps = fixture.Informer.FollowAsync(stop.Token).GetAsyncEnumerator(Cancellation);
        Assert.True(await steps.MoveNextAsync());
        var next = steps.MoveNextAsync();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }
}
