using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Sockets;

public sealed class SocketTests
{
    [Fact]
    public async Task Several_subscriptions_live_on_one_connection_each_with_its_query_and_shape()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b", app: "db");
        var gateway = await fixture.GatewayAsync();
        await using var socket = await SocketClient.OpenAsync(gateway);
        await socket.SendAsync("""{"type":"subscribe","id":"all","resources":"pods"}""");
        await socket.SendAsync("""{"type":"subscribe","id":"db","resources":["pods"],"labelSelector":"app=db","shape":"diff"}""");
        await socket.TypeAsync("synced", "all");
        await socket.TypeAsync("synced", "db");
        fixture.Put("b", app: "db", annotation: "x");
        fixture.Put("a", app: "db");
        fixture.Put("b", app: "web");
        await socket.UntilAsync(
            _ =>
                socket.Story("db").EndsWith("+b ~b +a -b", StringComparison.Ordinal)
                && socket.Story("all").EndsWith("~b ~a ~b", StringComparison.Ordinal),
            "both stories"
        );

        var diff = socket.Messages.First(m => (string?)m["id"] == "db" && (string?)m["type"] == "updated");
        Assert.NotNull(diff["changes"]);
        Assert.Null(socket.Messages.First(m => (string?)m["id"] == "all" && (string?)m["type"] == "updated")["changes"]);
        Assert.StartsWith("v1;", (string)diff["cursor"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ready_made_stream_is_the_same_over_a_socket_and_its_mistakes_are_told()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("session");
        fixture.Simulator.Store.Mutate(
            GatewayFixture.Pods,
            new ObjectKey("default", "session"),
            o =>
                o["metadata"]!["labels"] = JsonNode.Parse(
                    """{"app.kubernetes.io/name":"coder-workspace","com.coder.user.username":"eve"}"""
                ),
            "t"
        );
        fixture.Put("other");
        var gateway = await fixture.GatewayAsync();
        await using var socket = await SocketClient.OpenAsync(gateway);
        await socket.SendAsync("""{"type":"subscribe","id":"1","preset":"ide","project":"default","kind":"vscode","user":"eve"}""");
        await socket.TypeAsync("synced", "1");
        Assert.Equal("reset:start +session", socket.Story("1"));

        await using var stream = await fixture.OpenAsync(gateway, "events/ide?project=default&kind=vscode&user=eve");
        await stream.SyncedAsync();
        var (over, beside) = (socket.Messages.First(m => (string?)m["type"] == "added"), stream.Events.First(e => e.Name == "added").Data);
        foreach (var (name, value) in beside.Where(pair => pair.Key is not "at"))
        {
            Assert.True(JsonNode.DeepEquals(value, over[name]), name);
        }

        await socket.SendAsync("""{"type":"subscribe","id":"2","preset":"ide","project":"default","kind":"emacs"}""");
        await socket.SendAsync("""{"type":"subscribe","id":"3","preset":"nothing"}""");
        await socket.UntilAsync(messages => messages.Count(m => (string?)m["type"] == "error") == 2, "both errors");
        Assert.Equal(["2 400", "3 404"], socket.Messages.Where(m => (string?)m["type"] == "error").Select(m => $"{m["id"]} {m["status"]}"));
    }

    [Fact]
    public async Task A_subscription_resumes_from_its_cursor_even_one_that_came_over_sse()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b");
        var gateway = await fixture.GatewayAsync();
        string cursor;
        await using (var stream = await fixture.OpenAsync(gateway))
        {
            await stream.SyncedAsync();
            cursor = stream.LastId;
        }

        fixture.Put("c");
        fixture.Delete("a");
        await using var socket = await SocketClient.OpenAsync(gateway);
        await socket.SendAsync($$"""{"type":"subscribe","id":"1","resources":"pods","cursor":"{{cursor}}"}""");
        await socket.StoryAsync("1", "+c -a");
        fixture.Put("d");
        await socket.StoryAsync("1", "+c -a +d");
        var next = socket.LastCursor("1");
        await socket.SendAsync("""{"type":"unsubscribe","id":"1"}""");
        await socket.TypeAsync("unsubscribed", "1");
        fixture.Put("e");
        await socket.SendAsync($$"""{"type":"subscribe","id":"2","resources":"pods","cursor":"{{next}}"}""");
        await socket.StoryAsync("2", "+e");
        Assert.Equal("+c -a +d", socket.Story("1"));
    }

