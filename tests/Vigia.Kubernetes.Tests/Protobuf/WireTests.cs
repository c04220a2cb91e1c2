using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Vigia.Simulator;
using static Vigia.Kubernetes.Tests.Protobuf.ProtoSamples;

namespace Vigia.Kubernetes.Tests.Protobuf;

/// <summary>
/// Lists and watches in protobuf over a socket, from the simulator: it has tables of its own and writes fields in
/// another order than the real server.
/// </summary>
public sealed class WireTests
{
    private static readonly GroupVersionResource s_pods = new("", "v1", "pods");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_list_and_a_watch_bring_the_same_objects_in_either_form(bool metadataOnly)
    {
        await using var server = await StartAsync();
        Fill(server, Pods);
        var (json, jsonPage) = await ListAsync(Source(server, WireEncoding.Json, metadataOnly));
        var source = Source(server, WireEncoding.Protobuf, metadataOnly);
        var (proto, page) = await ListAsync(source);

        Assert.Equal(jsonPage, page);
        Assert.Equal(Pods.Length, json.Count);
        Assert.All(json.Zip(proto), pair => AssertSame(pair.First, pair.Second));
        await using var stream = await source.WatchAsync(new WatchRequest(ResourceVersion.Any, TimeSpan.FromMinutes(5)), Cancellation);
        for (var i = 0; i < Pods.Length; i++)
        {
            var read = (await stream.ReadAsync(Cancellation))!.Value;
            Assert.Equal(WatchEventType.Added, read.Type);
            AssertSame(json.Single(o => o.Key == read.Object!.Key), read.Object!);
        }

        Assert.Equal((WireEncoding.Protobuf, 0), (source.Encoding, source.UnknownFields));
    }

    [Fact]
    public async Task A_streaming_list_ends_with_its_bookmark()
    {
        await using var server = await StartAsync();
        Fill(server, Pods.Take(1));
        await using var stream = await Source(server)
            .WatchAsync(new WatchRequest(ResourceVersion.None, TimeSpan.FromMinutes(5), SendInitialEvents: true), Cancellation);

        Assert.Equal(WatchEventType.Added, (await stream.ReadAsync(Cancellation))!.Value.Type);
        Assert.True((await stream.ReadAsync(Cancellation))!.Value.IsInitialEventsEnd);
    }

    [Fact]
    public async Task A_field_of_a_newer_server_makes_the_list_one_in_json_that_has_it_and_is_logged_once()
    {
        await using var server = await StartAsync();
        var newer = Pods[0].DeepClone().AsObject();
        newer["spec"]!["warpDrive"] = new JsonObject { ["on"] = true };
        Fill(server, [newer]);
        var log = new Lines();
        await using var client = new KubernetesClient(server.Configuration(), loggers: log);
        var source = new ResourceListerWatcher(client, "wire", s_pods, new ListerWatcherOptions { Encoding = WireEncoding.Protobuf });
        var (items, _) = await ListAsync(source);
        await ListAsync(source);

        Assert.True(Json(Assert.Single(items)).GetProperty("spec").GetProperty("warpDrive").GetProperty("on").GetBoolean());
        Assert.Equal((WireEncoding.Json, 1), (source.Encoding, source.UnknownFields));
        Assert.Contains(
            "warning",
            Assert.Single(log.All, line => line.Contains("using JSON", StringComparison.Ordinal)),
            StringComparison.OrdinalIgnoreCase
        );
    }

    [Fact]
    public async Task A_field_that_is_not_known_in_the_middle_of_a_list_makes_the_next_list_one_in_json()
    {
        await using var server = await StartAsync();
        var newer = Pods[^1].DeepClone().AsObject();
        (newer["metadata"]!["name"], newer["spec"]!["warpDrive"]) = ("z", true);
        Fill(server, [Pods[0], newer]);
        var source = Source(server);

        await Assert.ThrowsAsync<ObjectFormatException>(() => ListAsync(source));
        Assert.Equal(2, (await ListAsync(source)).Items.Count);
        Assert.Equal((WireEncoding.Json, 1), (source.Encoding, source.UnknownFields));
    }

