using System.Text.Json.Nodes;
using Vigia.Gateway.Access;
using Vigia.Gateway.Http;
using Vigia.Gateway.Tests.Access;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.OpenApi;

/// <summary>Every kind of event and message that streams send, held against the document.</summary>
public sealed class StreamAnswerTests
{
    private static readonly GroupVersionResource DaskClusters = new("kubernetes.dask.org", "v1", "daskclusters");
    private static readonly GroupVersionResource Deployments = new("apps", "v1", "deployments");

    [Fact]
    public async Task Changes_in_every_shape_resets_and_bookmarks_are_as_described()
    {
        Validators.Require();
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync(
            log: new DeltaLogOptions { Capacity = 16 },
            streams: new StreamOptions { Heartbeat = TimeSpan.FromMilliseconds(100) }
        );
        var answers = new Answers(fixture.Http, gateway, await Validators.DocumentAsync(fixture.Http, gateway));
        await using var diff = await fixture.OpenAsync(gateway, "api/v1/pods/stream?shape=diff");
        await using var full = await fixture.OpenAsync(gateway, "api/v1/stream?resources=pods,deployments&shape=full");
        await using var none = await fixture.OpenAsync(gateway, "api/v1/pods/stream?search=nothing-is-called-so");
        foreach (var stream in new[] { diff, full, none })
        {
            await stream.SyncedAsync();
        }

        var cursor = diff.LastId;
        fixture.Put("b");
        fixture.Put("a", phase: "Failed");
        fixture.Delete("b");
        await diff.StoryAsync("reset:start +a +b ~a -b");
        await none.UntilAsync(events => events.Any(e => e.Name == "bookmark"), "a bookmark");
        for (var i = 0; i < 40; i++)
        {
            fixture.Put("a", annotation: $"{i}");
        }

        await full.UntilAsync(
            events => events.Any(e => e.Data.ToJsonString().Contains("\"39\"", StringComparison.Ordinal)),
            "the last change"
        );
        await using var folded = await fixture.OpenAsync(gateway, "api/v1/pods/stream?shape=diff", cursor);
        await folded.UntilAsync(events => events.Any(e => (bool?)e.Data["folded"] == true), "a folded change");
        await using var reset = await fixture.OpenAsync(gateway, "api/v1/pods/stream?search=a", cursor);
        await reset.UntilAsync(events => events.Any(e => (string?)e.Data["reason"] == "filter"), "a reset");

        answers.Hear("/api/v1/pods/stream", [.. diff.Events, .. none.Events, .. folded.Events, .. reset.Events]);
        answers.Hear("/api/v1/stream", full.Events);
        Assert.Contains(diff.Events, e => e.Data["changes"] is JsonArray { Count: > 0 });
        Assert.Contains(full.Events, e => e.Data["object"] is not null);
        await answers.JudgeAsync();
    }

