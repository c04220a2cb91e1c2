using Vigia.Gateway.Telemetry;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Tracing;

public sealed class OtlpTests
{
    // No other: what is in a path or a query may be anybody's business.
    private static readonly string[] Known =
    [
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "vigia.stream",
        "vigia.changes",
        "vigia.cluster",
        "vigia.resource",
        "vigia.outcome",
        "vigia.revision",
        "vigia.events",
        "vigia.streaming",
        "vigia.streams",
        "vigia.resources",
    ];

    private const int Failing = 3080;
    private const int Back = 3081;

    [Fact]
    public async Task A_collector_is_sent_spans_of_requests_lists_watches_rounds_and_relists_and_what_metrics_says()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync(
            otlp: new OtlpOptions { Endpoint = collector.Url, Interval = TimeSpan.FromMilliseconds(200) }
        );
        await using (var stream = await fixture.OpenAsync(gateway, "api/v1/pods/stream?namespace=default"))
        {
            await stream.SyncedAsync();
            fixture.Put("b");
            await stream.UntilAsync(events => events.Any(e => e.ObjectName == "b"), "b came");
        }

        await fixture.GetAsync(gateway, "api/v1/pods");
        await SpanAsync(
            "list pods",
            span =>
                span.Attributes.GetValueOrDefault("vigia.cluster") == "sim"
                && span.Attributes["vigia.outcome"] == "Done"
                && span.Parent.Length == 0
        );
        await SpanAsync(
            "GET /api/v1/{resource}",
            span => span.Attributes["http.response.status_code"] == "200" && span.Attributes["http.route"] == "/api/v1/{resource}"
        );
        await SpanAsync("GET /api/v1/{resource}/stream", span => span.Attributes["vigia.stream"] == "sse");
        await SpanAsync("stream", span => span.Attributes["vigia.changes"] == "2" && span.Parent.Length > 0);
        await SpanAsync("delivery round", span => span.Attributes.ContainsKey("vigia.streams"));
        Assert.DoesNotContain(
            collector.Spans,
            span => span.Attributes.Any(pair => pair.Value.Contains("namespace=", StringComparison.Ordinal))
        );
        Assert.All(
            collector.Spans,
            span => Assert.All(span.Attributes.Keys, key => Assert.True(Known.Contains(key), $"{span.Name} has {key}"))
        );

        // The request appears in the caller's own trace.
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "api/v1/resources"));
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        (await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken)).Dispose();
        await SpanAsync("GET /api/v1/resources", span => span.Parent == "B7AD6B7169203331");

        // The watch's span is told when it ends; what it missed is relisted.
        fixture.Simulator.Faults.ExpireWatches();
        await SpanAsync(
            "watch pods",
            span => span.Attributes.GetValueOrDefault("vigia.outcome") == "Expired" && span.Attributes.ContainsKey("vigia.events")
        );
        await SpanAsync("relist pods", span => span.Attributes["vigia.outcome"] == "Done");

        await Eventually.TrueAsync(
            () => collector.Metrics.TryGetValue("vigia_stream_delivery_seconds", out var latency) && latency == ("histogram", 1),
            "the histogram of deliveries"
        );
        await Eventually.TrueAsync(
            () =>
                collector.Metrics.TryGetValue("vigia_informer_objects", out var objects) && objects.Kind == "gauge" && objects.Points >= 5,
            "objects by resource"
        );
        await Eventually.TrueAsync(
            () => collector.Metrics.TryGetValue("vigia_stream_events_sent_total", out var sent) && sent == ("sum", 3),
            "changes by transport"
        );
        Assert.Equal("vigia", collector.Resource["service.name"]);

        Task SpanAsync(string name, Func<OtlpSpan, bool> condition) =>
            Eventually.TrueAsync(
                () => collector.Spans.Any(span => span.Name == name && condition(span)),
                $"a span '{name}'",
                saw: () => string.Join(", ", collector.Spans.Select(span => $"{span.Name} {string.Join(' ', span.Attributes)}").Distinct())
            );
    }

    [Fact]
    public async Task A_collector_that_cannot_be_reached_hurts_nothing_and_is_told_of_once_and_once_more_when_it_is_back()
    {
        await using var collector = await OtlpCollector.StartAsync();
        collector.Status = 400;
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync(
            otlp: new OtlpOptions
            {
                Endpoint = collector.Url,
                Traces = false,
                Interval = TimeSpan.FromMilliseconds(100),
            }
        );
        await Eventually.TrueAsync(() => collector.Requests >= 5, "five exports were tried");
        Assert.Contains(
            "/v1/metrics does not accept data",
            Assert.Single(fixture.Logs.Lines, line => line.Id == Failing).Text,
            StringComparison.Ordinal
        );
        Assert.True(
            (await fixture.Http.GetAsync(new Uri(gateway.Url, "readyz"), TestContext.Current.CancellationToken)).IsSuccessStatusCode
        );
        collector.Status = 200;
        await Eventually.TrueAsync(() => Told(fixture, Back) == 1, "it is back");
    }

    [Theory]
    [InlineData(OtlpProtocol.Http)]
    [InlineData(OtlpProtocol.Grpc)]
    public async Task Where_nobody_listens_the_gateway_says_so_serves_and_stops_in_time(OtlpProtocol protocol)
    {
        // A port that nobody has: taken and given back.
        var port = FreePort();
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync(
            otlp: new OtlpOptions
            {
                Endpoint = new Uri($"http://127.0.0.1:{port}"),
                Protocol = protocol,
                Interval = TimeSpan.FromMilliseconds(100),
            }
        );
        await fixture.GetAsync(gateway, "api/v1/pods");
        await Eventually.TrueAsync(() => Told(fixture, Failing) > 0, "it is told");
        Assert.Equal(1, (int)(await fixture.GetAsync(gateway, "api/v1/pods")).Body["total"]!);
        var began = TimeProvider.System.GetTimestamp();
        await gateway.DisposeAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(15), "it stopped in time");
        Assert.InRange(Told(fixture, Failing), 1, 2);
    }

    [Theory]
    [InlineData("http://c:4318", null, "http://c:4318/v1/traces")]
    [InlineData("http://c:4318/otlp/", null, "http://c:4318/otlp/v1/traces")]
    [InlineData("http://c:4317", OtlpProtocol.Grpc, "http://c:4317/")]
    public void The_path_of_a_signal_is_put_behind_the_collector_s_address(string endpoint, OtlpProtocol? protocol, string address) =>
        Assert.Equal(new Uri(address), new OtlpOptions { Endpoint = new Uri(endpoint), Protocol = protocol }.AddressOf("TRACES"));

    [Fact]
    public void Nothing_is_sent_unless_somebody_says_where_to()
    {
        Assert.False(new OtlpOptions().IsOn);
        Assert.True(new OtlpOptions { Endpoint = new Uri("http://c") }.IsOn);
        Assert.False(
            new OtlpOptions
            {
                Endpoint = new Uri("http://c"),
                Traces = false,
                Metrics = false,
            }.IsOn
        );
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static int Told(GatewayFixture fixture, int id) => fixture.Logs.Lines.Count(line => line.Id == id);
}
