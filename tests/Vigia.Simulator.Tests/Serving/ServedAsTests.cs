using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Subresources;

namespace Vigia.Simulator.Tests.Serving;

/// <summary>Answers that programs rely on beyond the ordinary ones.</summary>
public sealed class ServedAsTests
{
    private static readonly GroupVersionResource Maps = new("", "v1", "configmaps");

    [Theory]
    [InlineData("/api/v1/watch/namespaces/default/configmaps", "ADDED a")]
    [InlineData("/api/v1/watch/configmaps", "ADDED a")]
    [InlineData("/api/v1/watch/namespaces/default/configmaps/a", "ADDED a")]
    [InlineData("/api/v1/watch/namespaces/default", "ADDED default")]
    public async Task The_old_paths_of_a_watch_are_served(string path, string expected)
    {
        await using var fixture = await Fixture.StartAsync();
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test");
        using var watch = await fixture.WatchAsync(path);
        Assert.Equal(expected, await watch.TextAsync());
    }

    [Fact]
    public async Task A_watch_over_WebSocket_is_a_text_message_per_event()
    {
        await using var fixture = await Fixture.StartAsync();
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test");
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(
            new Uri(
                fixture.Simulator.Url.Replace("http", "ws", StringComparison.Ordinal) + "/api/v1/namespaces/default/configmaps?watch=1"
            ),
            Fixture.Token
        );
        Assert.Equal("ADDED a", await MessageAsync(socket));
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("b"), "test");
        Assert.Equal("ADDED b", await MessageAsync(socket));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", Fixture.Token);
    }

    [Theory]
    [InlineData("/api/v1/namespaces/default/nonsense")]
    [InlineData("/apis/nonsense/v1/things")]
    [InlineData("/nonsense")]
    public async Task A_path_that_nothing_serves_has_details_that_are_empty(string path)
    {
        await using var fixture = await Fixture.StartAsync();
        Assert.Equal("{}", (await fixture.GetAsync(path, 404))["details"]!.ToJsonString());
    }

    [Fact]
    public async Task Ephemeral_containers_are_added_by_their_subresource_and_by_nothing_else()
    {
        await using var fixture = await Fixture.StartAsync();
        const string Pod = "/api/v1/namespaces/default/pods/p";
        await fixture.SendAsync(
            HttpMethod.Post,
            "/api/v1/namespaces/default/pods",
            """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""",
            201
        );
        const string Patch = """{"spec":{"ephemeralContainers":[{"name":"debugger","image":"busybox"}]}}""";
        await fixture.SendAsync(HttpMethod.Patch, Pod, Patch, 422, "application/strategic-merge-patch+json");
        var patched = await fixture.SendAsync(
            HttpMethod.Patch,
            Pod + "/ephemeralcontainers",
            Patch,
            200,
            "application/strategic-merge-patch+json"
        );
        Assert.Equal("debugger", (string?)patched["spec"]!["ephemeralContainers"]![0]!["name"]);
        Assert.Equal("c", (string?)(await fixture.GetAsync(Pod + "/ephemeralcontainers"))["spec"]!["containers"]![0]!["name"]);
        await fixture.SendAsync(
            HttpMethod.Patch,
            Pod + "/ephemeralcontainers",
            """{"spec":{"ephemeralContainers":null}}""",
            422,
            "application/merge-patch+json"
        );
    }

    [Theory]
    [InlineData(
        "/api/v1/namespaces/default/pods",
        "Pod",
        """{"spec":{"containers":[{"name":"c","image":true}]}}""",
        "Pod.spec.containers.image of type string"
    )]
    [InlineData("/api/v1/namespaces/default/pods", "Pod", """{"spec":{"containers":{"name":"c"}}}""", "Pod.spec.containers of type []")]
    [InlineData(
        "/api/v1/namespaces/default/pods",
        "Pod",
        """{"spec":{"containers":[{"name":"c","image":"i"}],"hostNetwork":"yes"}}""",
        "Pod.spec.hostNetwork of type bool"
    )]
    [InlineData("/api/v1/namespaces/default/configmaps", "ConfigMap", """{"data":{"a":1}}""", "ConfigMap.data.a of type string")]
    [InlineData(
        "/api/v1/namespaces/default/services",
        "Service",
        """{"spec":{"ports":[{"port":"http"}]}}""",
        "Service.spec.ports.port of type int32"
    )]
    [InlineData("/apis/apps/v1/namespaces/default/deployments", "Deployment", """{"spec":{"replicas":"2"}}""", "of type int32")]
    [InlineData(
        "/api/v1/namespaces/default/pods",
        "Pod",
        """{"metadata":{"labels":{"a":true}},"spec":{"containers":[{"name":"c","image":"i"}]}}""",
        "Pod.metadata.labels.a of type string"
    )]
    public async Task A_value_of_another_type_than_its_fields_is_refused_with_the_field(
        string path,
        string kind,
        string body,
        string expected
    )
    {
        await using var fixture = await Fixture.StartAsync();
        var obj = JsonNode.Parse(body)!.AsObject();
        obj["metadata"] ??= new JsonObject();
        obj["metadata"]!["name"] = "x";
        var status = await fixture.SendAsync(HttpMethod.Post, path, obj.ToJsonString(), 400);
        Assert.Equal("BadRequest", (string?)status["reason"]);
        Assert.StartsWith(
            $"{kind} in version \"v1\" cannot be handled as a {kind}: json: cannot unmarshal ",
            (string)status["message"]!,
            StringComparison.Ordinal
        );
        Assert.Contains(expected, (string)status["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_two_forms_in_JSON_is_taken_in_both()
    {
        await using var fixture = await Fixture.StartAsync();
        await fixture.SendAsync(
            HttpMethod.Post,
            "/api/v1/namespaces/default/pods",
            """
            {"metadata":{"name":"x","creationTimestamp":null},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":1,
            "memory":"1Gi"}},
             "livenessProbe":{"httpGet":{"port":80}},"readinessProbe":{"httpGet":{"port":"http"}}}]}}
            """,
            201
        );
        await fixture.SendAsync(
            HttpMethod.Post,
            "/api/v1/namespaces/default/secrets",
            """{"metadata":{"name":"x"},"data":{"a":"djE="},"stringData":{"b":"v"}}""",
            201
        );
    }

    [Theory]
    [InlineData(0, "29/Nov/2026:21:06:00 +0000")]
    [InlineData(7, "29/Nov/2026:21:06:07 +0000")]
    public void An_access_log_has_its_seconds(int seconds, string expected) =>
        Assert.Equal(expected, LogWriter.AccessTime(new DateTimeOffset(2026, 11, 29, 21, 6, seconds, TimeSpan.Zero)));

    private static async Task<string> MessageAsync(ClientWebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        var read = await socket.ReceiveAsync(buffer.AsMemory(), Fixture.Token);
        Assert.True(read.EndOfMessage);
        var json = JsonNode.Parse(Encoding.UTF8.GetString(buffer, 0, read.Count))!;
        return $"{json["type"]} {json["object"]!["metadata"]!["name"]}";
    }
}
