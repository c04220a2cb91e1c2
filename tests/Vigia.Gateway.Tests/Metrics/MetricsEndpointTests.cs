using System.Globalization;
using System.Net;
using Vigia.Gateway.Tests.Access;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Metrics;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task A_scrape_tells_clusters_informers_and_streams_as_they_are()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Put("a");
        rig.Put("b");
        var gateway = await rig.GatewayAsync();
        await using (await rig.OpenAsync(gateway))
        {
            var open = "";
            await Eventually.TrueAsync(async () => Value(open = await ScrapeAsync(rig, gateway), "vigia_streams_open") == 1 && Value(open, """vigia_informer_live{cluster="sim",resource="pods"}""") == 1, "one stream is open and pods are live");
            Assert.Equal(2, Value(open, """vigia_informer_objects{cluster="sim",resource="pods"}"""));
            Assert.Equal(1, Value(open, """reflector_lists_total{cluster="sim",resource="pods"}"""));
            Assert.Equal(0, Value(open, """vigia_informer_stale_seconds{cluster="sim",resource="pods"}"""));
            Assert.Equal(1, Value(open, """vigia_cluster_ready{cluster="sim"}"""));
            Assert.Equal(1, Value(open, """vigia_cluster_up{cluster="sim"}"""));
        }

        rig.Put("c");
        var text = "";
        await Eventually.TrueAsync(async () => Value(text = await ScrapeAsync(rig, gateway), """vigia_informer_objects{cluster="sim",resource="pods"}""") == 3 && Value(text, "vigia_streams_open") == 0, "the third pod came and the stream went");
        Assert.Equal(1, Value(text, "vigia_streams_opened_total"));
        Assert.Equal(1, Value(text, """vigia_informer_events_total{cluster="sim",resource="pods"}"""));
    }

    [Fact]
    public async Task What_a_scrape_says_is_accepted_by_promtool()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Put("a");
        var gateway = await rig.GatewayAsync();
        await Promtool.CheckAsync(await ScrapeAsync(rig, gateway));
    }

    [Fact]
    public async Task A_tenant_without_the_right_to_the_path_is_refused_and_an_administrator_is_not()
    {
        await using var rig = await AccessRig.StartAsync();
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync("anna-token"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("admin-token"));

        async Task<HttpStatusCode> StatusAsync(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(rig.Gateway.Url, "metrics"));
            request.Headers.Authorization = new("Bearer", token);
            using var response = await rig.Inner.Http.SendAsync(request, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
    }

    private static async Task<string> ScrapeAsync(GatewayRig rig, GatewayServer gateway)
    {
        using var response = await rig.Http.GetAsync(new Uri(gateway.Url, "metrics"), TestContext.Current.CancellationToken);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The value of a series; null where there is none.</summary>
    private static double? Value(string text, string series)
        => text.Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal)) is { } line ? double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture) : null;
}
