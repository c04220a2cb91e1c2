using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Gateway.Tests.Clusters;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.RawWatch;

/// <summary>How a watch begins and ends, what it tells last, and what is answered while little is known.</summary>
public sealed class WatchEndTests
{
    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")]
    [InlineData("application/json;as=Table;g=meta.k8s.io;v=v1")]
    public async Task An_object_that_leaves_a_selector_is_told_as_it_was_last_seen_under_the_new_revision(string accept)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a", app: "web");
        var gateway = await fixture.GatewayAsync();
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(gateway.Url, "kubernetes/sim/api/v1/pods?watch=1&labelSelector=app%3Dweb")
        );
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await fixture.Http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Contains("ADDED", await LineAsync(reader), StringComparison.Ordinal);
        fixture.Put("a", app: "db");
        var told = JsonNode.Parse((await LineAsync(reader))!)!;
        Assert.Equal("DELETED", (string)told["type"]!);
        var o = told["object"]!["rows"]?[0]!["object"] ?? told["object"]!;
        Assert.Equal(
            ("web", fixture.Simulator.Store.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ((string)o["metadata"]!["labels"]!["app"]!, (string)o["metadata"]!["resourceVersion"]!)
        );
    }

    [Fact]
    public async Task A_quiet_watch_sends_its_headers_at_once_and_asks_proxies_not_to_hold_events_back()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        using var response = await fixture.Http.GetAsync(
            new Uri(gateway.Url, "kubernetes/sim/api/v1/namespaces/none/pods?watch=1"),
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        Assert.Equal("no", response.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.True(response.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task A_watch_ends_with_410_when_its_cluster_is_removed()
    {
        await using var fixture = await ClustersFixture.StartAsync("one", "two");
        fixture.Put("two", "a");
        var gateway = await fixture.GatewayAsync();
        using var response = await fixture.Http.GetAsync(
            new Uri(gateway.Url, "kubernetes/two/api/v1/pods?watch=1"),
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Contains("ADDED", await LineAsync(reader), StringComparison.Ordinal);
        await gateway.Clusters.RemoveAsync("two", "two was removed");
        var last = JsonNode.Parse((await LineAsync(reader))!)!;
        Assert.Equal(
            ("ERROR", 410, "two was removed; list again"),
            ((string)last["type"]!, (int)last["object"]!["code"]!, (string)last["object"]!["message"]!)
        );
        Assert.Null(await LineAsync(reader));
    }

    [Theory]
    [InlineData("kubernetes/sim/api/v1/pods")]
    [InlineData("kubernetes/sim/api/v1/namespaces/default/pods/a")]
    [InlineData("kubernetes/sim/api/v1/pods?watch=1")]
    [InlineData("kubernetes/sim/apis")]
    [InlineData("kubernetes/sim/api/v1")]
    [InlineData("kubernetes/sim/apis/apps/v1")]
    [InlineData("kubernetes/sim/apis/apps/v1/deployments")]
    [InlineData("kubernetes/sim/apis/example.com/v1/widgets")]
    [InlineData("kubernetes/sim/readyz")]
    public async Task Before_it_is_known_what_a_cluster_has_nothing_is_said_to_be_absent(string path)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Simulator.Faults.Add(new Fault { Kind = FaultKind.Error, Code = 503 });
        var gateway = await fixture.GatewayAsync(waitReady: false);
        using var response = await fixture.Http.GetAsync(new Uri(gateway.Url, path), TestContext.Current.CancellationToken);
        Assert.Equal(503, (int)response.StatusCode);
        if (!path.EndsWith("readyz", StringComparison.Ordinal))
        {
            Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
            Assert.Equal(
                "ServiceUnavailable",
                (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["reason"]!
            );
        }
    }

    [Theory]
    [InlineData("kubernetes/sim/api/v1/namespaces/default/pods/nope", "pods \"nope\" not found", "nope", "", "pods")]
    [InlineData(
        "kubernetes/sim/apis/apps/v1/namespaces/default/deployments/nope",
        "deployments.apps \"nope\" not found",
        "nope",
        "apps",
        "deployments"
    )]
    public async Task A_refusal_says_which_object_of_which_kind_and_group(
        string path,
        string message,
        string name,
        string group,
        string kind
    )
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var (status, body) = await fixture.GetAsync(gateway, path);
        Assert.Equal((404, message), ((int)status, (string)body["message"]!));
        Assert.Equal(
            (name, group, kind),
            ((string)body["details"]!["name"]!, (string?)body["details"]!["group"] ?? "", (string)body["details"]!["kind"]!)
        );
    }

    [Fact]
    public async Task A_path_that_nothing_serves_has_details_that_are_empty()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var (_, body) = await fixture.GetAsync(gateway, "kubernetes/sim/api/v1/namespaces/default/pods/a/ephemeralcontainers");
        Assert.Equal("{}", body["details"]!.ToJsonString());
    }

    [Fact]
    public async Task Forms_are_told_in_the_version_that_was_asked_for_and_a_list_of_secrets_holds_secrets()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Simulator.Store.Create(
            new("", "v1", "secrets"),
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "s", ["namespace"] = "default" },
                ["data"] = new JsonObject { ["k"] = "djE=" },
            },
            "test"
        );
        var gateway = await fixture.GatewayAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "kubernetes/sim/api/v1/pods"));
        request.Headers.TryAddWithoutValidation("Accept", "application/json;as=Table;v=v1beta1;g=meta.k8s.io");
        using var response = await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(
            "meta.k8s.io/v1beta1",
            (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["apiVersion"]!
        );

        var secret = (await fixture.GetAsync(gateway, "kubernetes/sim/api/v1/secrets")).Body["items"]!.AsArray().Single()!;
        Assert.Equal(("Secret", "v1", "s"), ((string)secret["kind"]!, (string)secret["apiVersion"]!, (string)secret["metadata"]!["name"]!));
        Assert.Null(secret["data"]);
        if (Kubectl.IsThere)
        {
            Assert.Equal(
                "secret/s",
                (await Kubectl.RunAsync(new Uri(gateway.Url, "kubernetes/sim"), "get", "secrets", "-o", "name")).Trim()
            );
        }
    }

    [Fact]
    public async Task A_watch_over_WebSocket_is_a_message_per_event_and_ends_with_its_client()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("base64.binary.k8s.io");
        await socket.ConnectAsync(
            new Uri($"ws://{gateway.Url.Authority}/kubernetes/sim/api/v1/namespaces/default/pods?watch=1"),
            TestContext.Current.CancellationToken
        );
        Assert.Equal("base64.binary.k8s.io", socket.SubProtocol);
        Assert.Equal("ADDED a", await MessageAsync(socket));
        fixture.Put("b");
        Assert.Equal("ADDED b", await MessageAsync(socket));
        fixture.Delete("a");
        Assert.Equal("DELETED a", await MessageAsync(socket));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(
            async () => (int)(await fixture.GetAsync(gateway, "api/v1/status")).Body["streams"]!["open"]! == 0,
            "the stream is closed"
        );
    }

    [Fact]
    public async Task A_watch_over_WebSocket_from_too_old_a_revision_says_so_and_is_closed()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(
            new Uri($"ws://{gateway.Url.Authority}/kubernetes/sim/api/v1/pods?watch=1&resourceVersion=1"),
            TestContext.Current.CancellationToken
        );
        Assert.StartsWith("ERROR", await MessageAsync(socket), StringComparison.Ordinal);
        Assert.Equal(
            WebSocketMessageType.Close,
            (await socket.ReceiveAsync(new byte[64].AsMemory(), TestContext.Current.CancellationToken)).MessageType
        );
    }

    private static async Task<string> MessageAsync(ClientWebSocket socket)
    {
        var (buffer, length) = (new byte[64 * 1024], 0);
        ValueWebSocketReceiveResult read;
        do
        {
            read = await socket.ReceiveAsync(buffer.AsMemory(length), TestContext.Current.CancellationToken);
            length += read.Count;
        } while (!read.EndOfMessage);
        var json = JsonNode.Parse(Encoding.UTF8.GetString(buffer, 0, length))!;
        return $"{json["type"]} {json["object"]!["metadata"]!["name"]}";
    }

    private static Task<string?> LineAsync(StreamReader reader) =>
        reader
            .ReadLineAsync(TestContext.Current.CancellationToken)
            .AsTask()
            .WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
}