    [Fact]
    public async Task A_field_that_is_not_known_in_an_event_ends_the_watch_and_the_next_one_has_it_in_json()
    {
        await using var server = await StartAsync();
        Fill(server, Pods.Take(1));
        var source = Source(server);
        var (_, page) = await ListAsync(source);
        var newer = Pods[1].DeepClone().AsObject();
        newer["spec"]!["warpDrive"] = true;
        Fill(server, [newer]);

        await using (var stream = await source.WatchAsync(new WatchRequest(page.ResourceVersion, TimeSpan.FromMinutes(5)), Cancellation))
        {
            Assert.Null(await stream.ReadAsync(Cancellation));
        }

        await using var again = await source.WatchAsync(new WatchRequest(page.ResourceVersion, TimeSpan.FromMinutes(5)), Cancellation);
        var read = (await again.ReadAsync(Cancellation))!.Value;
        Assert.True(Json(read.Object!).GetProperty("spec").GetProperty("warpDrive").GetBoolean());
        Assert.Equal(WireEncoding.Json, source.Encoding);
    }

    [Fact]
    public async Task Three_garbled_lists_in_a_row_are_followed_by_one_in_json()
    {
        await using var server = await StartAsync();
        Fill(server, Pods.Take(1));
        var source = Source(server);
        server.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Garble,
                Verb = "list",
                Count = 3,
            }
        );
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(WireEncoding.Protobuf, source.Encoding);
            await Assert.ThrowsAnyAsync<Exception>(() => ListAsync(source));
        }

        Assert.Equal(WireEncoding.Json, source.Encoding);
        Assert.Single((await ListAsync(source)).Items);
    }

    [Fact]
    public async Task A_server_without_protobuf_is_asked_for_it_and_answers_in_json()
    {
        await using var server = await VigiaSimulator.StartAsync(cancellationToken: Cancellation);
        Fill(server, Pods.Take(1));
        Assert.Single((await ListAsync(Source(server))).Items);
    }

    [Fact]
    public async Task A_refusal_is_told_as_in_json()
    {
        await using var server = await StartAsync();
        await using var stream = await Source(server)
            .WatchAsync(new WatchRequest(ResourceVersion.Any, TimeSpan.FromMinutes(5)), Cancellation);
        server.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, Code = 410 });
        Fill(server, Pods.Take(1));

        var read = (await stream.ReadAsync(Cancellation))!.Value;
        Assert.Equal((WatchEventType.Error, true), (read.Type, read.Status!.IsExpired));
    }

    [Fact]
    public async Task Custom_resources_and_secrets_without_values_are_never_asked_for_in_protobuf()
    {
        await using var server = await StartAsync();
        Assert.Equal(
            WireEncoding.Json,
            new ResourceListerWatcher(
                server.Client,
                "wire",
                new("kubernetes.dask.org", "v1", "daskclusters"),
                new ListerWatcherOptions { Encoding = WireEncoding.Protobuf }
            ).Encoding
        );
        Assert.Equal(
            WireEncoding.Json,
            new ResourceListerWatcher(
                server.Client,
                "wire",
                new("", "v1", "secrets"),
                new ListerWatcherOptions { Encoding = WireEncoding.Protobuf, MetadataOnly = true }
            ).Encoding
        );
    }

    private static Task<VigiaSimulator> StartAsync() => VigiaSimulator.StartAsync(new SimulatorOptions { Protobuf = true }, Cancellation);

    private static ResourceListerWatcher Source(
        VigiaSimulator server,
        WireEncoding encoding = WireEncoding.Protobuf,
        bool metadataOnly = false
    ) => new(server.Client, "wire", s_pods, new ListerWatcherOptions { Encoding = encoding, MetadataOnly = metadataOnly });

    private static void Fill(VigiaSimulator server, IEnumerable<JsonObject> pods)
    {
        foreach (var pod in pods)
        {
            var copy = pod.DeepClone().AsObject();
            copy["metadata"]!.AsObject().Remove("resourceVersion");
            copy["metadata"]!["namespace"] = "default";
            server.Store.Create(s_pods, copy, "test");
        }
    }

    private static async Task<(List<RawObject> Items, ListPage Page)> ListAsync(ResourceListerWatcher source)
    {
        var sink = new Sink();
        var page = await source.ListAsync(new ListRequest(ResourceVersion.Any), sink, Cancellation);
        return (sink.Items, page);
    }

    private sealed class Lines : ILoggerFactory, ILogger
    {
        public List<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => All.Add($"{logLevel}: {formatter(state, exception)}");

        public void Dispose() { }
    }
}