    [Theory]
    [InlineData("{", "message")]
    [InlineData("[]", "message")]
    [InlineData("\"x\"", "message")]
    [InlineData("{} {}", "message")]
    [InlineData("{\"type\":\"dance\",\"id\":\"1\"}", "type")]
    [InlineData("{\"id\":\"1\"}", "type")]
    [InlineData("{\"type\":\"subscribe\"}", "id")]
    [InlineData("{\"type\":\"subscribe\",\"id\":7}", "id")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"1\"}", "resources")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"../../etc/passwd\"}", "resources")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\",\"cluster\":\"elsewhere\"}", "cluster")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\",\"labelSelector\":\"a in (\"}", "labelSelector")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\",\"labelSelector\":[\"a\",\"b\"]}", "labelSelector")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\",\"fieldSelector\":\"spec.x\"}", "fieldSelector")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\",\"changed\":\"a[\"}", "changed")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\",\"shape\":\"round\"}", "shape")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\",\"delivery\":\"never\"}", "delivery")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\",\"cursor\":\"v1;;a/b=1~\\\"\\n.1.1\"}", "cursor")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"1\",\"resources\":\"pods\",\"namespace\":{}}", "namespace")]
    [InlineData("{\"type\":\"subscribe\",\"id\":\"\\ud800\",\"resources\":\"pods\"}", "id")]
    [InlineData("{\"type\":\"unsubscribe\",\"id\":\"1\"}", "id")]
    public async Task A_bad_message_is_answered_with_its_fault_and_the_connection_goes_on(string message, string parameter)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var socket = await SocketClient.OpenAsync(gateway);
        await socket.SendAsync(message);
        await socket.TypeAsync("error");
        Assert.Equal(parameter, (string)socket.Messages.Single()["parameter"]!);
        await socket.SendAsync("""{"type":"ping"}""");
        await socket.TypeAsync("pong");
    }

    [Fact]
    public async Task What_breaks_the_protocol_is_closed_with_the_code_that_says_so()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var binary = await SocketClient.OpenAsync(gateway);
        await binary.SendBinaryAsync();
        await binary.EndedAsync();
        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, binary.CloseStatus);

        await using var large = await SocketClient.OpenAsync(gateway);
        await large.SendAsync(new string('x', 40_000), end: false);
        await large.SendAsync(new string('x', 40_000), end: false);
        await large.EndedAsync();
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, large.CloseStatus);

        await using var flood = await SocketClient.OpenAsync(gateway);
        for (var i = 0; i <= new SocketOptions().MaxBadMessages; i++)
        {
            await flood.SendAsync("nonsense");
        }

        await flood.EndedAsync();
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, flood.CloseStatus);
    }

    [Fact]
    public async Task Of_two_subscriptions_to_the_same_resource_one_goes_on_when_the_other_ends()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var socket = await SocketClient.OpenAsync(gateway);
        await socket.SendAsync("""{"type":"subscribe","id":"1","resources":"pods"}""");
        await socket.SendAsync("""{"type":"subscribe","id":"2","resources":"pods"}""");
        await socket.TypeAsync("synced", "1");
        await socket.TypeAsync("synced", "2");
        await socket.SendAsync("""{"type":"unsubscribe","id":"1"}""");
        await socket.TypeAsync("unsubscribed", "1");
        fixture.Put("a");
        await socket.StoryAsync("2", "reset:start +a");
        await gateway.DisposeAsync();
        await socket.EndedAsync();
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, socket.CloseStatus);
        Assert.Empty(fixture.Logs.Faults);
    }

    [Fact]
    public async Task A_gateway_that_stops_says_so_with_1001()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var socket = await SocketClient.OpenAsync(gateway);
        await socket.SendAsync("""{"type":"subscribe","id":"1","resources":"pods"}""");
        await socket.TypeAsync("synced");
        await gateway.DisposeAsync();
        await socket.EndedAsync();
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, socket.CloseStatus);
    }

    [Fact]
    public async Task A_client_that_goes_with_or_without_a_word_frees_everything_behind_its_socket()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var rude = await SocketClient.OpenAsync(gateway);
        await using var polite = await SocketClient.OpenAsync(gateway);
        await rude.SendAsync("""{"type":"subscribe","id":"1","resources":"pods"}""");
        await rude.TypeAsync("synced");
        Assert.Equal(2, await OpenStreamsAsync(fixture, gateway));
        rude.Abort();
        await polite.CloseAsync();
        await polite.EndedAsync();
        Assert.Equal(WebSocketCloseStatus.NormalClosure, polite.CloseStatus);
        await Eventually.TrueAsync(async () => await OpenStreamsAsync(fixture, gateway) == 0, "no stream is open");
    }

    [Fact]
    public async Task Pages_of_other_sites_are_refused_unless_they_are_on_the_list()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync(sockets: new SocketOptions { AllowedOrigins = ["https://console.example.com"] });
        await using var own = await SocketClient.OpenAsync(gateway, origin: gateway.Url.GetLeftPart(UriPartial.Authority));
        await using var listed = await SocketClient.OpenAsync(gateway, origin: "https://console.example.com");
        foreach (var origin in new[] { "https://evil.example.com", "null", "https://console.example.com.evil.org", "http://127.0.0.1:1" })
        {
            await Assert.ThrowsAsync<WebSocketException>(() => SocketClient.OpenAsync(gateway, origin: origin));
            await Assert.ThrowsAsync<WebSocketException>(() => SocketClient.OpenAsync(gateway, "api/wds/logs", origin));
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "api/v1/pods/stream"));
            request.Headers.Add("Origin", origin);
            using var response = await fixture.Http.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                TestContext.Current.CancellationToken
            );
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }
    }

    [Fact]
    public async Task A_page_on_the_list_may_read_and_ask_before()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync(sockets: new SocketOptions { AllowedOrigins = ["https://console.example.com"] });
        using var asked = new HttpRequestMessage(HttpMethod.Options, new Uri(gateway.Url, "api/v1/pods"));
        asked.Headers.Add("Origin", "https://console.example.com");
        asked.Headers.Add("Access-Control-Request-Method", "GET");
        using var preflight = await fixture.Http.SendAsync(asked, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal("https://console.example.com", preflight.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task A_plain_request_for_a_socket_is_told_what_is_expected()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var (status, body) = await fixture.GetAsync(gateway, "api/v1/ws");
        Assert.Equal(HttpStatusCode.UpgradeRequired, status);
        Assert.Contains("WebSocket", (string)body["error"]!, StringComparison.Ordinal);
    }

    private static async Task<int> OpenStreamsAsync(GatewayFixture fixture, GatewayServer gateway) =>
        (int)(await fixture.GetAsync(gateway, "api/v1/status")).Body["streams"]!["open"]!;
}
