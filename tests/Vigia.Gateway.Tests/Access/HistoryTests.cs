using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Vigia.Gateway.Access;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

/// <summary>
/// What happened before somebody had the right to see it, asked for with a cursor or a revision made by hand.
/// </summary>
public sealed partial class HistoryTests
{
    private const string Password = "DELETED-BEFORE-THE-GRANT";

    [Theory]
    [InlineData("diff")]
    [InlineData("full")]
    public async Task A_cursor_from_before_the_right_is_reset(string shape)
    {
        await using var fixture = await AccessFixture.StartAsync(
            new AccessOptions
            {
                Mode = AuthMode.Kubernetes,
                CacheFor = TimeSpan.FromSeconds(1),
                KeepFor = TimeSpan.FromSeconds(30),
            }
        );
        await using var known = await fixture.StreamAsync("ben-token");
        await known.SyncedAsync();
        await using var early = await fixture.StreamAsync("anna-token");
        await early.SyncedAsync();
        fixture.Inner.Put("secretive", "brand-new", annotation: Password);
        fixture.Inner.Put("secretive", "brand-new", annotation: "other");
        fixture.Inner.Delete("secretive", "brand-new");
        fixture.Inner.Put("a3", "team-a");
        await early.StoryAsync("reset:start +a1 +a2 +a3");

        fixture.Simulator.Access.Set(AccessFixture.Tenant("anna", "team-a", "brand-new"));
        await Eventually.TrueAsync(
            async () =>
            {
                await using var stream = await fixture.StreamAsync("anna-token", $"api/v1/pods/stream?shape={shape}");
                await stream.SyncedAsync();
                return (await fixture.GetAsync("api/v1/namespace/brand-new/pods", "anna-token")).Status == HttpStatusCode.OK;
            },
            "the right is there"
        );
        string cursor;
        await using (var stream = await fixture.StreamAsync("anna-token", $"api/v1/pods/stream?shape={shape}"))
        {
            fixture.Inner.Put("n1", "brand-new");
            await stream.UntilAsync(events => events.Any(e => e.Name == "added" && (string?)e.Data["name"] == "n1"), "the new pod comes");
            cursor = stream.LastId;
        }

        for (var back = 1; back <= 6; back++)
        {
            var lowered = Lower(cursor, back);
            await using var stream = await SseClient.OpenAsync(
                fixture.Inner.Http,
                new Uri(fixture.Gateway.Url, $"api/v1/pods/stream?shape={shape}&ticket={await fixture.TicketAsync("anna-token")}"),
                lowered
            );

            // A stream that was resumed says nothing until something happens.
            fixture.Inner.Put($"mark-{back}", "team-a");
            await stream.UntilAsync(
                events => events.Any(e => e.Name == "added" && (string?)e.Data["name"] == $"mark-{back}"),
                "what happens afterwards comes"
            );
            var told = string.Concat(stream.Events.Select(e => e.Data.ToJsonString()));
            Assert.DoesNotContain(Password, told, StringComparison.Ordinal);
            Assert.DoesNotContain("secretive", told, StringComparison.Ordinal);
        }

        // The raw watch goes the same way.
        var revision = long.Parse(Revision().Match(cursor).Groups[1].Value, CultureInfo.InvariantCulture);
        using var raw = await fixture.SendAsync(
            $"kubernetes/sim/api/v1/namespaces/brand-new/pods?watch=true&timeoutSeconds=1&resourceVersion={revision - 5}",
            "anna-token"
        );
        var text = await raw.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(Password, text, StringComparison.Ordinal);
        Assert.Contains("410", text, StringComparison.Ordinal);
    }

    private static string Lower(string cursor, int by) =>
        Revision()
            .Replace(
                cursor,
                match =>
                {
                    var revision = long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) - by;
                    var last = Math.Max(0, long.Parse(match.Groups[4].Value, CultureInfo.InvariantCulture) - by);
                    return string.Create(
                        CultureInfo.InvariantCulture,
                        $"={revision}~{match.Groups[2].Value}.{match.Groups[3].Value}.{last}"
                    );
                }
            );

    [GeneratedRegex("=([0-9]+)~([^.]*)\\.([0-9]+)\\.([0-9]+)")]
    private static partial Regex Revision();
}
