using System.Text;
using Vigia.Gateway.Hosting;
using Vigia.Informers;
using Vigia.Live.Queries;
using Vigia.Live.Rights;
using Vigia.Live.Subscriptions;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Streams;

public abstract class LaggingReaderTests(bool takeover)
{
    [Fact]
    public async Task A_filtered_reader_that_lagged_is_told_exactly_what_entered_and_left()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("in", app: "web");
        fixture.Put("out", app: "db");
        fixture.Put("leaves", app: "web");
        fixture.Put("never", app: "db");
        var gateway = await fixture.GatewayAsync(log: new DeltaLogOptions { Capacity = 16 });
        var (source, sink) = Open(gateway, "app=web", StreamDelivery.Latest);
        await LiveAsync(source, sink);
        sink.Clear();

        // It stops reading here.
        fixture.Put("leaves", app: "web", annotation: "x");
        await SeenAsync(fixture, gateway);
        source.RememberMembers();
        fixture.Put("in", app: "web", annotation: "x");
        fixture.Put("leaves", app: "db");
        fixture.Put("never", app: "db", annotation: "x");
        fixture.Put("out", app: "web");
        fixture.Put("comes", app: "web");
        fixture.Delete("never");
        for (var i = 0; i < 40; i++)
        {
            fixture.Put("noise", app: "db", annotation: $"{i}");
        }

        await SeenAsync(fixture, gateway);
        await PumpAsync(source, sink);
        Assert.Equal(["+comes", "+out", "-leaves", "~in"], sink.Story.Order(StringComparer.Ordinal));
        await source.DisposeAsync();
    }

    [Fact]
    public async Task A_reader_that_wants_every_step_is_reset_where_steps_would_be_left_out()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync(log: new DeltaLogOptions { Capacity = 16 });
        var (latest, latestSink) = Open(gateway, null, StreamDelivery.Latest);
        var (every, everySink) = Open(gateway, null, StreamDelivery.Every);
        await LiveAsync(latest, latestSink);
        await LiveAsync(every, everySink);
        latestSink.Clear();
        everySink.Clear();
        for (var i = 0; i < 40; i++)
        {
            fixture.Put("a", annotation: $"{i}");
        }

        await SeenAsync(fixture, gateway);
        await PumpAsync(latest, latestSink);
        await PumpAsync(every, everySink);
        Assert.Equal(["~a"], latestSink.Story);
        Assert.Equal(["reset:Expired", "+a", "synced"], everySink.Story);
        await latest.DisposeAsync();
        await every.DisposeAsync();
    }

    [Fact]
    public async Task Updates_that_change_none_of_the_paths_that_matter_are_not_sent()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/pods/stream?changed=status.phase,metadata.labels.app");
        await stream.SyncedAsync();
        fixture.Put("a", annotation: "1");
        fixture.Put("a", annotation: "1", phase: "Failed");
        fixture.Put("a", annotation: "2", phase: "Failed");
        fixture.Put("a", annotation: "2", phase: "Failed", app: "db");
        fixture.Delete("a");
        await stream.StoryAsync("reset:start +a ~a ~a -a");
    }

    [Fact]
    public async Task A_thousand_clients_that_come_back_at_once_miss_nothing()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2000 }) { Timeout = TimeSpan.FromMinutes(1) };
        var url = new Uri(gateway.Url, "api/v1/pods/stream");
        var clients = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => SseClient.OpenAsync(http, url, null)));
        foreach (var client in clients)
        {
            await client.SyncedAsync();
        }

        var cursors = clients.Select(client => client.LastId).ToArray();
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        for (var i = 0; i < 20; i++)
        {
            fixture.Put($"p{i}");
        }

        fixture.Delete("a");
        var back = await Task.WhenAll(cursors.Select(cursor => SseClient.OpenAsync(http, url, cursor)));
        var expected = string.Join(' ', Enumerable.Range(0, 20).Select(i => $"+p{i}")) + " -a";
        foreach (var client in back)
        {
            await Eventually.TrueAsync(
                () => client.Story == expected,
                "each has what it missed, and nothing twice",
                TimeSpan.FromSeconds(60)
            );
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_fuzzy_search_means_the_same_in_lists_and_streams()
    {
        await using var fixture = await GatewayFixture.StartAsync(takeover: takeover);
        fixture.Put("checkout-api-1");
        fixture.Put("catalog-1");
        var gateway = await fixture.GatewayAsync();
        var (_, list) = await fixture.GetAsync(gateway, "api/v1/pods?search=~chkapi");
        Assert.Equal(1, (int)list["total"]!);
        var (_, others) = await fixture.GetAsync(gateway, "api/v1/pods?search=!~chkapi");
        Assert.Equal("catalog-1", (string)others["items"]![0]!["name"]!);
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/pods/stream?search=~chkapi");
        await stream.SyncedAsync();
        Assert.Equal("reset:start +checkout-api-1", stream.Story);
    }

    private static (LiveSubscription Source, Sink Sink) Open(GatewayServer gateway, string? labels, StreamDelivery delivery)
    {
        var view = new FeedView(gateway.Clusters.Sessions[0].Find("pods")!, LiveQuery.Of(null, labels), ViewRights.Everything);
        return (new LiveSubscription(view, null, delivery, null, ResetReason.Start, TimeProvider.System), new Sink());
    }

    private static Task LiveAsync(LiveSubscription source, Sink sink) =>
        Eventually.TrueAsync(
            async () =>
            {
                await PumpAsync(source, sink);
                return sink.Story.Contains("synced");
            },
            "live"
        );

    private static async Task PumpAsync(LiveSubscription source, Sink sink)
    {
        while (await source.PumpAsync(sink, TestContext.Current.CancellationToken)) { }
    }

    private static Task SeenAsync(GatewayFixture fixture, GatewayServer gateway) =>
        Eventually.TrueAsync(
            () => gateway.Clusters.Sessions[0].Find("pods")!.Informer!.Log.Revision.Number >= (ulong)fixture.Simulator.Store.Revision,
            "the gateway has seen it all"
        );

    private sealed class Sink : IStreamSink
    {
        private readonly List<string> _story = [];

        public IReadOnlyList<string> Story => _story;

        public ChangeShape Shape => ChangeShape.Summary;

        public void Clear() => _story.Clear();

        public void Reset(LiveSubscription source, ResetReason reason) => _story.Add($"reset:{reason}");

        public void Change(LiveSubscription source, DeltaKind kind, ReadOnlyMemory<byte> line) =>
            _story.Add(
                (
                    kind switch
                    {
                        DeltaKind.Added => "+",
                        DeltaKind.Updated => "~",
                        _ => "-",
                    }
                ) + Encoding.UTF8.GetString(line.Span).Split("\"name\":\"")[1].Split('"')[0]
            );

        public void Synced(LiveSubscription source, int objects) => _story.Add("synced");

        public void Freshness(LiveSubscription source, Freshness freshness) { }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}

/// <summary>The default: events go straight to the socket.</summary>
public sealed class TakenOverLaggingReaderTests() : LaggingReaderTests(takeover: true);

/// <summary><c>streams.takeover: false</c>: events go through the response of the web server.</summary>
public sealed class PlainLaggingReaderTests() : LaggingReaderTests(takeover: false);