    [Fact]
    public async Task Degraded_live_and_stale_lists_are_as_described()
    {
        Validators.Require();
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var answers = new Answers(fixture.Http, gateway, await Validators.DocumentAsync(fixture.Http, gateway));
        await using var stream = await fixture.OpenAsync(gateway);
        await stream.SyncedAsync();
        await fixture.Simulator.Faults.GoDarkAsync(cancellationToken: TestContext.Current.CancellationToken);
        await stream.UntilAsync(events => events.Any(e => e.Name == "degraded"), "degraded");
        foreach (var path in new[] { "/api/v1/pods", "/api/v1/status", "/api/v1/resources", "/api/v1/health", "/api/v1/stats/overview" })
        {
            Assert.Equal(200, (await answers.AskAsync(path, path)).Status);
        }

        await answers.AskAsync("/kubernetes/{cluster}/api/v1/{resource}", "/kubernetes/sim/api/v1/pods");
        await fixture.Simulator.Faults.ComeBackAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => stream.Events.Any(e => e.Name == "live"), "live again", TimeSpan.FromSeconds(40));
        answers.Hear("/api/v1/pods/stream", stream.Events);
        await answers.JudgeAsync();
    }

    [Fact]
    public async Task Ready_made_streams_are_as_described()
    {
        Validators.Require();
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Simulator.Store.Create(DaskClusters, Dask("one"), "t");
        var gateway = await fixture.GatewayAsync();
        var answers = new Answers(fixture.Http, gateway, await Validators.DocumentAsync(fixture.Http, gateway));
        await using var stream = await fixture.OpenAsync(gateway, "events/clusters?project=default");
        await stream.SyncedAsync();
        fixture.Simulator.Store.Mutate(DaskClusters, new ObjectKey("default", "one"), o => o["spec"]!["worker"]!["replicas"] = 5, "t");
        fixture.Simulator.Store.Delete(DaskClusters, new ObjectKey("default", "one"));
        await stream.StoryAsync("reset:start +one ~one -one");
        answers.Hear("/events/clusters", stream.Events);
        await answers.JudgeAsync();
    }

    [Fact]
    public async Task What_leaves_because_a_right_was_taken_away_is_as_described()
    {
        Validators.Require();
        await using var fixture = await AccessFixture.StartAsync(
            new AccessOptions
            {
                Mode = AuthMode.Kubernetes,
                CacheFor = TimeSpan.FromSeconds(1),
                KeepFor = TimeSpan.FromSeconds(3),
            }
        );
        var answers = new Answers(
            fixture.Inner.Http,
            fixture.Gateway,
            await Validators.DocumentAsync(fixture.Inner.Http, fixture.Gateway, "anna-token")
        );
        await using var stream = await fixture.StreamAsync("anna-token");
        await stream.SyncedAsync();
        fixture.Simulator.Access.Set(AccessFixture.Tenant("anna", "empty"));
        await stream.UntilAsync(events => events.Any(e => (string?)e.Data["reason"] == "access"), "what was taken away");
        answers.Hear("/api/v1/pods/stream", stream.Events);
        await answers.JudgeAsync();
    }

    [Fact]
    public async Task Messages_of_both_sides_of_a_WebSocket_are_as_described()
    {
        Validators.Require();
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var answers = new Answers(fixture.Http, gateway, await Validators.DocumentAsync(fixture.Http, gateway));
        string[] said =
        [
            """{"type":"subscribe","id":"p","resources":["pods"],"labelSelector":"app=web","shape":"diff"}""",
            """{"type":"subscribe","id":"q","resource":"pods","query":"namespace=default&search=a","delivery":"every"}""",
            """{"type":"ping"}""",
            """{"type":"unsubscribe","id":"q"}""",
        ];
        await using var socket = await SocketClient.OpenAsync(gateway);
        foreach (var message in said.Append("""{"type":"subscribe","id":"x","resources":["nothing"]}""").Append("{"))
        {
            await socket.SendAsync(message);
        }

        await socket.TypeAsync("synced", "p");
        fixture.Put("a", phase: "Failed");
        fixture.Delete("a");
        await socket.TypeAsync("deleted", "p");
        await socket.TypeAsync("unsubscribed", "q");
        await socket.TypeAsync("pong");
        answers.Hear("/api/v1/ws", "client", said.Select(message => JsonNode.Parse(message)!.AsObject()));
        answers.Hear("/api/v1/ws", "server", socket.Messages);
        Assert.Equal(2, socket.Messages.Count(message => (string?)message["type"] == "error"));

        await using var log = await SocketClient.OpenAsync(gateway, "api/wds/logs?namespace=default");
        fixture.Simulator.Store.Create(Deployments, Deployment("web"), "t");
        await Eventually.TrueAsync(
            () =>
            {
                // Until the socket listens nothing can be expected of it.
                fixture.Simulator.Store.Mutate(
                    Deployments,
                    new ObjectKey("default", "web"),
                    o => o["spec"]!["replicas"] = (int)o["spec"]!["replicas"]! + 1,
                    "t"
                );
                return log.Messages.Count > 0;
            },
            "a line"
        );
        answers.Hear("/api/wds/logs", "server", log.Messages);
        await answers.JudgeAsync();
    }

    private static JsonObject Dask(string name) =>
        JsonNode
            .Parse(
                $$"""{"apiVersion":"kubernetes.dask.org/v1","kind":"DaskCluster","metadata":{"name":"{{name}}","namespace":"default"}"""
                    + $$""","spec":{"worker":{"replicas":2} },"status":{"phase":"Running"} }"""
            )!
            .AsObject();

    private static JsonObject Deployment(string name) =>
        JsonNode
            .Parse(
                $$"""
                {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{name}}","namespace":"default"},
                 "spec":{"replicas":1,"selector":{"matchLabels":{"app":"{{name}}"} },"template":{"metadata":{"labels":{"app":"{{name}}"} },
                 "spec":{"containers":[{"name":"app","image":"nginx"}]} } } }
                """
            )!
            .AsObject();
}
