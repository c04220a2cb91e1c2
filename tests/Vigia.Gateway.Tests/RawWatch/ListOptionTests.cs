using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator;

namespace Vigia.Gateway.Tests.RawWatch;

/// <summary>Options of lists and watches: honoured, or refused as an API server refuses them.</summary>
public sealed class ListOptionTests
{
    /// <summary>What the simulator, whose answers were compared with a real server's, says to the same.</summary>
    [Theory]
    [InlineData("watch=1&sendInitialEvents=true")]
    [InlineData("watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan")]
    [InlineData("watch=1&sendInitialEvents=true&resourceVersionMatch=Exact&allowWatchBookmarks=true")]
    [InlineData("watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1")]
    [InlineData("resourceVersionMatch=Exact&resourceVersion=0")]
    [InlineData("resourceVersionMatch=Nope&resourceVersion=1")]
    [InlineData("resourceVersionMatch=NotOlderThan")]
    [InlineData("resourceVersionMatch=NotOlderThan&resourceVersion=1&continue=abc")]
    [InlineData("sendInitialEvents=true")]
    [InlineData("limit=-1")]
    [InlineData("limit=abc")]
    [InlineData("watch=1&timeoutSeconds=abc")]
    [InlineData("resourceVersion=5&continue=abc")]
    [InlineData("resourceVersionMatch=Exact&resourceVersion=1")]
    [InlineData("continue=garbage")]
    [InlineData("resourceVersion=abc")]
    [InlineData("watch=1&resourceVersion=abc")]
    [InlineData("fieldSelector=spec.foo%3D1")]
    [InlineData("watch=1&fieldSelector=spec.foo%3D1")]
    [InlineData("fieldSelector=nonsense")]
    [InlineData("labelSelector=a+in+(b")]
    [InlineData("resourceVersion=0")]
    [InlineData("resourceVersion=1&resourceVersionMatch=NotOlderThan")]
    public async Task An_option_is_answered_as_the_API_server_answers_it(string query)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Simulator.Store.Compact();
        var gateway = await fixture.GatewayAsync();
        var path = $"api/v1/namespaces/default/pods?{query}";
        var (expected, _) = await AskAsync(fixture, new Uri(new Uri(fixture.Simulator.Url), path));
        var (status, body) = await AskAsync(fixture, new Uri(gateway.Url, $"kubernetes/sim/{path}"));
        Assert.True(expected == status, $"{query}: the server answers {expected}, the gateway {status}: {body}");
        if (status >= 400)
        {
            Assert.Equal((status, "Status"), ((int)body!["code"]!, (string)body["kind"]!));
        }
    }

    [Fact]
    public async Task Exactly_a_revision_is_what_is_held_at_it_or_expired_and_never_another()
    {
        await using var fixture = await GatewayFixture.StartAsync(new SimulatorOptions { BookmarkInterval = TimeSpan.FromMinutes(10) });
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var held = (string)(await fixture.GetAsync(gateway, "kubernetes/sim/api/v1/pods")).Body["metadata"]!["resourceVersion"]!;
        var (status, exact) = await fixture.GetAsync(
            gateway,
            $"kubernetes/sim/api/v1/pods?resourceVersion={held}&resourceVersionMatch=Exact"
        );
        Assert.Equal((200, held, 1), ((int)status, (string)exact["metadata"]!["resourceVersion"]!, exact["items"]!.AsArray().Count));

        fixture.Put("b");
        await using (
            var watch = await WatchClient.OpenAsync(fixture, gateway, $"kubernetes/sim/api/v1/pods?watch=1&resourceVersion={held}")
        )
        {
            await watch.StoryAsync("ADDED:b");
        }

        foreach (
            var query in new[]
            {
                $"resourceVersion={held}&resourceVersionMatch=Exact",
                $"resourceVersion={held}&resourceVersionMatch=Exact&fieldSelector=metadata.name%3Da",
                $"resourceVersion={held}&limit=1",
            }
        )
        {
            var (gone, body) = await fixture.GetAsync(gateway, $"kubernetes/sim/api/v1/pods?{query}");
            Assert.Equal((410, "Expired"), ((int)gone, (string)body["reason"]!));
        }

        Assert.Equal(
            2,
            (await fixture.GetAsync(gateway, $"kubernetes/sim/api/v1/pods?resourceVersion={held}&resourceVersionMatch=NotOlderThan")).Body[
                "items"
            ]!
                .AsArray()
                .Count
        );
    }

    [Fact]
    public async Task A_token_of_another_server_is_expired_and_garbage_is_refused()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b");
        var gateway = await fixture.GatewayAsync();
        var first = JsonNode.Parse(
            await fixture.Http.GetStringAsync(
                new Uri(new Uri(fixture.Simulator.Url), "api/v1/pods?limit=1"),
                TestContext.Current.CancellationToken
            )
        )!;
        var (status, body) = await fixture.GetAsync(
            gateway,
            $"kubernetes/sim/api/v1/pods?limit=1&continue={first["metadata"]!["continue"]}"
        );
        Assert.Equal((410, "Expired"), ((int)status, (string)body["reason"]!));
    }

    [Fact]
    public async Task A_revision_that_is_just_ahead_is_waited_for_by_lists_and_gets_and_one_far_ahead_names_its_cause()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var next = fixture.Simulator.Store.Revision + 1;
        var list = fixture.GetAsync(gateway, $"kubernetes/sim/api/v1/namespaces/default/pods?resourceVersion={next}");
        var get = fixture.GetAsync(gateway, $"kubernetes/sim/api/v1/namespaces/default/pods/a?resourceVersion={next}");
        fixture.Put("b");
        Assert.Equal(2, (await list).Body["items"]!.AsArray().Count);
        Assert.Equal(200, (int)(await get).Status);

        var (status, body) = await fixture.GetAsync(gateway, $"kubernetes/sim/api/v1/pods?resourceVersion={next + 1_000_000}");
        Assert.Equal((504, "ResourceVersionTooLarge"), ((int)status, (string)body["details"]!["causes"]![0]!["reason"]!));
        Assert.Equal(1, (int)body["details"]!["retryAfterSeconds"]!);
    }

    [Theory]
    [InlineData("nodes?fieldSelector=spec.unschedulable%3Dfalse", "n1")]
    [InlineData("nodes?fieldSelector=spec.unschedulable!%3Dfalse", "n2")]
    [InlineData("nodes?fieldSelector=spec.unschedulable%3Dtrue", "n2")]
    public async Task A_flag_that_an_object_lacks_is_false_to_a_selector(string path, string expected)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var nodes = new GroupVersionResource("", "v1", "nodes");
        fixture.Simulator.Store.Create(
            nodes,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "n1" },
                ["spec"] = new JsonObject(),
            },
            "test"
        );
        fixture.Simulator.Store.Create(
            nodes,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "n2" },
                ["spec"] = new JsonObject { ["unschedulable"] = true },
            },
            "test"
        );
        var gateway = await fixture.GatewayAsync();
        Assert.Equal(
            expected,
            (string)
                (await fixture.GetAsync(gateway, $"kubernetes/sim/api/v1/{path}")).Body["items"]!.AsArray().Single()!["metadata"]!["name"]!
        );
    }

    private static async Task<(int Status, JsonObject? Body)> AskAsync(GatewayFixture fixture, Uri url)
    {
        using var response = await fixture.Http.GetAsync(
            url,
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        return (
            (int)response.StatusCode,
            response.IsSuccessStatusCode
                ? null
                : JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject()
        );
    }
}
