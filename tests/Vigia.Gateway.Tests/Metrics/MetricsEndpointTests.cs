using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Vigia.Controllers;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Tests.Access;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Metrics;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task A_scrape_tells_clusters_informers_and_streams_as_they_are()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b");
        var gateway = await fixture.GatewayAsync();
        await using (await fixture.OpenAsync(gateway))
        {
            var open = "";
            await Eventually.TrueAsync(
                async () =>
                    Value(open = await ScrapeAsync(fixture, gateway), """vigia_streams_open{transport="sse"}""") == 1
                    && Value(open, """vigia_informer_live{cluster="sim",resource="pods"}""") == 1,
                "one stream is open and pods are live"
            );
            Assert.Equal(2, Value(open, """vigia_informer_objects{cluster="sim",resource="pods"}"""));
            Assert.Equal(1, Value(open, """vigia_resource_state{cluster="sim",resource="pods",state="synced"}"""));
            Assert.True(Value(open, "process_resident_memory_bytes") > 1e6 && Value(open, "process_cpu_seconds_total") > 0, open);
            Assert.Equal(1, Value(open, """reflector_lists_total{cluster="sim",resource="pods"}"""));
            Assert.Equal(0, Value(open, """vigia_informer_stale_seconds{cluster="sim",resource="pods"}"""));
            Assert.Equal(1, Value(open, """vigia_cluster_ready{cluster="sim"}"""));
            Assert.Equal(1, Value(open, """vigia_cluster_up{cluster="sim"}"""));
        }

        fixture.Put("c");
        var text = "";
        await Eventually.TrueAsync(
            async () =>
                Value(text = await ScrapeAsync(fixture, gateway), """vigia_informer_objects{cluster="sim",resource="pods"}""") == 3
                && Value(text, """vigia_streams_open{transport="sse"}""") == 0,
            "the third pod came and the stream went"
        );
        Assert.Equal(1, Value(text, """vigia_streams_opened_total{transport="sse"}"""));
        Assert.Equal(1, Value(text, """vigia_informer_events_total{cluster="sim",resource="pods",type="added"}"""));
    }

    [Fact]
    public async Task What_an_open_stream_has_sent_and_how_long_it_took_is_told_while_it_is_open()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        var before = await ScrapeAsync(fixture, gateway);
        Assert.Equal(1, Value(before, """vigia_stream_events_sent_total{transport="sse"}"""));
        Assert.Equal(1, Value(before, """vigia_stream_resets_total{reason="start"}"""));
        fixture.Put("b");
        fixture.Put("c");
        var text = "";
        await Eventually.TrueAsync(
            async () => Value(text = await ScrapeAsync(fixture, gateway), """vigia_stream_events_sent_total{transport="sse"}""") == 3,
            "both changes were sent"
        );

        // The count of a round comes after its flush: a scrape may fall in between.
        await Eventually.TrueAsync(
            async () => Value(text = await ScrapeAsync(fixture, gateway), """vigia_stream_delivery_seconds_count{transport="sse"}""") == 1,
            "the first round is measured"
        );
        Assert.Equal(
            Value(text, """vigia_stream_delivery_seconds_count{transport="sse"}"""),
            Value(text, """vigia_stream_delivery_seconds_bucket{transport="sse",le="+Inf"}""")
        );
        Assert.InRange(Value(text, """vigia_stream_delivery_seconds_sum{transport="sse"}""")!.Value, 1e-9, 60);
        Assert.True(Value(text, """vigia_http_request_duration_seconds_count{method="GET",route="/metrics",code="200"}""") >= 2, text);
    }

    [Fact]
    public async Task A_web_socket_counts_as_one_stream_whatever_it_subscribes_to_and_both_its_subscriptions_changes()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var socket = await SocketClient.OpenAsync(gateway);
        await socket.SendAsync("""{"type":"subscribe","id":"one","resources":"pods"}""");
        await socket.SendAsync("""{"type":"subscribe","id":"two","resources":"pods"}""");
        await Eventually.TrueAsync(() => socket.Messages.Count(message => (string?)message["type"] == "synced") == 2, "both are synced");
        fixture.Put("b");
        var text = "";
        await Eventually.TrueAsync(
            async () =>
                Value(text = await ScrapeAsync(fixture, gateway), """vigia_stream_delivery_seconds_count{transport="websocket"}""") >= 1,
            "the round was measured"
        );
        Assert.Equal(1, Value(text, """vigia_streams_open{transport="websocket"}"""));
        await Eventually.TrueAsync(
            async () => Value(text = await ScrapeAsync(fixture, gateway), """vigia_stream_events_sent_total{transport="websocket"}""") == 4,
            "two objects to two subscriptions"
        );
    }

    [Fact]
    public async Task A_client_that_comes_back_is_counted_by_how_it_was_taken_up()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        string cursor;
        await using (var first = await fixture.OpenAsync(gateway))
        {
            await first.SyncedAsync();
            cursor = first.LastId;
        }

        fixture.Put("b");
        await using var second = await fixture.OpenAsync(gateway, cursor: cursor);
        await second.StoryAsync("+b");
        var text = await ScrapeAsync(fixture, gateway);
        Assert.Equal(1, Value(text, """vigia_stream_resumes_total{from="exact"}"""));
        Assert.Equal(0, Value(text, """vigia_stream_resumes_total{from="reset"}"""));
    }

    [Fact]
    public async Task Questions_about_callers_their_answers_and_refusals_are_counted()
    {
        await using var fixture = await AccessFixture.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await fixture.GetAsync("api/v1/pods?namespace=team-a", "anna-token")).Status);
        Assert.Equal(HttpStatusCode.OK, (await fixture.GetAsync("api/v1/pods?namespace=team-a", "anna-token")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await fixture.GetAsync("api/v1/pods?namespace=team-b", "anna-token")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await fixture.GetAsync("api/v1/pods", "nobody")).Status);
        using var response = await fixture.SendAsync("metrics", "admin-token");
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, Value(text, """vigia_access_reviews_total{cluster="sim",kind="token",answer="allowed"}"""));
        Assert.Equal(1, Value(text, """vigia_access_reviews_total{cluster="sim",kind="token",answer="denied"}"""));
        Assert.True(Value(text, """vigia_access_reviews_total{cluster="sim",kind="access",answer="denied"}""") >= 1, text);
        Assert.True(Value(text, """vigia_access_cache_hits_total{cluster="sim",kind="access"}""") >= 1, text);
        Assert.Equal(1, Value(text, """vigia_access_refusals_total{code="401"}"""));
        Assert.Equal(1, Value(text, """vigia_access_refusals_total{code="403"}"""));
        await Promtool.CheckAsync(text);
    }

    [Fact]
    public async Task Work_queues_of_the_process_are_told_under_client_go_s_names()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var name = $"q-{Guid.NewGuid():n}";
        using var queue = new WorkQueue<string>(new() { Name = name }, TimeProvider.System);
        queue.Add("a");
        queue.Add("b");
        using var item = await queue.GetAsync(TestContext.Current.CancellationToken);
        var text = await ScrapeAsync(fixture, gateway);
        Assert.Equal(1, Value(text, $"workqueue_depth{{name=\"{name}\"}}"));
        Assert.Equal(2, Value(text, $"workqueue_adds_total{{name=\"{name}\"}}"));
        Assert.Equal(1, Value(text, $"workqueue_queue_duration_seconds_count{{name=\"{name}\"}}"));
        Assert.NotNull(Value(text, $"workqueue_queue_duration_seconds_bucket{{name=\"{name}\",le=\"1e-08\"}}"));
        Assert.True(Value(text, $"workqueue_longest_running_processor_seconds{{name=\"{name}\"}}") > 0, text);
        await Promtool.CheckAsync(text);
    }

    [Fact]
    public async Task Objects_are_told_where_they_are_asked_for_and_of_a_single_cluster_without_its_name()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        Assert.DoesNotContain("kube_pod", await ScrapeAsync(fixture, await fixture.GatewayAsync()), StringComparison.Ordinal);
        var gateway = await fixture.GatewayAsync(metrics: new() { Objects = true });
        var text = await ScrapeAsync(fixture, gateway);
        Assert.Contains("kube_pod_status_phase{namespace=\"default\",pod=\"a\",uid=", text, StringComparison.Ordinal);
        await Promtool.CheckAsync(text);

        // What is of the last tier is loaded for the scrape.
        await Eventually.TrueAsync(
            async () =>
                Value(text = await ScrapeAsync(fixture, gateway), """vigia_informer_synced{cluster="sim",resource="persistentvolumes"}""")
                == 1,
            "volumes were loaded"
        );
    }

    [Fact]
    public async Task A_scraper_is_told_of_the_objects_that_it_may_list()
    {
        var scraper = new SimulatedUser
        {
            Name = "scraper",
            Token = "scraper-token",
            Rules =
            [
                new() { Verbs = ["get"], NonResourceUrls = ["/metrics"] },
                new()
                {
                    Verbs = ["list"],
                    ApiGroups = [""],
                    Resources = ["pods"],
                    Namespaces = ["team-a"],
                },
            ],
        };
        await using var fixture = await AccessFixture.StartAsync(metrics: new() { Objects = true });
        fixture.Simulator.Access.Set(scraper);
        using var response = await fixture.SendAsync("metrics", scraper.Token);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            "a1 a2",
            string.Join(
                ' ',
                Regex
                    .Matches(text, "kube_pod_info\\{[^}]*pod=\"([^\"]*)\"")
                    .Select(match => match.Groups[1].Value)
                    .Order(StringComparer.Ordinal)
            )
        );
        Assert.DoesNotContain("team-b", text, StringComparison.Ordinal);
        Assert.DoesNotContain("kube_namespace", text, StringComparison.Ordinal);
        Assert.DoesNotContain("vigia_informer_objects", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_scrape_says_is_accepted_by_promtool()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await Promtool.CheckAsync(await ScrapeAsync(fixture, gateway));
    }

    [Fact]
    public async Task A_tenant_without_the_right_to_the_path_is_refused_and_an_administrator_is_not()
    {
        await using var fixture = await AccessFixture.StartAsync();
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync("anna-token"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("admin-token"));

        async Task<HttpStatusCode> StatusAsync(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(fixture.Gateway.Url, "metrics"));
            request.Headers.Authorization = new("Bearer", token);
            using var response = await fixture.Inner.Http.SendAsync(request, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
    }

    private static async Task<string> ScrapeAsync(GatewayFixture fixture, GatewayServer gateway)
    {
        using var response = await fixture.Http.GetAsync(new Uri(gateway.Url, "metrics"), TestContext.Current.CancellationToken);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The value of a series; null where there is none.</summary>
    private static double? Value(string text, string series) =>
        text.Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal)) is { } line
            ? double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture)
            : null;
}
