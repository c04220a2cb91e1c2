using Vigia.Testing;

namespace Vigia.Gateway.Tests.Faults;

/// <summary>
/// The API server forgot the history that the gateway had yet to see: of that stretch only the outcome can be known,
/// and everybody is told so.
/// </summary>
public sealed class UnwatchedStretchTests
{
    [Fact]
    public async Task What_a_relist_found_says_that_steps_may_have_been_left_out()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b");
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        fixture.Put("a", annotation: "watched");
        await stream.StoryAsync("reset:start +a +b ~a");

        await MissAsync(
            fixture,
            stream,
            () =>
            {
                fixture.Put("a", annotation: "1");
                fixture.Put("a", annotation: "2");
                fixture.Delete("b");
                fixture.Put("c");
            }
        );
        await stream.UntilAsync(events => events.Count(e => e.Name is "updated" or "deleted" or "added") == 6, "the outcome");

        Assert.All(
            stream.Events.Where(e => e.Name is "updated" or "deleted" or "added").Skip(3),
            e => Assert.True((bool?)e.Data["folded"], $"{e} is not said to be folded: {e.Data}")
        );
        Assert.Null(stream.Events.First(e => e.Name == "updated").Data["folded"]);
        Assert.Contains(stream.Events, e => e.Name == "degraded");

        fixture.Put("c", annotation: "watched again");
        await stream.UntilAsync(
            events => events[^1].Name == "updated" && events[^1].Data["folded"] is null,
            "what is watched again is not folded"
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whoever_wants_every_step_is_reset_even_where_nothing_is_left_of_the_stretch(bool somethingStays)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/pods/stream?delivery=every");
        await stream.SyncedAsync();

        await MissAsync(
            fixture,
            stream,
            () =>
            {
                fixture.Put(somethingStays ? "a" : "short", annotation: "1");
                fixture.Put(somethingStays ? "a" : "short", annotation: "2");
                if (!somethingStays)
                {
                    fixture.Delete("short");
                }
            }
        );

        await stream.StoryAsync("reset:start +a reset:expired +a");
        fixture.Put("a", annotation: "later");
        await stream.StoryAsync("reset:start +a reset:expired +a ~a");
    }

    [Fact]
    public async Task A_watch_through_the_gateway_is_ended_with_410_rather_than_given_the_outcome()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        using var response = await fixture.Http.GetAsync(
            new Uri(gateway.Url, "api/v1/namespaces/default/pods?watch=true"),
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        using var watch = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Contains("\"ADDED\"", await watch.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await MissAsync(
            fixture,
            stream,
            () =>
            {
                fixture.Put("a", annotation: "1");
                fixture.Put("a", annotation: "2");
            }
        );

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        var line = await watch.ReadLineAsync(patience.Token);
        Assert.Contains("\"ERROR\"", line, StringComparison.Ordinal);
        Assert.Contains("410", line, StringComparison.Ordinal);
        Assert.Null(await watch.ReadLineAsync(patience.Token));
    }

    /// <summary>
    /// Something happens while the server cannot be reached, and it has forgotten how when it is back.
    /// </summary>
    private static async Task MissAsync(GatewayFixture fixture, SseClient stream, Action what)
    {
        var before = stream.Events.Count;
        await fixture.Simulator.Faults.GoDarkAsync(cancellationToken: TestContext.Current.CancellationToken);
        await stream.UntilAsync(events => events.Skip(before).Any(e => e.Name == "degraded"), "degraded");
        what();
        fixture.Simulator.Faults.ExpireHistory();
        await fixture.Simulator.Faults.ComeBackAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => stream.Events.Skip(before).Any(e => e.Name == "live"), "live");
    }
}
