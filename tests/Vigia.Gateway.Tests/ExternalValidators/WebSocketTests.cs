using System.Text.Json.Nodes;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.Hosting;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.ExternalValidators;

/// <summary>The npm package <c>ws</c>.</summary>
public sealed class WebSocketTests
{
    [Fact]
    public async Task A_hundred_subscriptions_on_one_socket_each_get_what_they_asked_for_and_one_more_is_refused()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a", app: "web");
        var gateway = await fixture.GatewayAsync();
        await using var socket = Open(gateway);
        for (var i = 0; i <= 100; i++)
        {
            await socket.TellAsync(
                $$"""text {"type":"subscribe","id":"s{{i}}","resources":["pods"],"labelSelector":"app={{(i % 2 == 0 ? "web" : "db")}}"}"""
            );
        }

        await socket.UntilAsync(_ => Messages(socket).Count(m => (string?)m["type"] == "synced") == 100, "all are synced");
        var refused = Messages(socket).Single(m => (string?)m["type"] == "error");
        Assert.Equal("s100", (string?)refused["id"]);
        fixture.Put("b", app: "db");
        fixture.Put("a", app: "db");
        await socket.UntilAsync(
            _ => Messages(socket).Count(m => (string?)m["type"] is "added" or "deleted") == 50 + 50 + 50 + 50,
            "a for 50, b for the other 50, a deleted for the first and added for the second"
        );
        foreach (var id in new[] { "s0", "s98", "s1", "s99" })
        {
            var isWeb = int.Parse(id[1..], System.Globalization.CultureInfo.InvariantCulture) % 2 == 0;
            Assert.Equal(isWeb ? "added a, deleted a" : "added b, added a", Story(socket, id));
        }
    }

    [Fact]
    public async Task Pings_of_both_sides_are_answered_and_compression_that_is_offered_is_not_taken()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync(
            sockets: new SocketOptions { PingInterval = TimeSpan.FromMilliseconds(500), PongTimeout = TimeSpan.FromSeconds(20) }
        );
        await using var socket = Open(gateway);
        await socket.UntilAsync(lines => lines.Contains("open "), "open, without an extension");
        await socket.TellAsync("ping");
        await socket.SaysAsync("pong");

        // It lives on through several of the server's, which ws answers by itself.
        await socket.UntilAsync(_ => socket.Count("ping") >= 3, "the server pings");
        await socket.TellAsync("""text {"type":"ping"}""");
        await socket.SaysAsync("message {\"type\":\"pong\"}");
    }

    [Theory]
    [InlineData("close 1000", "close 1000")]
    [InlineData("close 4001", "close 1000")]
    [InlineData("binary 3", "close 1003 messages must be text")]
    [InlineData("binary 70000", "close 1003")]
    [InlineData("large", "close 1009 a message may have 65536 bytes")]
    [InlineData("stop", "close 1001 the gateway is stopping")]
    public async Task A_socket_is_closed_with_the_code_that_says_why(string what, string expected)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var socket = Open(gateway);
        await socket.SaysAsync("open");
        switch (what)
        {
            case "stop":
                await gateway.DisposeAsync();
                break;
            case "large":
                await socket.TellAsync("text " + new string('x', 70_000));
                break;
            default:
                await socket.TellAsync(what);
                break;
        }

        await socket.SaysAsync(expected);
    }

    [Fact]
    public async Task A_client_that_does_not_answer_pings_is_taken_for_dead()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync(
            sockets: new SocketOptions { PingInterval = TimeSpan.FromMilliseconds(300), PongTimeout = TimeSpan.FromMilliseconds(700) }
        );
        await using var socket = Open(gateway);
        await socket.SaysAsync("open");
        await socket.TellAsync("pause");
        await Eventually.TrueAsync(
            async () => (int)(await fixture.GetAsync(gateway, "api/v1/status")).Body["streams"]!["open"]! == 0,
            "it is given up",
            TimeSpan.FromSeconds(30)
        );
    }

    [Fact]
    public async Task A_page_of_another_site_is_refused_with_403()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var socket = Open(gateway, "https://evil.example.com");
        await socket.SaysAsync("refused 403");
    }

    [Fact]
    public async Task A_client_that_comes_back_with_its_cursors_to_another_gateway_gets_exactly_what_it_missed()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b", app: "db");
        var first = await fixture.GatewayAsync();
        string all,
            db;
        await using (var socket = Open(first))
        {
            await socket.TellAsync("""text {"type":"subscribe","id":"all","resources":["pods"]}""");
            await socket.TellAsync("""text {"type":"subscribe","id":"db","resources":["pods"],"labelSelector":"app=db"}""");
            await socket.UntilAsync(_ => Messages(socket).Count(m => (string?)m["type"] == "synced") == 2, "both are synced");
            (all, db) = (Cursor(socket, "all"), Cursor(socket, "db"));
            await first.DisposeAsync();
            await socket.SaysAsync("close");
            Assert.True(socket.Count("close 1001") == 1, $"{socket.Lines[^1]}: {fixture.Logs.Faults.FirstOrDefault()}");
        }

        fixture.Put("c");
        fixture.Put("a", app: "db");
        fixture.Delete("b");
        var second = await fixture.GatewayAsync();
        await using var again = Open(second);
        await again.TellAsync($$"""text {"type":"subscribe","id":"all","resources":["pods"],"cursor":"{{all}}"}""");
        await again.TellAsync($$"""text {"type":"subscribe","id":"db","resources":["pods"],"labelSelector":"app=db","cursor":"{{db}}"}""");
        await again.UntilAsync(
            _ => Story(again, "all") == "added c, updated a, deleted b" && Story(again, "db") == "added a, deleted b",
            "what was missed"
        );
        fixture.Put("d", app: "db");
        await again.UntilAsync(
            _ => Story(again, "all") == "added c, updated a, deleted b, added d" && Story(again, "db") == "added a, deleted b, added d",
            "and what comes"
        );
        Assert.DoesNotContain(Messages(again), m => (string?)m["type"] == "reset");
    }

    private static LineProcess Open(GatewayServer gateway, params string[] more) =>
        OpenApi.Validators.Start(
            "ws.mjs",
            more.Prepend(new UriBuilder(new Uri(gateway.Url, "api/v1/ws")) { Scheme = "ws" }.Uri.ToString())
        );

    private static JsonNode[] Messages(LineProcess socket) =>
        [
            .. socket
                .Lines.Where(line => line.StartsWith("message {", StringComparison.Ordinal))
                .Select(line => JsonNode.Parse(line["message ".Length..])!),
        ];

    private static string Story(LineProcess socket, string id) =>
        string.Join(
            ", ",
            Messages(socket)
                .Where(m => (string?)m["id"] == id && (string?)m["type"] is "added" or "updated" or "deleted")
                .Where(m => (string?)m["id"] == id)
                .Select(m => $"{m["type"]} {m["name"]}")
        );

    private static string Cursor(LineProcess socket, string id) => (string)Messages(socket).Last(m => (string?)m["id"] == id)["cursor"]!;
}
