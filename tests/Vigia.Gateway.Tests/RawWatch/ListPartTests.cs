using System.Text.Json.Nodes;
using Vigia.Informers;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.RawWatch;

/// <summary>
/// Lists in parts (<c>limit</c>, <c>continue</c>): together they are one state, whatever changes between them, or the
/// client is told that it cannot be had.
/// </summary>
public sealed class ListPartTests
{
    [Theory]
    [InlineData("")]
    [InlineData("&labelSelector=app%3Dweb")]
    public async Task The_parts_of_a_list_are_the_state_at_the_revision_of_the_first(string selector)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        for (var i = 0; i < 30; i++)
        {
            fixture.Put($"p{i:D2}");
        }

        var gateway = await fixture.GatewayAsync();
        var path = $"kubernetes/sim/api/v1/pods?limit=7{selector}";
        var whole = (await fixture.GetAsync(gateway, $"kubernetes/sim/api/v1/pods?{selector}")).Body["items"]!
            .AsArray()
            .Select(Version)
            .ToArray();
        var (_, part) = await fixture.GetAsync(gateway, path);
        var (revision, told) = ((string)part["metadata"]!["resourceVersion"]!, part["items"]!.AsArray().Select(Version).ToList());
        for (var round = 0; part["metadata"]!["continue"] is { } token; round++)
        {
            Assert.Equal(selector.Length == 0 ? 30 - told.Count : null, (int?)part["metadata"]!["remainingItemCount"]);

            // Behind and before the place: one changes twice, one leaves the selector, one is gone, one comes, one is
            // made again.
            fixture.Put("p29", annotation: $"{round}");
            fixture.Put("p28", app: $"other{round}");
            fixture.Put($"p26-{round}");
            fixture.Put("p00", annotation: $"{round}");
            if (round % 2 == 0)
            {
                fixture.Delete("p27");
            }
            else
            {
                fixture.Put("p27");
            }

            var seen = $"annotated-{round}";
            fixture.Put(seen);
            await Eventually.TrueAsync(
                async () =>
                    (
                        await fixture.Http.GetAsync(new Uri(gateway.Url, $"kubernetes/sim/api/v1/namespaces/default/pods/{seen}"))
                    ).IsSuccessStatusCode,
                "the gateway has seen the changes"
            );
            (var status, part) = await fixture.GetAsync(gateway, $"{path}&continue={token}");
            Assert.Equal((200, revision), ((int)status, (string)part["metadata"]!["resourceVersion"]!));
            told.AddRange(part["items"]!.AsArray().Select(Version));
        }

        Assert.Equal(whole, told);
    }

    [Fact]
    public async Task A_list_whose_changes_are_not_kept_any_more_is_expired_and_the_rest_can_be_had_as_it_is_now()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        foreach (var name in new[] { "a", "b", "c" })
        {
            fixture.Put(name);
        }

        var gateway = await fixture.GatewayAsync(new DeltaLogOptions { Capacity = 16 });
        var (_, first) = await fixture.GetAsync(gateway, "kubernetes/sim/api/v1/pods?limit=1");
        for (var i = 0; i < 40; i++)
        {
            fixture.Put("c", annotation: $"{i}");
        }

        fixture.Delete("b");
        fixture.Put("d");
        await Eventually.TrueAsync(
            async () =>
                (await fixture.Http.GetAsync(new Uri(gateway.Url, "kubernetes/sim/api/v1/namespaces/default/pods/d"))).IsSuccessStatusCode,
            "the gateway has seen the changes"
        );
        var (status, gone) = await fixture.GetAsync(
            gateway,
            $"kubernetes/sim/api/v1/pods?limit=1&continue={first["metadata"]!["continue"]}"
        );
        Assert.Equal((410, "Expired"), ((int)status, (string)gone["reason"]!));
        var (_, rest) = await fixture.GetAsync(gateway, $"kubernetes/sim/api/v1/pods?limit=5&continue={gone["metadata"]!["continue"]}");
        Assert.Equal("c d", string.Join(' ', rest["items"]!.AsArray().Select(item => (string)item!["metadata"]!["name"]!)));
        Assert.Null(rest["metadata"]!["continue"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-o", "json")]
    public async Task Kubectl_gets_all_of_a_list_in_parts(params string[] form)
    {
        Assert.SkipUnless(Kubectl.IsThere, "kubectl is not installed");
        await using var fixture = await GatewayFixture.StartAsync();
        for (var i = 0; i < 23; i++)
        {
            fixture.Put($"p{i:D2}");
        }

        var gateway = await fixture.GatewayAsync();
        var output = await Kubectl.RunAsync(
            new Uri(gateway.Url, "kubernetes/sim"),
            ["get", "pods", "--chunk-size=5", "-v=6", .. form.Where(word => word.Length > 0)]
        );
        Assert.All(Enumerable.Range(0, 23), i => Assert.Contains($"p{i:D2}", output, StringComparison.Ordinal));
        Assert.Equal(4, output.Split("continue=").Length - 1);
    }

    private static string Version(JsonNode? item) => $"{item!["metadata"]!["name"]} {item["metadata"]!["resourceVersion"]}";
}
