using System.Net;
using Vigia.Gateway.Access;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

/// <summary>Tokens that end by time, as service accounts' do, by the cluster's clock.</summary>
public sealed class ExpiryTests
{
    [Fact]
    public async Task A_token_that_ends_while_streams_are_open_ends_them_and_opens_nothing_more()
    {
        var time = new ManualTimeProvider();
        await using var fixture = await AccessFixture.StartAsync(
            new AccessOptions
            {
                Mode = AuthMode.Kubernetes,
                CacheFor = TimeSpan.FromSeconds(1),
                KeepFor = TimeSpan.FromSeconds(30),
            },
            time: time
        );
        fixture.Simulator.Access.Set(AccessFixture.Tenant("anna", "team-a") with { Expires = time.GetUtcNow().AddMinutes(10) });
        await using var stream = await fixture.StreamAsync("anna-token");
        await using var other = await fixture.StreamAsync("ben-token");
        await stream.SyncedAsync();
        await other.SyncedAsync();
        var ticket = await fixture.TicketAsync("anna-token");
        fixture.Inner.Put("a3", "team-a");
        await stream.StoryAsync("reset:start +a1 +a2 +a3");

        time.Advance(TimeSpan.FromMinutes(11));

        await Eventually.TrueAsync(() => stream.HasEnded, "the stream ends");
        fixture.Inner.Put("a4", "team-a");
        Assert.Equal(HttpStatusCode.Unauthorized, (await fixture.GetAsync("api/v1/pods", "anna-token")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await fixture.GetAsync($"api/v1/pods/stream?ticket={ticket}", null)).Status);
        Assert.DoesNotContain("a4", stream.Story, StringComparison.Ordinal);
        Assert.False(other.HasEnded);

        // Another token, and it goes on where it was.
        fixture.Simulator.Access.Set(AccessFixture.Tenant("anna", "team-a") with { Token = "anna-token-2" });
        await using var again = await SseClient.OpenAsync(
            fixture.Inner.Http,
            new Uri(fixture.Gateway.Url, $"api/v1/pods/stream?ticket={await fixture.TicketAsync("anna-token-2")}"),
            stream.LastId
        );
        await again.StoryAsync("+a4");
    }
}
