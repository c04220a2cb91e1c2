using Vigia.Informers.Tests.Reflecting;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Informing;

/// <summary>An informer's life, and the factory that shares informers (docs/conformance.md 101 to 106).</summary>
public sealed class FactoryTests
{
    private static readonly GroupVersionResource Pods = new("", "v1", "pods");
    private static readonly GroupVersionResource Jobs = new("batch", "v1", "jobs");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_state_goes_from_waiting_over_syncing_to_synced_and_stopped()
    {
        var fixture = new InformerFixture();
        var states = new List<InformerState> { fixture.Informer.Status.State };
        fixture.Server.OnRequest = request =>
            states.Add(request.StartsWith("LIST", StringComparison.Ordinal) ? fixture.Informer.Status.State : InformerState.Synced);
        await fixture.StartAsync();
        states.Add(fixture.Informer.Status.State);
        await fixture.DisposeAsync();
        states.Add(fixture.Informer.Status.State);

        Assert.Equal(
            [InformerState.Waiting, InformerState.Syncing, InformerState.Synced, InformerState.Synced, InformerState.Stopped],
            states
        );
        Assert.False(fixture.Informer.Freshness.IsLive);
        Assert.Equal("stopped", fixture.Informer.Freshness.Reason);
    }

    [Fact]
    public async Task Starting_twice_lists_once()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        await fixture.StartAsync();

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=10"], fixture.Requests);
    }

    [Fact]
    public async Task Once_synced_it_says_so_for_good_and_says_apart_from_that_that_it_is_stale()
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        fixture.Server.FailWatches([.. Enumerable.Range(0, 10).Select(_ => Refusals.Internal())]);
        fixture.Server.EndWatches();
        await fixture.WaitingAsync(1);

        Assert.True(fixture.Informer.HasSynced);
        Assert.False(fixture.Informer.Freshness.IsLive);
    }

    [Fact]
    public async Task Who_asks_the_same_question_gets_the_same_informer()
    {
        var clock = new ManualTimeProvider();
        await using var factory = New(clock, []);
        var first = factory.ForResource(Pods);

        Assert.Same(first, factory.ForResource(Pods, new ListerWatcherOptions()));
        Assert.NotSame(first, factory.ForResource(Pods, new ListerWatcherOptions { Namespace = "a" }));
        Assert.NotSame(first, factory.ForResource(Pods, new ListerWatcherOptions { LabelSelector = "a=b" }));
        Assert.NotSame(first, factory.ForResource(Pods, new ListerWatcherOptions { FieldSelector = "spec.nodeName=n" }));
        Assert.NotSame(first, factory.ForResource(Pods, new ListerWatcherOptions { MetadataOnly = true }));
        Assert.NotSame(first, factory.ForResource(Jobs));
        Assert.Equal(6, factory.Informers.Count());
    }

    [Fact]
    public async Task Starting_again_starts_what_was_asked_for_since()
    {
        var clock = new ManualTimeProvider();
        var servers = new Dictionary<GroupVersionResource, ScriptedServer>();
        await using var factory = New(clock, servers);
        var pods = factory.ForResource(Pods);
        factory.Start();
        await pods.WhenSynced.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        var jobs = factory.ForResource(Jobs);
        Assert.Equal(InformerState.Waiting, jobs.Status.State);
        factory.Start();
        await jobs.WhenSynced.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);

        Assert.Equal(1, pods.Status.Lists);
        Assert.Empty(await factory.WaitForSyncAsync(Cancellation));
    }

    [Fact]
    public async Task Waiting_for_all_ends_with_the_names_of_those_that_have_not_synced_and_why()
    {
        var clock = new ManualTimeProvider();
        var servers = new Dictionary<GroupVersionResource, ScriptedServer>();
        await using var factory = New(clock, servers);
        var pods = factory.ForResource(Pods);
        var jobs = factory.ForResource(Jobs);
        servers[Jobs].FailLists(ApiErrors.Forbidden("jobs.batch is forbidden: User \"limited\" cannot list resource \"jobs\""));
        factory.Start();
        await pods.WhenSynced.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        await Eventually.TrueAsync(() => jobs.Status.State == InformerState.Denied, "denied");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var waiting = factory.WaitForSyncAsync(patience.Token);
        Assert.False(waiting.IsCompleted);
        await patience.CancelAsync();

        var (resource, reason) = Assert.Single(await waiting);
        Assert.Equal(Jobs, resource);
        Assert.Contains("cannot list resource \"jobs\"", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disposed_factory_has_stopped_all_its_informers_and_makes_no_more()
    {
        var clock = new ManualTimeProvider();
        var servers = new Dictionary<GroupVersionResource, ScriptedServer>();
        var factory = New(clock, servers);
        var informers = new[] { factory.ForResource(Pods), factory.ForResource(Jobs) };
        factory.Start();
        await Eventually.TrueAsync(() => informers.All(informer => informer.Freshness.IsLive), "both live");
        await factory.DisposeAsync();
        await factory.DisposeAsync();

        Assert.All(informers, informer => Assert.Equal(InformerState.Stopped, informer.Status.State));
        Assert.All(servers.Values, server => Assert.Equal(0, server.OpenWatches));
        Assert.Equal(0, clock.ActiveTimers);
        Assert.Throws<ObjectDisposedException>(() => factory.ForResource(Pods));
    }

    private static SharedInformerFactory New(ManualTimeProvider clock, Dictionary<GroupVersionResource, ScriptedServer> servers) =>
        new((resource, _) => servers[resource] = new ScriptedServer { Resource = resource }, new SharedInformerOptions { Seed = 1 }, clock);
}
