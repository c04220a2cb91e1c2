using Vigia.Gateway.Http;

namespace Vigia.Gateway.Tests.ExternalValidators;

/// <summary>
/// The npm package <c>eventsource</c>; a browser's own is in tests/Vigia.Tests, where the gateway is killed under it.
/// </summary>
public sealed class EventSourceTests
{
    [Fact]
    public async Task An_EventSource_that_is_cut_off_again_and_again_comes_back_by_itself_and_misses_nothing()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");

        // Each connection lives for a second or so.
        var gateway = await fixture.GatewayAsync(
            streams: new StreamOptions { Lifetime = TimeSpan.FromSeconds(1), Retry = TimeSpan.FromMilliseconds(50) }
        );
        await using var source = OpenApi.Validators.Start("eventsource.mjs", new Uri(gateway.Url, "api/v1/pods/stream").ToString());
        await source.SaysAsync("synced");
        for (var i = 0; i < 30; i++)
        {
            fixture.Put($"p{i}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await source.SaysAsync("added p29");
        Assert.True(source.Count("open") > 1, string.Join('\n', source.Lines));
        Assert.Equal(1, source.Count("reset"));
        Assert.Equal(0, source.Count("fault"));
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(1, source.Lines.Count(line => line == $"added p{i}"));
        }
    }

    [Fact]
    public async Task A_stream_that_is_refused_is_given_up_as_the_specification_has_it()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var source = OpenApi.Validators.Start(
            "eventsource.mjs",
            new Uri(gateway.Url, "api/v1/pods/stream?shape=round").ToString()
        );

        // 2 is CLOSED: a status that is not 200 is for good.
        await source.SaysAsync("error 400 2");
        Assert.Equal(0, source.Count("open"));
    }
}
